"""A guarded broker is the broker, and its witness hears how each call went."""

import pytest
import trio
from attrs import define, field

from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    GatewayBug,
    NeedsLogin,
    StreamLost,
)
from actors.runtime.limits import FAILURES, Breaker
from actors.upstream import Upstream
from actors.upstream.guarded import LOCKED_S, guarded

CALLS = {
    "snapshot": (),
    "fills": (("1", "2"),),
    "history": ("1",),
    "find": ("ow1",),
    "place": ("leg",),
    "settled": ("task",),
    "place_together": (("leg", "leg"),),
    "place_native": (("leg", "leg"),),
    "modify": ("1", "regular", "change"),
    "cancel": ("1", "regular"),
}


@define
class Broker:
    """A broker that answers each call with its own words, or with an error."""

    error: BaseException | None = None
    name: str = "memory"
    expires_at: str = "at six"
    login: str = "its login"
    has_native: bool = True

    def __getattr__(self, call):
        async def answer(*args):
            if self.error is not None:
                raise self.error
            return call, args

        if call not in (*CALLS, "margin"):
            raise AttributeError(call)
        return answer

    def stream(self):
        """Give what stands for a stream."""
        return "the stream"


@define
class Witness:
    """Remembers what it heard."""

    heard: list[str] = field(factory=list)

    def failed(self):
        """Hear of a failure."""
        self.heard.append("failed")

    def succeeded(self):
        """Hear of an answer."""
        self.heard.append("succeeded")


def test_it_has_all_that_a_broker_has():
    """What the Upstream protocol offers is passed on, all of it; a new call must be guarded too."""
    offered = {name for name in Upstream.__dict__ if not name.startswith("_")}
    assert offered | {"name"} == {
        *CALLS,
        "margin",
        "stream",
        "name",
        "expires_at",
        "login",
        "has_native",
    }
    upstream = guarded(Broker(), Witness())
    assert (upstream.name, upstream.expires_at) == ("memory", "at six")
    assert upstream.login == "its login"
    assert upstream.stream() == "the stream"


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_goes_through_as_it_is(call):
    """Arguments and answers are the broker's own, and the witness hears of one success."""
    witness = Witness()
    answer = await getattr(guarded(Broker(), witness), call)(*CALLS[call])
    assert answer == (None if call in ("modify", "cancel") else (call, CALLS[call]))
    assert witness.heard == ["succeeded"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("error", "heard"),
    [
        (BrokerUnknown("no answer"), ["failed"]),
        (BrokerUnreachable("no way"), ["failed"]),
        (BrokerProtocol("no JSON"), ["failed"]),
        (BrokerRefused("no margin"), ["succeeded"]),
        (NeedsLogin("no token"), ["succeeded"]),
        (StreamLost("not of a call"), []),
        (GatewayBug("ours"), []),
        (KeyError("ours"), []),
    ],
)
async def test_errors_pass_and_say_what_they_say_of_the_broker(call, error, heard):
    """A no is an answer; silence and nonsense are failures; a defect of ours says nothing."""
    witness = Witness()
    with pytest.raises(type(error)) as caught:
        await getattr(guarded(Broker(error), witness), call)(*CALLS[call])
    assert caught.value is error
    assert witness.heard == heard


async def test_what_calculates_margins_says_nothing_of_what_takes_orders():
    """A preview that fails opens no breaker, and one that works closes none; a dead login that is
    known is not tried by it either.
    """
    broker, witness = Broker(), Witness()
    upstream = guarded(broker, witness)
    assert upstream.has_native
    assert await upstream.margin(("leg",)) == ("margin", (("leg",),))
    broker.error = BrokerUnknown("no answer")
    with pytest.raises(BrokerUnknown):
        await upstream.margin(("leg",))
    assert witness.heard == []
    broker.error = NeedsLogin("the token is dead")
    with pytest.raises(NeedsLogin):
        await upstream.find("ow1")
    broker.error = None
    with pytest.raises(NeedsLogin, match="the token is dead"):
        await upstream.margin(("leg",))


async def test_refused_credentials_are_not_tried_again_and_again(autojump_clock):
    """P7, P20: one refused call, and for a while none goes out; who asks is told the same at once."""
    heard, calls = [], []

    class Counting(Broker):
        async def find(self, tag):
            calls.append(tag)
            raise self.error

    upstream = guarded(Counting(NeedsLogin("the token is dead")), Witness())
    upstream.on_lock_out = heard.append
    for _ in range(3 * int(LOCKED_S)):
        with pytest.raises(NeedsLogin, match="the token is dead"):
            await upstream.find("ow1")
        await trio.sleep(1)
    assert (len(calls), len(heard)) == (3, 3)


async def test_exits_are_tried_all_the_same_and_a_new_token_opens(autojump_clock):
    """P9: a cancel goes out though a question was refused; a renewed login is used at once."""
    broker = Broker(NeedsLogin("the token is dead"))
    upstream = guarded(broker, Witness())
    with pytest.raises(NeedsLogin):
        await upstream.find("ow1")
    broker.error = None
    with pytest.raises(NeedsLogin):
        await upstream.place("leg")
    upstream.renew()
    assert await upstream.place("leg") == ("place", ("leg",))
    broker.error = NeedsLogin("dead again")
    with pytest.raises(NeedsLogin):
        await upstream.find("ow1")
    broker.error = None
    await upstream.cancel("1", "regular")
    assert await upstream.find("ow1") == ("find", ("ow1",))


async def test_a_cancelled_call_says_nothing(autojump_clock):
    """Who gives up waiting does not blame the broker."""

    class Slow(Broker):
        async def find(self, _):
            await trio.sleep_forever()

    witness = Witness()
    with trio.move_on_after(5) as scope:
        await guarded(Slow(), witness).find("ow1")
    assert scope.cancelled_caught
    assert witness.heard == []


async def test_a_breaker_is_a_witness(autojump_clock):
    """Silence opens the breaker, calls go on all the same, and an answer closes it again."""
    broker, breaker = Broker(BrokerUnknown("no answer")), Breaker()
    upstream = guarded(broker, breaker)
    for _ in range(FAILURES):
        with pytest.raises(BrokerUnknown):
            await upstream.snapshot()
    assert breaker.is_open
    await trio.sleep(10)
    broker.error = None
    await upstream.snapshot()
    assert breaker.state == 0


QUESTIONS = ("snapshot", "fills", "history", "find", "settled")


@pytest.mark.parametrize("call", CALLS)
async def test_a_refusal_of_the_token_before_locks_nobody_out(autojump_clock, nursery, call):
    """P7, P9: a question is asked again with the new token; what moves an order is not sent again,
    and its caller is told that it was refused.
    """
    told, sent = [], []

    async def answer(*args):
        sent.append(args)
        if len(sent) > 1:
            return "an answer"
        await trio.sleep(5)
        raise NeedsLogin("the token is dead")

    upstream = guarded(Renewed(answer), Witness())
    upstream.on_lock_out = told.append
    nursery.start_soon(renew_after, upstream, 1)
    if call in QUESTIONS:
        assert await getattr(upstream, call)(*CALLS[call]) == "an answer"
        assert len(sent) == 2
    else:
        with pytest.raises(NeedsLogin):
            await getattr(upstream, call)(*CALLS[call])
        assert len(sent) == 1
    assert told == []
    await upstream.place("leg")


@define
class Renewed:
    """A broker of which every call is one and the same."""

    answer: object
    name: str = "memory"

    def __getattr__(self, call):
        return self.answer


async def renew_after(upstream, seconds):
    """Bring a new token while a call is under way."""
    await trio.sleep(seconds)
    upstream.renew()
