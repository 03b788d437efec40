"""A token that dies at noon, on a virtual clock: what a quarter of an hour without a login costs."""

from random import Random

import pytest
import trio

from actors.domain.config import Config, StoreConfig
from actors.system import open_system
from tests.sim.network import Network, wall_clock
from web.commands.demo import account_at
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper

URL = "http://broker.test"


@pytest.mark.parametrize("upstream", ["fyers", "kite"])
@pytest.mark.parametrize("cut", [False, True], ids=["its socket stays open", "its socket is cut"])
async def test_a_dead_token_is_known_at_once_and_not_tried_again_and_again(
    tmp_path, autojump_clock, upstream, cut
):
    """P7: needs_login by the first refused call, at most 3 attempts in 5 minutes and 8 in a
    quarter of an hour, whatever trades meanwhile; live within 2 s of a new token.
    """
    options = PaperOptions(upstream=upstream, accounts=("zer",), rate=0.5, api_key="old")
    async with open_paper(options, now=wall_clock) as broker:
        network = Network(broker, Random(1))
        accounts = {"zer": account_at(upstream, "zer", URL, "old")}
        config = Config(accounts, store=StoreConfig(str(tmp_path / "orderwire.db")))
        async with open_system(config, network.seams(Random(2))) as system:
            await trio.sleep(60)
            assert system.status("zer").state == "live"
            broker.meet([Fault("dead", token="new")])
            if cut:
                network.cut()
            while not broker.desk.turned_away["zer"]:
                await trio.sleep(0.01)
            await trio.sleep(0.1)
            assert system.status("zer").state == "needs_login"
            await trio.sleep(300)
            assert broker.desk.turned_away["zer"] <= 3
            await trio.sleep(600)
            assert broker.desk.turned_away["zer"] <= 8
            assert system.status("zer").state == "needs_login"
            assert await system.use_token("zer", "new")
            attempts = broker.desk.turned_away["zer"]
            await trio.sleep(2)
            assert system.status("zer").state == "live"
            assert broker.desk.turned_away["zer"] == attempts
