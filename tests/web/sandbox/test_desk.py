import pytest
import trio

from tests.web.sandbox.given import body
from tests.web.sandbox.wire import connect, frames, placed
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper


async def test_only_the_key_is_known():
    """The API key, and no other, and not none."""
    async with open_paper(PaperOptions(api_key="séame")) as broker:
        assert broker.desk.knows("séame")
        assert not broker.desk.knows("open")
        assert not broker.desk.knows("")
        assert not broker.desk.knows(None)


async def test_a_login_is_an_account_or_the_first():
    """An account's name stands for that account, the API key for the first; nothing else does."""
    async with open_paper(PaperOptions(accounts=("a", "b"), api_key="k")) as broker:
        assert [broker.desk.account_of(login) for login in ("a", "b", "k", "c", "", None)] == [
            "a", "b", "a", None, None, None,
        ]  # fmt: skip


async def test_who_comes_with_a_dead_token_is_turned_away_and_counted(caplog):
    """P21: the log says whose it was and where, and not which."""
    caplog.set_level("INFO")
    async with open_paper(PaperOptions(accounts=("a", "b"), api_key="old")) as broker:
        desk = broker.desk
        assert desk.lets_in("a", "old", "GET /orders")
        broker.meet([Fault("dead", "a", token="new")])
        assert [desk.lets_in("a", token, "GET /orders") for token in ("old", "new", None)] == [
            *(False, True, False),
        ]
        assert (desk.token_of("a"), desk.token_of("b")) == ("new", "old")
        assert desk.turned_away == {"a": 2}
    assert caplog.messages == ["turned away: account a at GET /orders"] * 2


async def test_frames_take_their_half_of_the_latency(autojump_clock, nursery):
    """At 200 ms the order is there after 100, is told of after 100 more, as its caller is answered."""
    async with open_paper(PaperOptions(latency_ms=200)) as broker:
        client = await connect(nursery, broker, "/advanced/ws/orders/primary?api_key=paper")
        await frames(client, 1)
        began = trio.current_time()
        nursery.start_soon(placed, broker, body("FILL1"))
        (opened,) = await frames(client, 1)
        assert opened["data"]["status"] == "OPEN"
        assert trio.current_time() - began == pytest.approx(0.2)
