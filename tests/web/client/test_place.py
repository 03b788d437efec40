import json
from decimal import Decimal

import pytest

from web.client.place import Event, Gap, Hole, Place, Snapshot, chosen


def event(offset, prev, epoch="e1", **data):
    """An event frame."""
    frame = {"type": "order_update", "account_id": "primary", "data": data, "timestamp": "t"}
    return json.dumps({**frame, "epoch": epoch, "offset": offset, "prev": prev})


def established(offset, epoch="e1", **more):
    """The first frame of a connection."""
    return json.dumps({"type": "connection_established", "epoch": epoch, "offset": offset, **more})


def part(number, of, offset, account="primary", epoch="e1", **data):
    """A part of a snapshot."""
    frame = {"type": "snapshot", "account_id": account, "part": number, "of": of, "data": data}
    return json.dumps({**frame, "epoch": epoch, "offset": offset})


def test_each_event_is_given_once():
    """P4: an event at or before the place that was reached is not given again."""
    place = Place()
    assert place.take(established(4)) is None
    given = place.take(event(5, 4, order_id="1"))
    assert (given.type, given.account_id, given.position) == ("order_update", "primary", "e1:5")
    assert given.data == {"order_id": "1"}
    assert place.take(event(5, 4)) is None
    assert (place.since, Place().since) == ("e1:5", None)


def test_money_has_the_digits_that_came():
    """A price is a Decimal, not a float near it."""
    place = Place.of("e1:4")
    text = event(5, 4).replace("{}", '{"price": 19500.10}')
    assert str(place.take(text).data["price"]) == "19500.10"
    assert isinstance(place.take(event(6, 5, price=1.5)).data["price"], Decimal)


def test_answers_and_heartbeats_move_the_place_and_are_not_given():
    """A position is the greatest offset that any frame gave."""
    place = Place.of("e1:5")
    beat = {"type": "heartbeat", "epoch": "e1", "offset": 9, "prev": 5}
    assert place.take(json.dumps(beat)) is None
    assert place.take(json.dumps({"type": "pong", "epoch": "e1", "offset": 10})) is None
    assert place.take('{"type": "error", "message": "what?"}') is None
    assert place.since == "e1:10"


@pytest.mark.parametrize(
    "frame",
    [
        event(9, 8),
        event(6, 5, epoch="e2"),
        '{"type":"heartbeat","epoch":"e1","offset":9,"prev":8}',
    ],
)
def test_a_hole_is_seen(frame):
    """P3: a `prev` beyond the place, or another epoch with no greeting, is a hole; the place stays."""
    place = Place.of("e1:5")
    with pytest.raises(Hole, match="missed"):
        place.take(frame)
    assert (place.since, place.wants_snapshot) == ("e1:5", False)


def test_who_sees_a_hole_again_wants_a_snapshot():
    """P4: first the record is asked for what is missing; if that has a hole too, for all that stands."""
    place = Place.of("e1:5")
    for _ in range(2):
        place.take(established(5, recovered=True))
        with pytest.raises(Hole):
            place.take(event(9, 8))
    assert place.wants_snapshot
    place.take(established(12))
    assert place.since == "e1:5"
    gap = place.take(part(1, 1, 12, orders=[{"order_id": "1"}]))
    assert (gap.reason, gap.position, place.wants_snapshot) == ("missed", "e1:12", False)


def test_what_cannot_be_resumed_is_a_gap_with_all_that_stands():
    """P4: the reason, the books of each account, and the place that events follow from."""
    place = Place.of("e1:5")
    place.take(established(2, epoch="e2", recovered=False, reason="epoch"))
    assert place.take(part(1, 3, 2, epoch="e2", orders=[{"order_id": "1"}])) is None
    assert place.take(part(2, 3, 2, epoch="e2", orders=[{"order_id": "2"}], odd=[1])) is None
    gap = place.take(part(3, 3, 2, "hedge", "e2", orders=[], trades=[{"trade_id": "t"}]))
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.position, place.since) == ("epoch", "e2:2", "e2:2")
    assert [row["order_id"] for row in gap.books["primary"].orders] == ["1", "2"]
    assert gap.books["hedge"].trades == [{"trade_id": "t"}]
    assert isinstance(place.take(event(3, 2, epoch="e2")), Event)


def test_half_a_snapshot_moves_nothing():
    """P4: who loses the line in the middle of a snapshot comes back with the old place, for all of it."""
    place = Place.of("e1:5")
    place.take(established(9, recovered=False, reason="expired"))
    place.take(part(1, 2, 9, orders=[{"order_id": "1"}]))
    assert place.since == "e1:5"
    place.take(established(9, recovered=False, reason="expired"))
    place.take(part(1, 2, 9, orders=[{"order_id": "1"}]))
    gap = place.take(part(2, 2, 9, trades=[]))
    assert [row["order_id"] for row in gap.books["primary"].orders] == ["1"]


def test_a_snapshot_that_was_asked_for_is_no_gap():
    """With `snapshot` the beginning is a Snapshot: nothing was lost."""
    place = Place.of(None, wants_snapshot=True)
    place.take(established(3))
    first = place.take(part(1, 1, 3, orders=[]))
    assert (type(first), first.position) == (Snapshot, "e1:3")
    assert place.take(part(1, 1, 4, orders=[])) is None


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, b"\xff", '{"epoch": 1}'])
def test_a_frame_that_is_none_says_nothing(text):
    """P19: whatever a gateway sends, the client does not fall over it."""
    place = Place.of("e1:5")
    assert place.take(text) is None
    assert place.since == "e1:5"


@pytest.mark.parametrize("text", ["", "e1", "e1:", ":5", "e1:x", "e1:-1"])
def test_what_is_no_place_is_refused(text):
    """A place is EPOCH:OFFSET, as a frame gave it."""
    with pytest.raises(ValueError, match="EPOCH:OFFSET"):
        Place.of(text)


@pytest.mark.parametrize("names", ["primary", ["a,b"], [""]])
def test_what_is_no_list_of_names_is_refused(names):
    """A text where a list is meant would be read letter by letter."""
    with pytest.raises(ValueError, match="accounts"):
        chosen(names, "accounts")
    assert chosen(["a", "b"], "accounts") == "a,b"
