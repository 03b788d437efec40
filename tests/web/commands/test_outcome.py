from decimal import Decimal

from web.commands.outcome import fault_lines, lines_of

LEG = {"index": 0, "transaction_type": "BUY", "quantity": 50, "tradingsymbol": "FILL1"}
BATCH = {
    "status": "failed",
    "outcome": "exposed",
    "batch_id": "7c0d",
    "total_orders": 2,
    "succeeded": 0,
    "legs": [
        LEG
        | {"state": "filled", "filled_quantity": 50, "average_price": Decimal("610.50")}
        | {"order_id": "12", "error": None},
        LEG
        | {"index": 1, "tradingsymbol": "REFUSE2", "state": "rejected", "filled_quantity": 0}
        | {"order_id": None, "error": "the broker refused it"},
    ],
    "rollback": [{"action": "flatten", "of": 0, "state": "cancelled", "order_id": "13"}],
    "residual": [
        {"tradingsymbol": "FILL1", "exchange": "NFO", "product": "NRML", "quantity": 50},
        {"tradingsymbol": "X", "exchange": "NSE", "product": "MIS", "quantity": -5},
    ],
}


def squeezed(lines):
    """Lines without the spaces that make columns of them."""
    return [" ".join(line.split()) for line in lines]


def test_a_batch_is_told_line_by_line():
    """Its outcome, each leg and why it failed, each step of the way out, and what is left."""
    assert squeezed(lines_of(BATCH)) == [
        "failed exposed batch 7c0d 0 of 2 legs succeeded",
        "leg 0 BUY 50 FILL1 filled 50 at 610.50 order 12",
        "leg 1 BUY 50 REFUSE2 rejected: the broker refused it",
        "flatten of leg 0 cancelled order 13",
        "left +50 FILL1 NFO NRML",
        "left -5 X NSE MIS",
    ]


def test_columns_stand_under_each_other():
    """A person's eye goes down one column."""
    lines = list(lines_of(BATCH))
    assert (
        len({line.index(word) for line, word in zip(lines[1:3], ("filled", "reje"), strict=True)})
        == 1
    )


def test_what_was_cleared_says_by_what():
    """An exposure that nobody needs to look at any more is told as such."""
    lines = squeezed(lines_of(BATCH | {"cleared_by": "acknowledged", "cleared_at": "noon"}))
    assert lines[-1] == "cleared acknowledged noon"


def test_a_dry_run_says_what_would_be_sent():
    """The stages in their turn, and the orders that would unwind it."""
    run = {
        "status": "dry_run",
        "margin": {"required": 1200, "available": 5000},
        "mode": "sequential",
        "total_orders": 2,
        "calls": 6,
        "stages": [[0], [1]],
        "way_out": [LEG | {"transaction_type": "SELL", "order_type": "LIMIT", "price": 592}],
    }
    assert squeezed(lines_of(run)) == [
        "dry run: nothing was sent 2 orders sequential 6 calls",
        "stage 1 legs 0",
        "stage 2 legs 1",
        "margin 1200 of 5000",
        "way out SELL 50 FILL1 LIMIT at 592",
    ]


def test_a_refusal_names_each_fault_by_its_path():
    """What the gateway said, and where."""
    problem = {"detail": "nothing was sent", "errors": [{"path": "$.a", "message": "no\x1b[2J"}]}
    assert list(fault_lines(422, problem)) == [
        "refused with 422: nothing was sent",
        "  $.a: no [2J",
    ]
    assert list(fault_lines(500, {})) == ["refused with 500: no word of why"]


def test_an_answer_of_a_strange_shape_is_told_as_far_as_it_goes():
    """P19: whatever a server sends, a person gets lines and no traceback."""
    for strange in ({}, {"legs": 1}, {"legs": [1, {}]}, {"status": "dry_run", "stages": [1]}):
        assert list(lines_of(strange | {"residual": [{"quantity": "x"}]}))


def test_a_margin_that_is_not_known_is_told_with_the_reason():
    """Neither a number nor silence stands for it; a broker that names no purse has none shown."""
    run = {"status": "dry_run", "margin": None, "margin_error": "the broker did not answer"}
    assert squeezed(lines_of(run))[1] == "margin not known the broker did not answer"
    assert squeezed(lines_of(run | {"margin": {"required": 7}}))[1] == "margin 7"
