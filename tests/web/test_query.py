import pytest
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest
from actors.domain.ids import LogPosition
from web.query import LIMIT, Page, asked_once, read_at, read_page


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


def test_at_is_an_offset_or_a_whole_position():
    """A bare offset is one of the present epoch; where nothing is said it is now."""
    assert read_at({"at": "17"}, "e1") == LogPosition("e1", 17)
    assert read_at({"at": "e0:17"}, "e1") == LogPosition("e0", 17)
    assert read_at({}, "e1") is None
    assert read_page(MultiDict({"at": "17"}), filters=(), epoch="e1").at == LogPosition("e1", 17)


@pytest.mark.parametrize("text", ["", "x", "-1", ":5", "e1:", "e1:x", "1.5", "٣", "9" * 19])
def test_at_that_is_no_place_is_a_fault(text):
    """P19: what is neither an offset nor a position is a fault that names the parameter."""
    with pytest.raises(BadRequest) as refusal:
        read_at({"at": text}, "e1")
    assert [fault.path for fault in refusal.value.faults] == ["?at"]


def test_a_list_that_has_no_past_takes_no_at():
    """Where the epoch is not given, `at` is a parameter like any that is not known."""
    with pytest.raises(BadRequest, match="not a parameter here"):
        read_page(MultiDict({"at": "17"}), filters=())
