import hashlib
import signal

import httpx2
import pytest

from tests.web.commands.processes import gateway_toml, orderwire, ran, until

pytestmark = pytest.mark.process

KEY, OTHER = "ow_desk", "ow_other"


def digest(key):
    """What a configuration knows of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def broker():
    """The URL of a broker whose market stands still."""
    with orderwire("paper", "--port", 0) as paper:
        yield paper.ready()


def status_of(url, key):
    """What `/ws/status` answers to a key."""
    headers = {} if key is None else {"X-API-Key": key}
    return httpx2.get(f"{url}/ws/status", headers=headers)


def test_it_runs_its_accounts_for_those_with_a_key(tmp_path, broker):
    """One ready line; 401 without a key on loopback too; the account comes to life; exit 0."""
    path = gateway_toml(tmp_path, broker, key_sha256=digest(KEY))
    with orderwire("serve", "--config", path) as serve:
        url = serve.ready()
        assert status_of(url, None).status_code == 401
        assert status_of(url, OTHER).status_code == 401
        rows = until(lambda: live_rows(url), "the account live")
        assert rows["primary"]["upstream"] == "ticker_service"
        assert serve.stop() == 0
        assert serve.rest("stdout") == []


def live_rows(url):
    """The rows of `/ws/status` once every account is live."""
    rows = status_of(url, KEY).json()["accounts"]
    return rows if all(row["state"] == "live" for row in rows.values()) else None


def test_keys_are_read_again_and_a_bad_file_changes_nothing(tmp_path, broker):
    """SIGHUP: a file with a fault is told on stderr and the old key stays; a good one replaces it."""
    path = gateway_toml(tmp_path, broker, key_sha256=digest(KEY))
    good = path.read_text()
    with orderwire("serve", "--config", path) as serve:
        url = serve.ready()
        path.write_text("[server\n")
        serve.popen.send_signal(signal.SIGHUP)
        assert "not TOML" in serve.error("the keys stay as they were")
        assert status_of(url, KEY).status_code == 200
        path.write_text(good.replace(digest(KEY), digest(OTHER)))
        serve.popen.send_signal(signal.SIGHUP)
        serve.error("keys read again")
        assert (status_of(url, KEY).status_code, status_of(url, OTHER).status_code) == (401, 200)
        assert serve.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_it_ends_well_without_its_broker_and_however_often_it_is_told(tmp_path, number):
    """P18: exit 0 within the grace, with signals that keep coming and a broker that is not there."""
    path = gateway_toml(tmp_path, "http://127.0.0.1:9", key_sha256=digest(KEY))
    with orderwire("serve", "--config", path) as serve:
        serve.ready()
        serve.popen.send_signal(number)
        serve.popen.send_signal(number)
        while serve.popen.poll() is None:
            serve.popen.send_signal(number)
        assert serve.wait() == 0
        assert not any("Traceback" in line for line in serve.rest("stderr"))


def test_faults_are_told_without_a_traceback(tmp_path, broker):
    """2 and a line each for the configuration; 1 and a line for a store in use, a store that is
    damaged, a port in use.
    """
    path = gateway_toml(tmp_path, broker, key_sha256="what?")
    status, out, err = ran("serve", "--config", path)
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith("$.keys.desk.sha256: ")

    path = gateway_toml(tmp_path, broker, key_sha256=digest(KEY))
    with orderwire("serve", "--config", path) as serve:
        port = serve.ready().rpartition(":")[2]
        assert_line_of_status_1(path, "owns this store")
        assert serve.stop() == 0
    (tmp_path / "orderwire.db").write_bytes(b"nothing of the kind, and long enough to be looked at")
    for rest in tmp_path.glob("orderwire.db-*"):
        rest.unlink()
    assert_line_of_status_1(path, "orderwire.db")

    other = tmp_path / "other"
    other.mkdir()
    port = broker.rpartition(":")[2]
    path = gateway_toml(other, broker, key_sha256=digest(KEY), port=port)
    assert_line_of_status_1(path, f"port {port}")


def assert_line_of_status_1(path, said):
    """It does not run, and says why in one line beside its logs."""
    status, out, err = ran("serve", "--config", path)
    lines = [line for line in err if not line.startswith("{")]
    assert (status, out, len(lines)) == (1, [], 1), err
    assert said in lines[0]
