import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest
from actors.domain.ids import LogPosition
from actors.feed import Selection
from web.dialect import DIALECT, WORDS
from web.order_stream_wishes import read_event_types, read_stream_opening
from web.wishes import EVENT_TYPES, Opening

BOTH = frozenset({"primary", "hedge"})
TRADES = frozenset({"trade_update"})
NOTHING = frozenset()
ALL = frozenset(EVENT_TYPES)


def url(*pairs):
    """Give a URL's parameters."""
    return MultiDict(pairs)


def test_types_stand_one_by_one_in_a_url():
    """event_types is repeated, once for each; a repetition says nothing new."""
    args = url(*(("event_types", name) for name in ("OnTrades", "OnOrders", "OnTrades")))
    assert read_event_types(args) == ["OnTrades", "OnOrders"]
    assert read_event_types(url()) is None


@pytest.mark.parametrize(
    ("pair", "name"),
    [
        *((("event_types", "order_update"), "event_types"), (("event_types", ""), "event_types")),
        *((("event_types", "OnOrders,OnTrades"), "event_types"), (("types", "x"), "types")),
        (("account_id", "primary"), "account_id"),
    ],
)
def test_a_wrong_parameter_is_named(pair, name):
    """What is not known is refused by its name, right ones beside it or not."""
    with pytest.raises(BadRequest) as refusal:
        read_event_types(url(("event_types", "OnOrders"), pair))
    assert [fault.path for fault in refusal.value.faults] == [f"?{name}"]


def test_a_bare_url_hears_what_its_caller_usually_does():
    """With nothing said the caller's default holds, in this surface's dialect."""
    assert read_stream_opening(url(), BOTH, TRADES) == Opening(
        Selection(BOTH, TRADES, DIALECT), None, with_snapshot=False
    )
    assert read_stream_opening(url(), BOTH, NOTHING).selection.types == NOTHING


def test_a_url_may_say_what_it_wants():
    """event_types, since and snapshot are read; a default does not add to them."""
    args = url(("event_types", "OnOrders"), ("since", "e1:7"), ("account_id", "primary"))
    opening = read_stream_opening(args, BOTH, TRADES)
    assert opening.selection.types == frozenset({"order_update", "correction"})
    assert (opening.since, opening.with_snapshot) == (LogPosition("e1", 7), False)
    anew = read_stream_opening(url(("since", "e1:7"), ("snapshot", "true")), BOTH, TRADES)
    assert (anew.since, anew.with_snapshot) == (None, True)


@pytest.mark.parametrize(
    ("usual", "heard"), [(NOTHING, ALL), (TRADES, TRADES)], ids=["no default", "a default"]
)
def test_who_resumes_and_says_nothing_loses_nothing(usual, heard):
    """P4: what is passed over while nothing is subscribed could not be had again."""
    assert read_stream_opening(url(("since", "e1:7")), BOTH, usual).selection.types == heard


@pytest.mark.parametrize(
    ("name", "text"),
    [("since", "7"), ("snapshot", "yes"), ("policy", "every"), ("event_types", "x")],
)
def test_a_bad_parameter_of_the_socket_is_named(name, text):
    """The websocket's URL is held to the letter too."""
    with pytest.raises(BadRequest) as refusal:
        read_stream_opening(url((name, text)), BOTH, TRADES)
    assert refusal.value.faults[0].path == f"?{name}"


NAME = st.sampled_from(["event_types", "since", "snapshot", "account_id"]) | st.text(max_size=9)
TEXT = st.sampled_from([*WORDS.takes, "true", "e1:7"]) | st.text(max_size=9)


@given(st.lists(st.tuples(NAME, TEXT), max_size=5))
def test_any_url_is_an_opening_or_refused(pairs):
    """P19: whatever stands in a URL, it is one or the other."""
    try:
        opening = read_stream_opening(url(*pairs), BOTH, TRADES)
    except BadRequest as refusal:
        assert refusal.faults
    else:
        assert opening.selection.accounts == BOTH
