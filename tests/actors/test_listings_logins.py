"""The broker's own list: asked for with an account's login, and by nobody else's leave."""

import pytest
import trio

from actors.domain.config import AccountConfig
from actors.domain.config_lists import ListAt
from actors.listings import LOGIN_PAUSE_S

from .broker import FakeLogin
from .domain.list_samples import KITE
from .fakes import HEDGE, PRIMARY
from .given_listings import KITE_ACCOUNT, OWN, URL, loading, said


async def test_the_brokers_own_list_needs_a_login(autojump_clock):
    """Nothing is sent without a token; a new one has the list asked for at once, with its keys."""
    login = FakeLogin()
    async with loading({PRIMARY: KITE_ACCOUNT}, logins={PRIMARY: login}, for_s=3600) as world:
        assert world.server.asked == []
        assert world.listings.of(PRIMARY).missing.startswith(f"{OWN}: there is no access token")
        assert world.texts() == []  # the account itself says that it needs a login
        login.use("fresh")
        world.listings.renew(PRIMARY)
        await trio.sleep(1)
        assert [request.url for request in world.server.asked] == [OWN]
        assert world.server.asked[0].headers == {"Authorization": "fresh"}
        assert "fresh" not in repr(world.server.asked)
        assert len(world.listings.of(PRIMARY)) == 4


@pytest.mark.parametrize("status", [401, 403])
async def test_a_dead_login_is_not_tried_in_a_storm(status, autojump_clock):
    """P20: one question every five minutes until there is a new token, which is tried at once."""
    login = FakeLogin(used=["dead"])
    answers = [said("", status)]
    async with loading({PRIMARY: KITE_ACCOUNT}, *answers, logins={PRIMARY: login}) as world:
        await trio.sleep(3 * LOGIN_PAUSE_S)
        assert len(world.server.asked) == 4
        world.server.answers = [said(KITE)]
        login.use("fresh")
        world.listings.renew(PRIMARY)
        await trio.sleep(1)
        assert len(world.server.asked) == 5
        assert world.listings.of(PRIMARY).missing == ""


async def test_each_token_is_tried_once(autojump_clock):
    """P20: one that is dead as well rests like the one before it."""
    login = FakeLogin(used=["dead"])
    async with loading({PRIMARY: KITE_ACCOUNT}, said("", 403), logins={PRIMARY: login}) as world:
        for asked in range(2, 6):
            login.use(f"dead{asked}")
            world.listings.renew(PRIMARY)
            await trio.sleep(100)
            assert len(world.server.asked) == asked


async def test_a_token_that_comes_while_the_old_one_is_refused_counts(autojump_clock):
    """A token is not missed because the question before it was on its way."""
    login = FakeLogin(used=["dead"])
    answers = [said("", 403), said(KITE)]
    async with loading(
        {PRIMARY: KITE_ACCOUNT}, *answers, logins={PRIMARY: login}, for_s=0
    ) as world:
        world.server.answer_s = 5
        await trio.sleep(1)
        world.listings.renew(PRIMARY)
        await trio.sleep(10)
        assert world.listings.of(PRIMARY).missing == ""


async def test_any_account_of_the_broker_may_ask_for_all(autojump_clock):
    """Where one account's login is dead or missing, another's opens the list for both."""
    logins = {PRIMARY: FakeLogin(used=["dead"]), HEDGE: FakeLogin(used=["good"])}
    accounts = {PRIMARY: KITE_ACCOUNT, HEDGE: KITE_ACCOUNT}
    async with loading(accounts, said("", 403), said(KITE), logins=logins, for_s=10) as world:
        used = [request.headers["Authorization"] for request in world.server.asked]
        assert used == ["dead", "good"]
        assert len(world.listings.of(PRIMARY)) == 4
    logins[PRIMARY].used.clear()
    async with loading(accounts, said(KITE), logins=logins) as world:
        assert len(world.server.asked) == 1
        assert world.listings.of(PRIMARY).missing == ""


async def test_keys_go_to_the_broker_alone(autojump_clock):
    """P21: another's address is asked without the account's keys, though the account has them."""
    account = AccountConfig("kite", "http://kite.test", "key", instruments=ListAt((URL,)))
    login = FakeLogin(used=["secret"])
    async with loading({PRIMARY: account}, logins={PRIMARY: login}) as world:
        assert world.server.asked[0].headers == {}
        world.listings.renew(PRIMARY)
        await trio.sleep(1)
        assert len(world.server.asked) == 1
