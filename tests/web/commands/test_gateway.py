import math

import pytest
import trio

from actors import Config
from actors.domain.config import AccountConfig, ServerConfig, StoreConfig
from actors.domain.errors import StoreDamaged
from web.auth import Access
from web.commands.faults import CannotRun
from web.commands.gateway import SETTLE_SHARE, gateway, store_told, until_reconciled


def configured(folder, port=0):
    """One account whose broker is not there."""
    account = AccountConfig(upstream="ticker_service", url="http://127.0.0.1:9", api_key="k")
    return Config(
        accounts={"primary": account},
        server=ServerConfig(port=port),
        store=StoreConfig(str(folder / "orderwire.db")),
    )


@pytest.mark.process
async def test_it_serves_until_it_is_told_to_stop(tmp_path):
    """The block has a URL and a system; without a broker the wait for it is bounded."""
    config, stop = configured(tmp_path), trio.Event()
    with trio.fail_after(30):
        async with gateway(config, Access.open_on_loopback(config), stop) as running:
            await until_reconciled(running.system, at_most_s=0.05)
            assert running.system.not_ready() == ["primary"]
            stop.set()
    assert running.url.startswith("http://127.0.0.1:")


@pytest.mark.process
async def test_batches_are_told_by_when_they_must_end(tmp_path):
    """P18: their time runs from `stop` on, not from when the last socket is closed."""
    config, stop = configured(tmp_path), trio.Event()
    with trio.fail_after(30):
        async with gateway(config, Access.open_on_loopback(config), stop) as running:
            batches = running.system.batches
            assert batches.settle_by_s == math.inf
            stop.set()
            stopped_s = trio.current_time()
    share_s = config.server.grace_s * SETTLE_SHARE
    assert stopped_s + share_s <= batches.settle_by_s < stopped_s + config.server.grace_s


@pytest.mark.process
async def test_a_port_in_use_is_told_first(tmp_path):
    """CannotRun, with the port, before the store is opened or any broker is asked."""
    listener, *_ = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    async with listener:
        config = configured(tmp_path, port)
        with trio.fail_after(30), pytest.raises(CannotRun) as raised:
            async with gateway(config, Access.open_on_loopback(config), trio.Event()):
                raise AssertionError
        assert f"port {port}" in raised.value.lines[0]
        assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_had_is_told_and_a_defect_is_not():
    """One line for the store's own errors, however deep; anything else stays what it is."""
    with pytest.raises(CannotRun, match="not whole"), store_told():
        raise ExceptionGroup("", [StoreDamaged("not whole")])
    with pytest.raises(ExceptionGroup), store_told():
        raise ExceptionGroup("", [StoreDamaged("not whole"), ZeroDivisionError()])
