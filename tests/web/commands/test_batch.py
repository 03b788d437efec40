import json
import signal
import socket

import click
import httpx2
import pytest

from tests.web.commands.processes import free_port, orderwire, ran
from tests.web.test_batches import body, leg
from web.commands.batch import FILE_BYTES_MAX, exit_status, is_key, orders_in, read, tell
from web.commands.paint import Paint
from web.commands.placing import Answer, Wanted


@pytest.fixture(scope="module")
def demo():
    """The URL of a demo whose market stands still; one of its accounts is at Fyers."""
    accounts = ("--accounts", "primary,fy=fyers")
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 0, *accounts) as process:
        yield process.ready()


@pytest.fixture
def file(tmp_path):
    """Give what writes a file of JSON, and gives its path."""

    def write(value):
        path = tmp_path / "batch.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


@pytest.mark.process
def test_piped_it_is_the_gateways_answer(demo, file):
    """One line of JSON, the batch with its legs; nothing on stderr; `--json` is the same."""
    status, out, err = ran("batch", demo, "primary", file(body("FILL1", "REST2")))
    assert (status, len(out), err) == (0, 1, [])
    told = json.loads(out[0])
    assert (told["outcome"], told["succeeded"]) == ("complete", 2)
    there = httpx2.get(f"{demo}/accounts/primary/batch-orders/{told['batch_id']}").json()
    assert {**there, "offset": told["offset"]} == told


def spread(symbol):
    """Give a native batch: a near contract bought, a far one sold."""
    terms = {"order_type": "LIMIT", "price": 100, "product": "NRML", "validity": "IOC"}
    near = leg(f"{symbol}25NOVFUT", **terms)
    far = leg(f"{symbol}25DECFUT", **terms) | {"transaction_type": "SELL"}
    return {"orders": [near, far], "mode": "native", "wait_s": 60}


@pytest.mark.process
@pytest.mark.parametrize(
    ("symbol", "outcome", "state"),
    [
        ("FILL", "complete", "filled"),
        ("REJECT", "rejected_clean", "rejected"),
        ("REST", "rolled_back_clean", "cancelled"),
        ("PARTIAL", "unwound", "cancelled"),
        ("LOST", "rolled_back_clean", "cancelled"),
        ("GONE", "rejected_clean", "rejected"),
    ],
)
def test_a_native_batch_ends_whole(demo, file, symbol, outcome, state):
    """P9, P10: over the real wire: one id for the whole where there was an answer; where there was
    none it is found by its tag, or denied; the legs end alike.
    """
    exit_status, out, _ = ran("batch", demo, "fy", file(spread(symbol)))
    told = json.loads("\n".join(out))
    assert told["outcome"] == outcome
    assert [each["state"] for each in told["legs"]] == [state, state]
    assert (told["parent_order_id"] is None) == (symbol in ("LOST", "GONE"))
    assert len(told["order_ids"]) == (0 if symbol == "GONE" else 2)
    assert told["residual"] == []
    assert exit_status == (0 if outcome == "complete" else 3)


@pytest.mark.process
def test_a_native_batch_is_refused_where_it_cannot_be(demo, file):
    """422: by an account whose broker has none, and naming what makes it none."""
    told = ran("batch", demo, "primary", file(spread("FILL")))[2]
    assert [line.split(":")[0].strip() for line in told[1:]] == ["$.mode"]
    told = ran("batch", demo, "fy", file(body("FILL1", "FILL2") | {"mode": "native"}))[2]
    paths = {line.split(":")[0].strip() for line in told[1:]}
    assert {"$.orders[0].validity", "$.orders[1].tradingsymbol"} <= paths


@pytest.mark.process
@pytest.mark.parametrize(
    ("wanted", "outcome", "status"),
    [
        (body("FILL1", "REFUSE2"), "unwound", 3),
        (body("REST1", "REFUSE2"), "rolled_back_clean", 3),
        (body("REFUSE1"), "rejected_clean", 3),
        (body("FILL1", "REFUSE2", on_failure="keep"), "kept", 4),
        (body("FILL1", "REFUSE2", on_failure="cancel_open"), "exposed", 5),
    ],
)
def test_the_exit_status_says_how_it_ended(demo, file, wanted, outcome, status):
    """P10: each outcome has its own, as `--help` lists them; an exposure says where to end it."""
    found, out, err = ran("batch", demo, "primary", file(wanted))
    assert (found, json.loads(out[0])["outcome"]) == (status, outcome)
    assert [line.rpartition("/")[2] for line in err] == (
        ["flatten", "acknowledge"] if outcome == "exposed" else []
    )


@pytest.mark.process
def test_a_refused_batch_names_each_fault(demo, file):
    """Nothing was placed: exit status 1, the path of each fault on stderr, the problem on stdout."""
    path = file({"orders": [leg(quantity=0), leg(order_type="LIMIT")]})
    status, out, err = ran("batch", demo, "primary", path)
    assert (status, json.loads(out[0])["status"]) == (1, 422)
    assert err[0].startswith("refused with 422: ")
    assert [line.split(":")[0].strip() for line in err[1:]] == [
        *("$.orders[0].quantity", "$.orders[1].price"),
    ]
    assert ran("batch", demo, "nobody", path)[0] == 1


@pytest.mark.process
def test_the_same_key_is_the_same_batch(demo, file):
    """P11: run again it tells of the same batch; `--json` gives the gateway's own answer."""
    arguments = ("batch", demo, "primary", file(body("REST1")), "--idempotency-key", "k1", "--json")
    answers = [json.loads("\n".join(ran(*arguments)[1])) for _ in range(2)]
    assert answers[0]["batch_id"] == answers[1]["batch_id"]
    assert answers[0]["status"] == "success"


@pytest.mark.process
def test_a_dry_run_places_nothing(demo, file):
    """It says what it would do, exit status 0; what is wrong with it is status 1."""
    status, out, err = ran("batch", demo, "primary", file(body("FILL9")), "--dry-run")
    assert (status, json.loads(out[0])["status"], err) == (0, "dry_run", [])
    assert ran("batch", demo, "primary", file({"orders": []}), "--dry-run")[0] == 1


@pytest.mark.process
def test_it_reads_stdin_and_asks_until_the_batch_has_ended(demo):
    """`-` is stdin. A leg without an answer is found by its tag: running first, then a success."""
    import subprocess
    import sys

    from tests.web.commands.processes import ROOT

    done = subprocess.run(
        [sys.executable, "-m", "web", "batch", demo, "primary", "-"],
        cwd=ROOT, input=json.dumps(body("LOST1", wait_s=0)), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["outcome"] == "complete"


@pytest.mark.process
def test_one_that_runs_on_is_status_6_with_its_place(demo, file):
    """P20: asking has an end, and the batch goes on without."""
    path = file(body("LOST2", wait_s=0))
    status, out, err = ran("batch", demo, "primary", path, "--wait-s", 1)
    assert (status, json.loads(out[0])["status"]) == (6, "running")
    assert err[-1].startswith(f"it still runs after 1 s: {demo}/accounts/primary/batch-orders/")


@pytest.mark.process
def test_no_connection_is_status_2(file):
    """One line, no traceback."""
    url = f"http://127.0.0.1:{free_port()}"
    status, out, err = ran("batch", url, "primary", file(body()))
    assert (status, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"{url}: cannot be reached")


@pytest.mark.process
def test_a_missing_file_is_status_2(demo, tmp_path):
    """Nothing is asked of the gateway; the line names the file."""
    status, out, err = ran("batch", demo, "primary", tmp_path / "none.json")
    assert (status, out) == (2, [])
    assert "none.json: No such file" in err[-1]


@pytest.mark.process
def test_stopped_it_says_how_to_ask_again(file):
    """Ctrl-C ends the waiting, not the batch: exit status 6, and the key that finds it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with orderwire("batch", url, "primary", file(body())) as process:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                assert process.stop(signal.SIGINT) == 6
                assert "--idempotency-key" in process.error("stopped")


@pytest.mark.parametrize("raw", ["", "{", "NaN1", "\x00", "[" * 100_000])
def test_what_is_not_json_is_a_fault_of_the_file(file, raw):
    """P19: told with its reason before anything is opened: exit status 2."""
    with pytest.raises(click.BadParameter, match="not JSON") as fault:
        read(str(file(raw)))
    assert fault.value.exit_code == 2


def test_what_no_gateway_takes_is_not_read_to_its_end(file):
    """P20: a file has a bound."""
    with pytest.raises(click.BadParameter, match="larger"):
        read(str(file('"' + "x" * FILE_BYTES_MAX)))
    with pytest.raises(click.BadParameter):
        read("/dev/zero")


def test_a_folder_is_no_file(tmp_path):
    """The system's word for it, and no traceback."""
    with pytest.raises(click.BadParameter, match="directory"):
        read(str(tmp_path))


def test_a_key_is_what_a_header_can_carry():
    """Not nothing, not too much, and nothing that would end a header's line."""
    assert is_key("k-1")
    assert not any(map(is_key, ["", "x" * 256, "a\nb", "ключ"]))


def test_a_missing_key_is_told_with_the_way_to_give_one(capsys):
    """As `tail` does."""
    problem = {"title": "Unauthorized", "status": 401, "detail": "a key is needed"}
    tell(Answer(401, "{}", problem), Wanted("http://h", "a", b"{}", "k"), Paint(), Paint())
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "refused with 401: a key is needed",
        "give the key with --key, or in ORDERWIRE_KEY",
    ]


@pytest.mark.parametrize(
    ("status", "document", "exit_with"),
    [
        (200, {"outcome": "complete"}, 0),
        (200, {"status": "dry_run"}, 0),
        (202, {"status": "running", "outcome": None}, 6),
        (202, {"status": "running", "outcome": "unknown"}, 6),
        (200, {"outcome": "a new one"}, 6),
        (409, {}, 1),
        (503, {}, 1),
        (500, {}, 6),
        (502, {}, 6),
    ],
)
def test_what_is_not_known_is_not_told_as_refused(status, document, exit_with):
    """P9: a fault that leaves open whether it was placed has a status of its own: 503 does not."""
    assert exit_status(Answer(status, "", document)) == exit_with


@pytest.mark.parametrize("raw", [b"[]", b"1", b"{}", b'{"orders": [1]}'])
def test_a_file_of_another_shape_has_no_legs_to_tell_of(raw):
    """P19: that is for the gateway to refuse."""
    assert orders_in(raw) == []
