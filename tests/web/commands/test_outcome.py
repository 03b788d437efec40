from decimal import Decimal

import pytest

from web.commands import outcome
from web.commands.paint import Paint

LEG = {"index": 0, "transaction_type": "BUY", "quantity": 50, "tradingsymbol": "FILL1"}
LEGS = [
    LEG
    | {"state": "filled", "filled_quantity": 50, "average_price": Decimal("610.50")}
    | {"order_id": "12", "error": None},
    LEG
    | {"index": 1, "tradingsymbol": "REFUSE2", "state": "rejected", "filled_quantity": 0}
    | {"order_id": None, "error": "the broker refused it"},
]
BATCH = {
    "status": "failed",
    "outcome": "exposed",
    "batch_id": "7c0d",
    "total_orders": 2,
    "succeeded": 0,
    "cause": "leg 1 failed",
    "legs": LEGS,
    "rollback": [
        {"action": "flatten", "of": 0, "state": "cancelled", "order_id": "13"}
        | {"order": LEG | {"transaction_type": "SELL", "order_type": "MARKET"}}
    ],
    "residual": [
        {"tradingsymbol": "FILL1", "exchange": "NFO", "product": "NRML", "quantity": 50},
        {"tradingsymbol": "X", "exchange": "NSE", "product": "MIS", "quantity": -5},
    ],
}


EXPOSED = [
    "exposed batch 7c0d",
    "something remains in the market, against the wish",
    "leg 0 BUY 50 FILL1 filled 50 at 610.50 12",
    "leg 1 BUY 50 REFUSE2 rejected",
    "the broker refused it",
    "flatten 0 SELL 50 FILL1 MARKET cancelled 13",
    "why leg 1 failed",
    "remains +50 FILL1 NFO NRML",
    "remains -5 X NSE MIS",
]


def lines_of(document, width=80, orders=()):
    """What came of a batch, without colours."""
    return list(outcome.lines_of(document, Paint(), width, orders))


def squeezed(lines):
    """Lines without the spaces that make columns of them."""
    return [" ".join(line.split()) for line in lines]


def test_a_batch_is_told_line_by_line():
    """Its outcome, each leg and why it failed, each step of the way out, and what remains."""
    assert squeezed(lines_of(BATCH)) == EXPOSED


def test_columns_stand_under_each_other():
    """A person's eye goes down one column, also through the way out."""
    lines = lines_of(BATCH)
    words = zip((lines[2], lines[3], lines[5]), ("filled", "rejected", "cancelled"), strict=True)
    assert len({line.index(word) for line, word in words}) == 1


@pytest.mark.parametrize("width", [50, 64, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    """The terms go first, then the ids; what is long stands below, wrapped under itself."""
    legs = [leg | {"order_type": "LIMIT", "price": 12345, "order_id": "1" * 15} for leg in LEGS]
    batch = BATCH | {"legs": legs, "cause": "word " * 40}
    told = [line for line in lines_of(batch, width)[2:] if "remains" not in line]
    assert max(map(len, told)) <= width
    assert ("LIMIT 12345.00" in told[0]) == (width == 120)


def test_what_was_cleared_says_by_what():
    """An exposure that nobody needs to look at any more is told as such."""
    lines = squeezed(lines_of(BATCH | {"cleared_by": "acknowledged", "cleared_at": "noon"}))
    assert lines[-1] == "cleared acknowledged noon"


@pytest.mark.parametrize(
    ("outcome", "remains"),
    [
        ("complete", None),
        ("kept", None),
        ("unwound", "remains nothing"),
        ("rolled_back_clean", "remains nothing"),
        ("rejected_clean", "remains nothing"),
        ("exposed", "remains an order is open"),
    ],
)
def test_what_remains_is_said_plainly(outcome, remains):
    """P10: also that nothing does; of legs that are to stand it is not said that they remain."""
    told = squeezed(lines_of({"outcome": outcome, "succeeded": 1, "total_orders": 2}))
    assert ("1 of 2 legs stand" in told[0]) == (remains is None)
    assert told[-1] == remains or (remains is None and len(told) == 2)


def test_an_outcome_has_its_colour():
    """An exposure is an alarm."""
    paint = Paint({"alarm": ("<", ">"), "bad": ("[", "]")})
    lines = list(outcome.lines_of(BATCH, paint, 80))
    assert lines[0].startswith("<exposed>")
    assert "[rejected]" in lines[3]
    assert lines[-1].endswith("[-5 X NSE MIS]")


def test_a_dry_run_says_what_would_be_sent():
    """The legs in their turn, the orders that would unwind them, margin and budget."""
    run = {
        "status": "dry_run",
        "account_id": "primary",
        "margin": {"required": 1200, "available": Decimal(5000)},
        "mode": "sequential",
        "on_failure": "keep",
        "total_orders": 2,
        "calls": 6,
        "stages": [[0], [1]],
        "way_out": [LEG | {"transaction_type": "SELL", "order_type": "LIMIT", "price": 592}],
    }
    orders = [LEG | {"order_type": "MARKET"}]
    assert squeezed(lines_of(run, orders=orders)) == [
        "dry run nothing was sent primary 2 legs sequential, keep",
        "1. leg 0 BUY 50 FILL1 MARKET",
        "2. leg 1",
        "way out SELL 50 FILL1 LIMIT 592.00",
        "margin 1200.00 of 5000.00",
        "budget 6 calls to the broker, the way out among them",
    ]
    short = run | {"margin": {"required": 5001, "available": 5000}, "stages": [[0, 1]]}
    told = squeezed(lines_of(short))
    assert told[1] == "leg 0"
    assert told[-2] == "margin 5001.00 of 5000.00: not enough"


def test_a_refusal_names_each_fault_by_its_path():
    """What the gateway said, and where; messages stand under each other, wrapped."""
    errors = [
        {"path": "$.a", "message": "no\x1b[2J"},
        {"path": "$.orders[0].price", "message": "word " * 20},
    ]
    problem = {"detail": "nothing was sent", "errors": errors}
    lines = list(outcome.fault_lines(422, problem, Paint(), 80))
    assert lines[:2] == ["refused with 422: nothing was sent", "  $.a:               no [2J"]
    assert lines[2].startswith("  $.orders[0].price: word")
    assert lines[3].startswith(" " * 21 + "word")
    assert max(map(len, lines)) <= 80
    assert list(outcome.fault_lines(500, {}, Paint(), 80)) == ["refused with 500: no word of why"]


def test_an_answer_of_a_strange_shape_is_told_as_far_as_it_goes():
    """P19: whatever a server sends, a person gets lines and no traceback."""
    for strange in (
        {},
        {"legs": 1},
        {"legs": [1, {}], "rollback": [{"of": [1], "order": 3}]},
        {"status": "dry_run", "stages": [1], "margin": {"required": "x", "available": {}}},
        {"status": "dry_run", "stages": {}, "way_out": [{"price": "x", "quantity": 1.5}]},
    ):
        assert lines_of(strange | {"residual": [{"quantity": "x"}]})


def test_a_margin_that_is_not_known_is_told_with_the_reason():
    """Neither a number nor silence stands for it; a broker that names no purse has none shown."""
    run = {"status": "dry_run", "margin": None, "margin_error": "the broker did not answer"}
    assert squeezed(lines_of(run))[1] == "margin not known: the broker did not answer"
    assert squeezed(lines_of(run | {"margin": {"required": 7}}))[1] == "margin 7.00"
