import json

from tests.web.client.test_place import event as frame_of_an_event
from web.client import Gap
from web.client.place import event_of, frame_of
from web.commands.lines import Screen, gap_line, json_line, row_of, time_of
from web.commands.paint import Paint, shown

ORDER = {
    "order_id": "261121000000062",
    "status": "COMPLETE",
    "tradingsymbol": "NIFTY25NOVFUT",
    "transaction_type": "BUY",
    "quantity": 50,
    "filled_quantity": 50,
    "average_price": 19500.25,
    "price": 0,
    "tag": "desk-7",
}


def told(kind="order_update", data=ORDER, at="2026-11-21T02:04:09.756Z"):
    """An event as a client has it."""
    frame = {"account_id": "primary", "timestamp": at, "data": data}
    text = json.dumps(frame)
    return event_of(kind, frame_of(text), "e1:7", text)


def screen(width=80):
    """A terminal without colours."""
    return Screen(Paint(), lambda: width)


def test_an_order_is_one_line_that_says_what_matters():
    """Time, account, kind, the end of its id, side, symbol, how much of how much, price, status."""
    head, day, line = screen().lines_of(told()).split("\n")
    assert line.split() == [
        *("07:34:09", "primary", "order", "…00062", "BUY"),
        *("NIFTY25NOVFUT", "50/50", "19500.25", "COMPLETE"),
    ]
    assert head.index("SYMBOL") == line.index("NIFTY25NOVFUT")
    assert day == "── Saturday, 21 November 2026, times in IST"


def test_where_there_is_room_the_line_says_more():
    """The time to the millisecond with its mark, the whole id, the tag."""
    line = screen(200).lines_of(told()).split("\n")[-1]
    assert line.startswith("07:34:09.756 IST primary")
    assert "261121000000062" in line
    assert line.endswith("desk-7")


def test_the_heading_comes_once_and_again_when_the_window_is_another():
    """So does the day, when it turns: at midnight in India."""
    widths = iter([80, 80, 80, 120])
    terminal = Screen(Paint(), lambda: next(widths))
    assert terminal.lines_of(told()).count("\n") == 2
    assert terminal.lines_of(told()).count("\n") == 0
    assert "22 November" in terminal.lines_of(told(at="2026-11-21T18:30:00.000Z"))
    assert "SYMBOL" in terminal.lines_of(told(at="2026-11-21T18:30:01.000Z"))


def test_a_status_has_its_colour():
    """What a person looks for stands out; a gain and a loss do, and so does a correction."""
    assert row_of(told()).styles["status"] == "good"
    assert row_of(told(data=ORDER | {"status": "REJECTED"})).styles["status"] == "bad"
    assert row_of(told("position_update", {"pnl": -3})).styles["price"] == "loss"
    corrected = row_of(told("correction"))
    assert corrected.styles["kind"] == "strange"
    assert corrected.cells["note"] == "the broker insists on it, desk-7"


def test_each_kind_has_its_own_words():
    """Trades and positions have columns; messages, streams and batches say what they say."""
    assert row_of(told("trade_update")).cells["kind"] == "trade"
    assert row_of(told("position_update")).cells["kind"] == "position"
    assert row_of(told("message", {"level": "info", "text": "well"})).words[1][0] == "  well"
    assert row_of(told("stream_status", {"state": "live"})).words[0] == ("● live", "good")
    batch = row_of(told("batch_update", {"batch_id": "7c0d91aa-1", "outcome": "unwound"}))
    assert (batch.cells["id"], batch.words[0]) == ("7c0d91", ("unwound", "warn"))


def test_no_event_steers_a_terminal_or_breaks_a_line():
    """P19: control characters in a broker's words are blanks; a line is cut, never wrapped."""
    data = {"level": "info", "text": "a\x1b]0;mine\x07\nb" + "c" * 500, "order_id": "\x1b[2J"}
    line = screen(110).lines_of(told("message", data)).split("\n")[2]
    assert "\x1b" not in line
    assert len(line) <= 110
    assert shown("a\x9b\u2028b") == "a  b"


def test_an_event_of_a_strange_shape_is_a_line_as_far_as_it_goes():
    """P19: whatever a gateway sends, a person gets a line and no traceback."""
    for kind in ("order_update", "stream_status", "batch_update", "position_update", "news"):
        for data in ({}, {"status": [1], "pnl": "x", "residual": [1], "halted": 3, "quantity": {}}):
            assert screen().lines_of(told(kind, data, at="noon"))


def test_a_time_is_the_desks():
    """India's, a fixed +05:30; what is no time is none."""
    assert f"{time_of('2026-11-21T18:30:00.000Z'):%d %H:%M %Z}" == "22 00:00 IST"
    assert [time_of(text) for text in ("", "noon", "2026-11-21T18:30:00")] == [None] * 3


def test_a_frame_is_piped_as_it_came():
    """Digits stay as the gateway wrote them, and a frame is one line whatever white space it has."""
    assert json_line('{"price":\n19500.250}') == '{"price": 19500.250}\n'
    assert json_line(frame_of_an_event(1, 0)) == frame_of_an_event(1, 0) + "\n"


def test_a_gap_has_its_reason_and_where_it_ends():
    """One line, with what the gateway said."""
    assert gap_line(Gap({}, "e:7", "expired")) == (
        "missed: the record could not be gone on with (expired); from e:7 on"
    )
