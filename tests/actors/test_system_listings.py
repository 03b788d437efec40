"""The lists of instruments in the tree: loaded beside the streams, awaited by nobody."""

import pytest
import trio

from actors import Config, open_system, system
from actors.domain.config import AccountConfig, StoreConfig
from actors.domain.config_lists import ListAt
from actors.domain.errors import BadRequest, NeedsLogin, Unavailable
from actors.runtime.seams import HttpResponse

from .broker import FakeLogin, FakeUpstream
from .domain.list_samples import KITE
from .fakes import PRIMARY, a_leg_request, fake_seams

FUTURE = "NIFTY26NOVFUT"  # in lots of 75


class Publisher:
    """Who has the list: nobody until it is there; then for who is logged in."""

    def __init__(self):
        self.asked = []
        self.is_there = True

    async def __call__(self, request, *, timeout_s):
        await trio.sleep(min(1, timeout_s))
        self.asked.append(request.headers)
        return HttpResponse(200 if self.is_there else 503, {}, KITE.encode())


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Give a configuration of one account with the broker's list, its broker, its publisher."""
    account = AccountConfig("kite", "http://k.test", "key", instruments=ListAt(("broker",)))
    broker = FakeUpstream(login=FakeLogin(used=["token"]))
    monkeypatch.setitem(system.UPSTREAMS, "kite", lambda *_: broker)
    store = StoreConfig(str(tmp_path / "orderwire.db"))
    return Config({PRIMARY: account}, store=store), broker, Publisher()


async def test_a_batch_waits_for_the_list_and_the_account_does_not(world, autojump_clock):
    """The account is ready at once; its batches are refused with 503 and then held to the list."""
    config, broker, publisher = world
    publisher.is_there = False
    async with open_system(config, fake_seams(http=publisher)) as opened:
        await trio.sleep(3)
        assert (opened.not_ready(), opened.status(PRIMARY).state) == ([], "live")
        legs = [a_leg_request(FUTURE, quantity=50)]
        with pytest.raises(Unavailable, match="its server answered 503"):
            await opened.place_batch("primary", legs)
        texts = [row.value.text for row in opened.view("primary").book.messages]
        assert any("until it is there no batch" in text for text in texts)
        publisher.is_there = True
        await trio.sleep(10)
        with pytest.raises(BadRequest, match="a multiple of the lot, 75"):
            await opened.place_batch("primary", legs)
        assert broker.asked("place") == []


async def test_a_new_token_has_the_list_asked_for(world, autojump_clock):
    """The morning's login brings the list with it, at once."""
    config, broker, publisher = world
    broker.login.used.clear()
    broker.cannot_open = broker.cannot_answer = NeedsLogin("there is no access token")
    async with open_system(config, fake_seams(http=publisher)) as opened:
        await trio.sleep(3600)
        assert publisher.asked == []
        broker.cannot_open = broker.cannot_answer = None
        await opened.use_token("primary", "fresh")
        await trio.sleep(2)
        assert publisher.asked == [{"Authorization": "fresh"}]
        assert opened.listings.of(PRIMARY).missing == ""
        assert opened.status(PRIMARY).state == "live"
