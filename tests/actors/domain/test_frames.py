"""The frames that clients read, as the contract has them, letter by letter."""

import json

import pytest
from attrs import evolve
from wsproto.frame_protocol import FrameProtocol, Opcode

from actors.domain.books import AccountBook
from actors.domain.frames import (
    HEADS_MAX,
    OURS,
    PART_BYTES_MAX,
    Dialect,
    Heads,
    answer_frame,
    event_frame,
    framed,
    heartbeat_frame,
    snapshot_frames,
    texts_in,
)
from actors.domain.ids import AccountId, Epoch, LogPosition, Offset
from actors.domain.model import Draft
from actors.writer import number
from tests.actors.fakes import a_position, a_trade

from .given import NINE_FIFTEEN, an_order

PRIMARY = AccountId("primary")
EPOCH = Epoch("e1")
PLACE = LogPosition(EPOCH, Offset(41))


def an_event(value, kind="order_update", subject="1", after=0):
    """Give the event of a value."""
    (event,) = number([Draft(kind, PRIMARY, subject, value, NINE_FIFTEEN)], after=Offset(after))
    return event


def a_book(orders=0, trades=0, positions=0, **changes):
    """Give a book with so many rows."""
    book = AccountBook(PRIMARY)
    for n in range(orders):
        book.fold(an_event(an_order(order_id=str(n), **changes), "order_update", str(n)))
    for n in range(trades):
        book.fold(an_event(a_trade(str(n)), "trade_update", str(n)))
    for n in range(positions):
        book.fold(an_event(a_position(f"S{n}"), "position_update", f"S{n}"))
    return book


def test_an_event_frame_is_the_contracts():
    """P3: type, account, data, timestamp, epoch, offset and prev, and nothing else."""
    frame = json.loads(event_frame(an_event(an_order(), after=41), EPOCH, Offset(39)))
    data = frame.pop("data")
    assert frame == {
        "type": "order_update",
        "account_id": "primary",
        "timestamp": "2026-11-20T03:45:00.000Z",
        "epoch": "e1",
        "offset": 42,
        "prev": 39,
    }
    assert (data["order_id"], data["status"]) == ("230405000123456", "OPEN")


def test_the_bytes_of_the_store_are_the_bytes_on_the_wire():
    """P13: data is spliced in, the broker's digits included."""
    event = an_event(an_order())
    assert event.data.decode() in event_frame(event, EPOCH, Offset(0))


def test_a_heartbeat_says_where_and_after_what():
    """P3: `{"type":"heartbeat","epoch","offset","prev"}`."""
    assert json.loads(heartbeat_frame(PLACE, Offset(7))) == {
        "type": "heartbeat",
        "epoch": "e1",
        "offset": 41,
        "prev": 7,
    }


def test_an_answer_carries_the_id_that_the_client_gave():
    """P3: an answer has its position, and the client's `id` if there was one."""
    bare = {"type": "pong", "epoch": "e1", "offset": 41}
    assert json.loads(answer_frame("pong", PLACE, {})) == bare
    with_id = answer_frame("pong", PLACE, {"x": 1}, request_id="q7")
    assert json.loads(with_id) == {**bare, "x": 1, "id": "q7"}


def test_a_snapshot_has_every_row_at_one_position():
    """P4: orders, trades and positions of the day, numbered parts, one offset."""
    (frame,) = map(json.loads, snapshot_frames([a_book(2, 1, 1)], PLACE))
    data = frame.pop("data")
    assert frame == {
        "type": "snapshot",
        "account_id": "primary",
        "part": 1,
        "of": 1,
        "epoch": "e1",
        "offset": 41,
    }
    assert [order["order_id"] for order in data["orders"]] == ["0", "1"]
    assert [trade["trade_id"] for trade in data["trades"]] == ["0"]
    assert [position["tradingsymbol"] for position in data["positions"]] == ["S0"]


def test_a_large_day_comes_in_parts_that_fit():
    """P20: each frame is at most 256 KiB, and together they hold each row once, in order."""
    frames = snapshot_frames([a_book(900, 300, 300)], PLACE)
    assert len(frames) > 1
    assert all(len(frame.encode()) <= PART_BYTES_MAX for frame in frames)
    parts = list(map(json.loads, frames))
    assert [(part["part"], part["of"]) for part in parts] == [
        (n, len(parts)) for n in range(1, len(parts) + 1)
    ]
    orders = [order["order_id"] for part in parts for order in part["data"]["orders"]]
    assert orders == [str(n) for n in range(900)]
    assert sum(len(part["data"]["trades"]) for part in parts) == 300
    assert sum(len(part["data"]["positions"]) for part in parts) == 300


def test_a_row_larger_than_a_part_is_not_lost():
    """P4: one order with an endless word from the broker still comes, alone in its part."""
    book = a_book(3, status_message="x" * (PART_BYTES_MAX // 2 + 1))
    parts = [json.loads(frame) for frame in snapshot_frames([book], PLACE)]
    assert [len(part["data"]["orders"]) for part in parts] == [1, 1, 1]


def test_each_account_has_a_part_and_parts_are_counted_over_all():
    """P4: an account with nothing in it says so."""
    empty = evolve(a_book(), account_id=AccountId("hedge"))
    parts = [json.loads(frame) for frame in snapshot_frames([a_book(1), empty], PLACE)]
    assert [(p["account_id"], p["part"], p["of"]) for p in parts] == [
        ("primary", 1, 2),
        ("hedge", 2, 2),
    ]
    assert parts[1]["data"] == {"orders": [], "trades": [], "positions": []}


SHOUTED = Dialect(
    "shouted",
    head=lambda event, _epoch: f'{{"TYPE":"{event.type.upper()}","offset":{event.offset}',
    row=lambda kind, account_id, data: f'["{kind}","{account_id}",{data.decode()}]'.encode(),
)


def test_a_dialect_words_an_event_and_not_its_place():
    """P3: whatever the dialect, a frame ends with the `prev` of its reader."""
    frame = event_frame(an_event(an_order(), after=41), EPOCH, Offset(39), SHOUTED)
    assert json.loads(frame) == {"TYPE": "ORDER_UPDATE", "offset": 42, "prev": 39}


def test_a_dialect_words_the_rows_of_a_snapshot():
    """P4: a snapshot speaks as the frames after it do, and is cut by what it comes to."""
    rows = json.loads(snapshot_frames([a_book(1, 1, 1)], PLACE, SHOUTED)[0])["data"]
    assert [rows[name][0][:2] for name in ("orders", "trades", "positions")] == [
        ["order_update", "primary"],
        ["trade_update", "primary"],
        ["position_update", "primary"],
    ]
    long = evolve(SHOUTED, row=lambda *_: b'"%s"' % (b"x" * 100_000))
    frames = snapshot_frames([a_book(5)], PLACE, long)
    assert len(frames) == 3
    assert max(map(len, frames)) < PART_BYTES_MAX


def test_a_head_is_written_once_a_dialect_and_forgotten_in_time():
    """P20: what is kept for the next feed is bounded; what was forgotten is written again."""
    worded = []

    def head(event, epoch):
        worded.append(event.offset)
        return OURS.head(event, epoch)

    dialect, heads = evolve(OURS, head=head), Heads(EPOCH)
    events = [an_event(an_order(), after=n) for n in range(HEADS_MAX + 1)]
    for event in events:
        for prev in (0, event.offset - 1):
            wanted = event_frame(event, EPOCH, Offset(prev))
            assert heads.frame(event, Offset(prev), dialect) == wanted
            shouted = event_frame(event, EPOCH, Offset(prev), SHOUTED)
            assert heads.frame(event, Offset(prev), SHOUTED) == shouted
    assert worded == [event.offset for event in events]
    assert len(heads._written) <= HEADS_MAX
    heads.frame(events[0], Offset(0), dialect)
    assert worded[-1] == 1


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_text_is_framed_as_the_standard_has_it(size):
    """RFC 6455 §5.2: wsproto, which is not ours, reads each frame back, and so do we."""
    text = "é" * (size // 2) + "x" * (size % 2)
    client = FrameProtocol(client=True, extensions=[])
    client.receive_bytes(framed(text) * 2)
    found = list(client.received_frames())
    assert [(f.opcode, f.payload, f.message_finished) for f in found] == [
        (Opcode.TEXT, text, True)
    ] * 2 or "".join(f.payload for f in found) == text * 2
    assert list(texts_in(framed(text) + framed("next"))) == [text, "next"]
