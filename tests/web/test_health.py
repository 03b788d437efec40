from actors.domain.errors import NeedsLogin, StreamLost
from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key


async def test_health_needs_nothing_and_says_the_version(tmp_path, autojump_clock):
    """P21: /health answers 200 without a key while the process lives, and names no account."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        answer = await gateway.get("/health")
        assert (answer["status"], answer["version"]) == ("ok", "1.2.3")
        assert "primary" not in str(answer)


async def test_health_is_degraded_when_an_account_is_down(tmp_path, autojump_clock):
    """An account that cannot be reached makes /health `degraded`, still with 200."""
    async with a_gateway(tmp_path) as gateway:
        gateway.brokers["primary"].cannot_open = NeedsLogin("refused")
        gateway.brokers["primary"].push(StreamLost("gone"))
        await gateway.system.journal.wait_beyond(gateway.system.journal.end)
        while gateway.system.status("primary").state != "needs_login":
            await gateway.system.journal.wait_beyond(gateway.system.journal.end)
        assert (await gateway.get("/health"))["status"] == "degraded"
        assert (await gateway.get("/ws/status"))["status"] == "degraded"


async def test_ready_waits_for_every_account(tmp_path, autojump_clock):
    """/ready is 503 until every account has reconciled once, says which has not, then 200."""
    async with a_gateway(tmp_path, settled=False) as gateway:
        answer = await gateway.get("/ready", 503)
        assert answer["status"] == "not_ready"
        assert answer["accounts"] == {"primary": "waiting", "hedge": "waiting"}
        for stream in gateway.system.streams.values():
            await stream.reconciled_once.wait()
        answer = await gateway.get("/ready")
        assert answer["accounts"] == {"primary": "reconciled", "hedge": "reconciled"}


async def test_ready_names_accounts_to_readers_only(tmp_path, autojump_clock):
    """P21: without a key /ready says whether, not who; a key is told of its own accounts."""
    keys = {"desk": a_key("k", "hedge"), "writer": a_key("w", "hedge", rights=("trade",))}
    async with a_gateway(tmp_path, keys=keys, settled=False) as gateway:
        for headers in ({}, {"X_API_Key": "wrong"}, {"X_API_Key": "w"}):
            answer = await gateway.get("/ready", 503, **headers)
            assert answer == {"status": "not_ready", "store": "open", "waiting": 2}
        answer = await gateway.get("/ready", 503, X_API_Key="k")
        assert answer["accounts"] == {"hedge": "waiting"}


async def test_status_has_a_row_for_each_readable_account(tmp_path, autojump_clock):
    """/ws/status has the contract's fields, at a position, for the accounts one may read."""
    keys = {"all": a_key("a"), "desk": a_key("k", "hedge")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.tell(a_row("1"))
        answer = await gateway.get("/ws/status", X_API_Key="a")
        assert set(answer) == {"status", "epoch", "offset", "subscribers", "accounts"}
        journal = gateway.system.journal
        assert (answer["epoch"], answer["offset"]) == (journal.epoch, journal.end)
        row = answer["accounts"]["primary"]
        assert row["last_update_at"].endswith("Z")
        assert (row["state"], row["connected"], row["reconnects"]) == ("live", True, 0)
        assert set(row) == {
            *("upstream", "state", "connected", "since", "reconnects"),
            *("last_update_at", "last_error", "halted", "deadman"),
            *("login_expires_at", "trading_day"),
        }
        answer = await gateway.get("/ws/status", X_API_Key="k")
        assert list(answer["accounts"]) == ["hedge"]


async def test_status_needs_read(tmp_path, autojump_clock):
    """P21: /ws/status is 401 without a key, and 403 with one that may read nothing."""
    keys = {"writer": a_key("w", rights=("trade",))}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.get("/ws/status", 401)
        await gateway.get("/ws/status", 403, X_API_Key="w")
