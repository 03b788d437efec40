"""The daily login: a token is used at once, and is there after a restart."""

from contextlib import asynccontextmanager

import pytest
import trio

from actors import Config, open_system, system
from actors.domain.config import StoreConfig
from actors.domain.errors import BadRequest, BrokerRefused, NeedsLogin, Refused

from .broker import FakeLogin, FakeUpstream
from .fakes import HEDGE, PRIMARY, a_config, fake_seams

DEAD = NeedsLogin("the token is dead")


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Give a way to run a system of two accounts, the first with a login of its own."""
    brokers = {}

    def open_broker(account_id, *_):
        brokers[account_id] = FakeUpstream(login=FakeLogin() if account_id == PRIMARY else None)
        return brokers[account_id]

    @asynccontextmanager
    async def run(**changes):
        accounts = {PRIMARY: a_config(**changes), HEDGE: a_config()}
        store = StoreConfig(str(tmp_path / "orderwire.db"))
        async with open_system(Config(accounts, store=store), fake_seams()) as opened:
            await trio.sleep(1)
            yield opened, brokers

    monkeypatch.setitem(system.UPSTREAMS, "ticker_service", open_broker)
    return run


async def test_a_token_that_dies_at_noon_is_replaced_without_a_restart(world, autojump_clock):
    """P7: needs_login at the first refused call; live again within two seconds of a new token."""
    async with world() as (gateway, brokers):
        broker = brokers[PRIMARY]
        broker.cannot_answer = broker.cannot_open = DEAD
        broker.push(DEAD)
        await trio.sleep(1)
        assert gateway.status(PRIMARY).state == "needs_login"
        before = len(broker.calls)
        await trio.sleep(60)
        assert len(broker.calls) - before <= 7
        broker.cannot_answer = broker.cannot_open = None
        assert await gateway.use_token("primary", "fresh")
        await trio.sleep(2)
        assert gateway.status(PRIMARY).state == "live"
        assert broker.login.used == ["fresh"]


async def test_what_the_old_token_was_sent_with_does_not_lock_the_new_one_out(
    world, autojump_clock
):
    """P7: a question that is under way when the new token comes is refused later; it is asked again
    with the new one, and the account is not shut out for minutes.
    """
    async with world() as (gateway, brokers):
        broker = brokers[PRIMARY]
        broker.answer_s, broker.cannot_answer = 5.0, DEAD
        gateway.streams[PRIMARY].nudge()
        await trio.sleep(1)
        assert await gateway.use_token("primary", "fresh")
        await trio.sleep(4.5)
        broker.cannot_answer = None
        await trio.sleep(15)
        assert gateway.status(PRIMARY).state == "live"


async def test_a_token_is_there_after_a_restart(world, tmp_path, autojump_clock):
    """The next start uses it, unless the configuration has brought another; the store has none."""
    async with world() as (gateway, _):
        await gateway.use_token("primary", "hunter2-hunter2")
    async with world() as (_, brokers):
        assert brokers[PRIMARY].login.used == ["hunter2-hunter2"]
    async with world(access_token="of today") as (_, brokers):
        assert brokers[PRIMARY].login.used == []
    found = [path.name for path in tmp_path.iterdir() if b"hunter2" in path.read_bytes()]
    assert found == ["orderwire.db.tokens"]


async def test_a_browser_brings_a_token_back(world, autojump_clock):
    """What the broker's page sends back is exchanged; a code that the broker refuses changes nothing."""
    async with world() as (gateway, brokers):
        logins = gateway.logins
        assert logins.url(PRIMARY, "s1") == "https://broker.test/login?state=s1"
        assert await logins.exchange(PRIMARY, {"code": "7"})
        with pytest.raises(BrokerRefused):
            await logins.exchange(PRIMARY, {"code": "bad"})
        assert brokers[PRIMARY].login.used == ["token-7"]


@pytest.mark.parametrize("token", ["", "two words\n", "é", "x" * 4097])
async def test_what_cannot_be_a_token_is_refused(world, token, autojump_clock):
    """P21: nothing that could break a header is used, and the error does not repeat it."""
    async with world() as (gateway, brokers):
        with pytest.raises(BadRequest) as caught:
            await gateway.use_token("primary", token)
        assert caught.value.faults[0].path == "$.access_token"
        assert brokers[PRIMARY].login.used == []


async def test_an_account_without_a_login_says_so(world, autojump_clock):
    """409: ticker_service logs in by itself."""
    async with world() as (gateway, _):
        with pytest.raises(Refused) as caught:
            await gateway.use_token("hedge", "t")
        assert caught.value.status == 409


async def test_a_file_that_is_not_ours_costs_a_login_and_no_more(world, tmp_path, autojump_clock):
    """The start goes on without it; a token that cannot be kept is used all the same."""
    tokens = tmp_path / "orderwire.db.tokens"
    tokens.write_text("{")
    async with world() as (gateway, brokers):
        assert gateway.status(PRIMARY).state == "live"
        tokens.unlink()
        (tmp_path / "orderwire.db.tokens.new").mkdir()
        assert not await gateway.use_token("primary", "t")
        assert brokers[PRIMARY].login.used == ["t"]
