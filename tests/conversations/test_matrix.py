import pytest

from .matrix import parse_matrix, read_matrix
from .pattern import match
from .script import Ledger, Unreadable
from .stories import FOLDER

HEAD = "on_failure cancel_and_flatten\n"
KINDS = {"REFUSE", "REJECT", "GONE", "LOST", "REST", "PARTIAL", "FILL", "LATE", "STUCK"}


def test_a_row_is_a_batch_its_answer_and_the_ledger():
    """The first leg buys, the second sells; the answer and the broker's ledger are as the row says."""
    (story,) = parse_matrix(
        "m.txt",
        HEAD + "  REFUSE + STUCK → exposed  legs rejected, filled  residual STUCK -10",
    )
    asked, *ledger = story.steps
    legs = [(leg["tradingsymbol"], leg["transaction_type"]) for leg in asked.body["orders"]]
    assert legs == [("REFUSEROW2A", "BUY"), ("STUCKROW2B", "SELL")]
    assert asked.body["on_failure"] == "cancel_and_flatten"
    rest = {"tradingsymbol": "STUCKROW2B", "exchange": "NFO", "product": "NRML", "quantity": -10}
    came = {
        "status": "failed",
        "outcome": "exposed",
        "pending": 0,
        "legs": [{"state": "rejected"}, {"state": "filled"}],
        "residual": [rest],
        "batch_id": "b",
    }
    match(asked.answer.body, came, {})
    assert ledger == [
        Ledger(2, "REFUSEROW2A", "BUY", 0, 0, is_over=True),
        Ledger(2, "STUCKROW2B", "SELL", 1, -10, is_over=True),
    ]
    assert story.is_long


@pytest.mark.parametrize(
    "row",
    [
        HEAD + "FILL → complete",
        HEAD + "FILL + → complete  legs stands  residual none",
        HEAD + "FILL + REST → complete  legs stands  residual none",
        HEAD + "FILL → complete  legs stands  residual some",
        "FILL → complete  legs stands  residual none",
    ],
)
def test_a_row_that_is_none_is_a_fault(row):
    """No row is passed over: one that cannot be read is told with its line."""
    with pytest.raises(Unreadable, match=r"^m\.txt:"):
        parse_matrix("m.txt", row)


def test_the_table_has_every_symbol_alone_and_every_pair():
    """P10: nothing that can become of one or two legs is left out, and no row stands twice."""
    titles = [story.title.partition(" ")[2] for story in read_matrix(FOLDER / "matrix.txt")]
    assert len(titles) == len(set(titles))
    whole = [title.split(" ", 1)[1] for title in titles if title.startswith("cancel_and_flatten ")]
    assert set(whole) == KINDS | {f"{one} + {two}" for one in KINDS for two in KINDS}
