"""A feed frames each event once, keeps a bounded number, and gives them as runs of bytes."""

import json

import pytest

from actors.domain.frames import Heads, texts_in
from actors.domain.ids import Epoch, Offset
from actors.feed import FRAMES_MAX, RUN_MAX, Feed
from actors.writer import number

from .fakes import HEDGE, PRIMARY, a_draft
from .given_air import MESSAGES, TRADES


def a_feed(count=0, selection=MESSAGES, begin=0):
    """Give a feed with so many frames that began after an offset."""
    start = Offset(begin)
    feed = Feed(selection, Heads(Epoch("e1")), start, start, start)
    feed.extend(number([a_draft(n) for n in range(count)], after=start))
    return feed


def offsets(run):
    """Read the offsets off the wire."""
    return [json.loads(text)["offset"] for text in texts_in(run.wire)]


def test_a_run_is_what_follows_a_place():
    """P1: the frames after an offset, in order, with the `prev` of the first and where it ends."""
    feed = a_feed(5)
    run = feed.run(Offset(2))
    assert (offsets(run), run.prev, run.last, run.is_all) == ([3, 4, 5], 2, 5, True)
    assert feed.run(Offset(5)) is None
    assert feed.run(Offset(9)) is None


def test_a_run_is_bounded():
    """P20: at most RUN_MAX frames; one that is not all says so."""
    feed = a_feed(RUN_MAX + 1)
    run = feed.run(Offset(0))
    assert (run.last, run.is_all, len(offsets(run))) == (RUN_MAX, False, RUN_MAX)
    assert feed.run(run.last).is_all


def test_a_single_frame_is_shared_and_not_copied():
    """What a thousand sockets are sent is one piece of memory."""
    feed = a_feed(3)
    assert feed.run(Offset(2)).wire is feed.frames[-1].wire


def test_frames_are_bounded_and_who_is_further_back_is_told():
    """P20: the oldest half goes when there are too many; before the floor there is None."""
    feed = a_feed(FRAMES_MAX + 1)
    assert len(feed.frames) == FRAMES_MAX // 2
    assert feed.floor == feed.frames[0].prev
    assert feed.after(Offset(feed.floor - 1)) is None
    assert feed.run(Offset(feed.floor - 1)) is None
    assert feed.after(feed.floor)[0].offset == feed.floor + 1


def test_what_is_not_selected_is_looked_through():
    """`scanned` goes on over events of other types and accounts; no frame is made of them."""
    feed = a_feed(3, TRADES)
    assert (feed.scanned, feed.last, feed.frames) == (3, 0, [])


@pytest.mark.parametrize(("after", "upto", "found"), [(0, 9, [1, 2, 3]), (1, 2, [2]), (3, 3, [])])
def test_the_events_between_two_places(after, upto, found):
    """The second place is included, the first is not."""
    assert [e.offset for e in a_feed(3).events(Offset(after), upto=Offset(upto))] == found


def test_no_more_events_than_are_wanted():
    """P20: what is looked through at once is bounded by whoever looks."""
    assert [e.offset for e in a_feed(9).events(Offset(2), most=3)] == [3, 4, 5]


def test_accounts_are_selected():
    """P21: an event of another account makes no frame."""
    feed = a_feed(selection=TRADES)
    (event,) = number([a_draft(1, HEDGE)], after=Offset(0))
    feed.extend([event])
    assert feed.frames == []
    assert event.account_id != PRIMARY
