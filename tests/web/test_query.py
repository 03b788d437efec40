import pytest
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest
from web.query import LIMIT, Page, asked_once, read_page


def test_a_page_has_its_defaults():
    """Without a word a page is the newest 100 rows."""
    assert read_page(MultiDict(), filters=()) == Page(LIMIT, None, None, None)


def test_a_page_is_read():
    """Each parameter has its place."""
    args = MultiDict({"limit": "5", "before": "17", "status": "OPEN", "symbol": "M&M"})
    assert read_page(args, filters=("status", "symbol")) == Page(5, 17, "OPEN", "M&M")


@pytest.mark.parametrize("text", ["", "1.0", "+1", " 1", "1e3", "٣", "9" * 19, "1001", "0"])
def test_a_limit_is_a_whole_number_within_bounds(text):
    """P19: what is no number, or too many digits of one, is a fault and nothing else."""
    with pytest.raises(BadRequest) as refusal:
        read_page(MultiDict({"limit": text}), filters=())
    assert refusal.value.faults[0].path == "?limit"


def test_every_parameter_at_fault_is_named():
    """Unknown and doubled parameters are all told at once."""
    with pytest.raises(BadRequest) as refusal:
        asked_once(MultiDict([("a", "1"), ("b", "1"), ("b", "2"), ("c", "1")]), ("b", "c"))
    assert [fault.path for fault in refusal.value.faults] == ["?a", "?b"]
