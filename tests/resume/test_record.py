import json

import pytest

from tests.sim.checkers import Broken

from .reading import Ended, Events, Frames, ask_events, ask_socket, say
from .record import Chosen, Keeper, Record, Stretch, compare, rows_of

BOTH = Chosen(("a", "b"))


def event(offset, prev, account="a", kind="order_update", epoch="e"):
    """An event frame, as it is written."""
    return (
        f'{{"type":"{kind}","account_id":"{account}","data":{{"n":{offset}}},'
        f'"epoch":"{epoch}","offset":{offset},"prev":{prev}}}'
    )


def greeting(offset, recovered=True):
    """The first frame."""
    frame = {"type": "connection_established", "recovered": recovered, "epoch": "e"}
    return json.dumps(frame | {"offset": offset}, separators=(",", ":"))


def page(*rows):
    """A page of `/events`."""
    return '{"status":"success","data":[' + ",".join(rows) + '],"next":"e:9","more":false}'


def a_keeper(*frames, position=0, chosen=BOTH):
    """A client on one connection."""
    keeper = Keeper("c", "e", position)
    keeper.begin(chosen)
    for frame in (greeting(position), *frames):
        keeper.take(frame)
    return keeper


def a_record():
    """Five events of two accounts."""
    record = Record()
    record.take_page(
        page(event(1, 0), event(2, 1, "b"), event(3, 2), event(4, 3, "b", "message"), event(5, 4))
    )
    return record


def test_a_whole_record_is_whole():
    """P4: what was given by pieces, under changing choices, is what the record says."""
    keeper = a_keeper(event(1, 0), event(2, 1, "b"))
    keeper.begin(Chosen(("b",), ("message",)))
    for frame in (greeting(2), event(4, 2, "b", "message")):
        keeper.take(frame)
    answer = {"type": "subscribed", "types": ["order_update"], "accounts": ["a"], "epoch": "e"}
    keeper.take(json.dumps(answer | {"offset": 4}, separators=(",", ":")))
    keeper.take(event(5, 4))
    assert compare(keeper, a_record()) == 4
    assert (keeper.resumed, keeper.largest, keeper.since) == (2, 2, "e:5")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda keeper: keeper.offsets.pop(0) and keeper.sums.pop(0),
        lambda keeper: keeper.offsets.append(9) or keeper.sums.append(9),
        lambda keeper: keeper.sums.__setitem__(1, 7),
        lambda keeper: keeper.stretches.append(Stretch(BOTH, 3, 4)),
    ],
)
def test_a_missing_a_doubled_and_an_altered_event_are_seen(spoil):
    """The proof would notice: one event too few, one too many, one with other bytes."""
    keeper = a_keeper(event(1, 0), event(2, 1, "b"), event(3, 2))
    compare(keeper, a_record())
    spoil(keeper)
    with pytest.raises(Broken, match="P4"):
        compare(keeper, a_record())


@pytest.mark.parametrize(
    "frame",
    [
        event(4, 3),
        event(2, 1),
        event(1, 0),
        event(3, 2, epoch="f"),
        greeting(2, recovered=False),
        greeting(3),
        '{"type":"heartbeat","prev":3,"epoch":"e","offset":4}',
        '{"type":"snapshot","epoch":"e","offset":4}',
    ],
)
def test_what_may_not_follow_is_seen(frame):
    """P1, P3, P4, P5: a hole, a repetition, another epoch, a place that is not the one given."""
    keeper = a_keeper(event(2, 1), position=1)
    with pytest.raises(Broken):
        keeper.take(frame)


def test_a_hole_in_the_pages_is_seen():
    """P3: pages are chained by `prev` as frames are."""
    record = a_record()
    with pytest.raises(Broken, match="P3"):
        record.take_page(page(event(7, 6)))


def test_rows_are_read_as_they_are_written():
    """Each row's own text, with what looks like an end inside it."""
    rows = ['{"a":"}],{"}', '{"b":[1,{"c":2}]}']
    assert list(rows_of(page(*rows))) == rows
    assert list(rows_of(page())) == []


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_both_streams_are_read_however_they_are_cut(step):
    """Texts come out whole, whatever pieces the bytes come in."""
    long = "x" * 70_000
    socket = b"HTTP/1.1 101 x\r\n\r\n\x81\x02hi\x89\x01p\x81\x7e\x00\x80" + b"y" * 128
    socket += b"\x81\x7f" + len(long).to_bytes(8, "big") + long.encode()
    assert fed(Frames(), socket, step) == ["hi", "y" * 128, long]
    body = b"retry: 1\nid: e:1\nevent: x\ndata: one\n\n: quiet\nid: e:2\ndata: two\n\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:30], body[30:]))
    events = Events()
    assert fed(events, b"HTTP/1.1 200 OK\r\n\r\n" + chunks, step) == ["one", "two"]
    assert events.last_id == "e:2"


def fed(reader, data, step):
    """What a reader gives of bytes that come in pieces."""
    return [text for at in range(0, len(data), step) for text in reader.feed(data[at : at + step])]


@pytest.mark.parametrize(
    ("reader", "data"),
    [
        (Frames(), b"HTTP/1.1 401 x\r\n\r\n"),
        (Frames(), b"HTTP/1.1 101 x\r\n\r\n\x88\x02\x03\xf4"),
        (Events(), b"HTTP/1.1 503 x\r\n\r\n"),
        (Events(), b"HTTP/1.1 200 x\r\n\r\n0\r\n\r\n"),
    ],
)
def test_an_end_and_a_refusal_are_told(reader, data):
    """A close, a last chunk and another status end a stream."""
    with pytest.raises(Ended):
        list(reader.feed(data))


def test_what_is_asked_is_well_formed():
    """Heads end with an empty line; a wish is a masked frame."""
    assert ask_socket("h:1", "/p").endswith(b"\r\n\r\n")
    assert b"Last-Event-ID: e:1\r\n" in ask_events("h:1", "/p", "e:1")
    assert b"Last-Event-ID" not in ask_events("h:1", "/p")
    assert say({"action": "x"})[:2] == b"\x81\x8f"
    assert say({"action": "x" * 200})[:2] == b"\x81\xfe"
