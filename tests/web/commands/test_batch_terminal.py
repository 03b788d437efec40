"""`orderwire batch` as a person has it: a real process on a real terminal."""

import json
import re

import pytest

from tests.web.commands.processes import orderwire
from tests.web.commands.terminals import bare, terminal
from tests.web.test_batches import body, leg

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def demo():
    """The URL of a demo whose market stands still."""
    with orderwire("demo", "--port", 0, "--no-browser", "--rate", 0) as process:
        yield process.ready()


@pytest.fixture
def placed(demo, tmp_path):
    """Give what places a batch on a terminal: its exit status, and what is on the screen."""

    def place(wanted, *options, **how):
        path = tmp_path / "batch.json"
        path.write_text(json.dumps(wanted))
        with terminal("batch", demo, "primary", path, *options, **how) as screen:
            status, text = screen.end()
        return status, text

    return place


def seen(text):
    """What is left on a screen, without colours, columns and the line that was written over."""
    return [" ".join(line.split()) for line in bare(text)[:-1]]


def test_a_batch_is_told_in_rows(placed):
    """Its outcome in colour, what that means, a row a leg; no wider than the terminal."""
    status, text = placed(body("FILL25NOV25800CE", "REST25NOV26000CE"))
    told = seen(text)
    assert status == 0
    assert "\x1b[1;32mcomplete\x1b[0m" in text
    assert re.fullmatch(r"complete batch [\w-]{36} primary 2 of 2 legs stand", told[0])
    assert told[2].startswith("leg 0 BUY 50 FILL25NOV25800CE filled 50 at ")
    assert told[3].startswith("leg 1 BUY 50 REST25NOV26000CE accepted ")
    legs = bare(text)[2:4]
    assert legs[0].index("filled") == legs[1].index("accepted")
    assert max(map(len, bare(text))) <= 80


def test_the_way_out_and_what_remains_are_told(placed):
    """P10: what was flattened, why, and that nothing remains; of an exposure what, and how on."""
    status, text = placed(body("FILL1", "REFUSE2"), columns=160)
    told = seen(text)
    assert (status, told[0].split()[0]) == (3, "unwound")
    assert any(line.startswith("flatten 0 SELL 50 FILL1 LIMIT ") for line in told)
    assert told[-1] == "remains nothing"
    status, text = placed(body("FILL1", "REFUSE2", on_failure="cancel_open"), columns=160)
    told = seen(text)
    assert (status, told[-3]) == (5, "remains +50 FILL1 NFO NRML")
    assert told[-2].startswith("to try again: POST http://")
    assert told[-1].endswith("/acknowledge")


def test_while_it_runs_a_line_says_how_far_it_is(demo, tmp_path):
    """A mark a leg, how many are how, the time. P9: Ctrl-C takes it away and ends the waiting, not
    the batch: exit 6, where it is to be looked up, and the key that makes it no second one.
    """
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(body("FILL1", "GONE2", mode="sequential")))
    with terminal("batch", demo, "primary", path, "--idempotency-key", "k9", columns=90) as screen:
        screen.until("1 submitted")
        screen.interrupt()
        status, text = screen.end()
    drawn = [line for each in text.split("\r\x1b[K") for line in bare(each) if " of 120 s" in line]
    assert drawn[0].endswith(" of 120 s  sent; no word of it yet")
    assert any("  ●·  1 filled, 1 submitted" in line for line in drawn)
    assert max(map(len, drawn)) < 90
    (told,) = seen(text)
    assert (status, "Traceback" in text) == (6, False)
    assert told.startswith(f"stopped; the batch goes on: {demo}/accounts/primary/batch-orders/")
    assert told.endswith("ask again with --idempotency-key k9")


def test_a_refusal_is_told_field_by_field(placed):
    """Exit 1: each path beside its fault, one under the other."""
    status, text = placed({"orders": [leg(quantity=0), leg(order_type="LIMIT")]})
    told = seen(text)
    assert (status, told[0]) == (1, "refused with 422: the batch was refused, nothing was sent")
    assert [line.partition(":")[0] for line in told[1:]] == [
        *("$.orders[0].quantity", "$.orders[1].price"),
    ]


def test_a_dry_run_shows_margin_way_out_and_budget(placed):
    """Exit 0, and nothing is sent."""
    wanted = {"orders": [leg("FILL1"), leg("FILL2", transaction_type="SELL")]}
    status, text = placed(wanted | {"mode": "hedge_first"}, "--dry-run")
    told = seen(text)
    assert (status, told[0].startswith("dry run nothing was sent")) == (0, True)
    assert told[1:3] == ["1. leg 0 BUY 50 FILL1 MARKET", "2. leg 1 SELL 50 FILL2 MARKET"]
    starts = {line.partition(" ")[0] for line in told[3:]}
    assert starts == {"way", "margin", "budget"}


def test_neither_colours_nor_rows_are_for_everyone(placed):
    """`--no-color` gives rows without an escape, `--json` the answer as it came."""
    _, text = placed(body("FILL3"), "--no-color")
    assert "\x1b[1" not in text
    _, text = placed(body("FILL4"), "--json", "--no-color")
    assert json.loads(bare(text)[0])["outcome"] == "complete"
