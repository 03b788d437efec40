"""One call for all who ask alike: never an older answer than the question."""

import pytest
import trio
from attrs import define, field

from actors.domain.errors import BrokerUnreachable
from actors.runtime.seams import HttpRequest, HttpResponse
from actors.upstream.joined import Joined

BOOK = HttpRequest("GET", "http://broker/orders", {"Authorization": "key:one"})
TRADES = HttpRequest("GET", "http://broker/trades", {"Authorization": "key:one"})
RENEWED = HttpRequest("GET", "http://broker/orders", {"Authorization": "key:two"})
PLACE = HttpRequest("POST", "http://broker/orders")


@define
class Slow:
    """A broker that takes a second, and tells in each answer which call it is of."""

    failing: BrokerUnreachable | None = None
    calls: list = field(factory=list)

    async def __call__(self, request, *, timeout_s):
        assert timeout_s == 10
        self.calls.append((trio.current_time(), request))
        number = len(self.calls)
        await trio.sleep(1.0)
        if self.failing is not None:
            raise self.failing
        return HttpResponse(200, {}, b"%d" % number)


async def asked(joined, requests, every_s=0.0):
    """Ask side by side, so far apart: the answers, or the errors, in the order of asking."""
    told = [None] * len(requests)

    async def one(i, request):
        await trio.sleep(i * every_s)
        try:
            told[i] = (await joined(request, timeout_s=10)).body
        except BrokerUnreachable as error:
            told[i] = error

    async with trio.open_nursery() as nursery:
        for i, request in enumerate(requests):
            nursery.start_soon(one, i, request)
    return told


async def test_many_who_ask_at_once_cost_one_call(autojump_clock):
    """P20: ten questions for the book are one call; so are ten that come while it is under way."""
    joined = Joined(broker := Slow())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(asked, joined, [BOOK] * 10)
        await trio.sleep(0.5)
        assert set(await asked(joined, [BOOK] * 10)) == {b"2"}
    assert len(broker.calls) == 2


async def test_nobody_is_given_an_answer_that_is_older_than_the_question(autojump_clock):
    """P9: a call that was under way when someone asks is not theirs; the next one is."""
    joined = Joined(broker := Slow())
    began_s = trio.current_time()
    told = await asked(joined, [BOOK] * 12, every_s=0.3)
    for i, body in enumerate(told):
        called_s, _ = broker.calls[int(body) - 1]
        assert called_s - began_s >= i * 0.3 - 1e-9
    assert len(broker.calls) == 5


async def test_other_questions_and_other_keys_are_calls_of_their_own(autojump_clock):
    """P21: what was asked with one token is no answer to another; a change is never shared."""
    joined = Joined(broker := Slow())
    assert len(set(await asked(joined, [BOOK, TRADES, RENEWED, PLACE, PLACE, PLACE]))) == 6
    assert trio.current_time() == broker.calls[0][0] + 1.0


async def test_a_failure_is_everybodys_who_shared_the_call(autojump_clock):
    """P9: who shared a call that failed has no answer, and not one from before."""
    joined = Joined(broker := Slow(BrokerUnreachable("down")))
    told = await asked(joined, [BOOK] * 5)
    assert [str(error) for error in told] == ["down"] * 5
    assert len(set(map(id, told))) == 5
    assert len(broker.calls) == 1


async def test_one_who_gives_up_takes_nobody_along(autojump_clock):
    """P10: a caller who is cancelled over a shared call leaves it to the next, who makes it anew."""
    joined = Joined(broker := Slow())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(asked, joined, [BOOK])
        await trio.sleep(0.1)
        gone = trio.CancelScope()

        async def leader():
            with gone:
                await joined(BOOK, timeout_s=10)

        nursery.start_soon(leader)
        await trio.sleep(0.1)
        told = []

        async def follower():
            told.append((await joined(BOOK, timeout_s=10)).body)

        nursery.start_soon(follower)
        await trio.sleep(1.3)
        gone.cancel()
    assert told == [b"3"]
    assert len(broker.calls) == 3


async def test_nothing_is_kept_when_nobody_asks(autojump_clock):
    """P20: a question that has its answer is forgotten, whether it was answered or failed."""
    joined = Joined(broker := Slow())
    await asked(joined, [BOOK, TRADES, BOOK])
    broker.failing = BrokerUnreachable("down")
    await asked(joined, [BOOK, TRADES, BOOK])
    with trio.move_on_after(0.5):
        await joined(BOOK, timeout_s=10)
    assert joined._lines == {}
    with pytest.raises(BrokerUnreachable):
        await joined(BOOK, timeout_s=10)
