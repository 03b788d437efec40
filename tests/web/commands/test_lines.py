import io

from rich.console import Console

from web.commands.lines import COLOURS, coloured, heading, json_line, row_of

FRAME = {
    "type": "order_update",
    "account_id": "primary",
    "timestamp": "2026-11-21T02:04:09.756Z",
    "data": {
        "status": "COMPLETE",
        "tradingsymbol": "NIFTY25NOVFUT",
        "transaction_type": "BUY",
        "quantity": 50,
        "filled_quantity": 20,
        "average_price": 19500.25,
        "price": 0,
        "tag": "desk-7",
    },
}


def console(*, colours):
    """A terminal of a hundred and ten columns."""
    return Console(file=io.StringIO(), width=110, force_terminal=colours, no_color=not colours)


def test_an_order_is_one_line_that_says_what_matters():
    """Time, account, state, side, how much of how much, symbol, price, in columns."""
    line = coloured(console(colours=False))(FRAME)
    assert line.split() == [
        *("02:04:09.756", "primary", "order", "COMPLETE", "BUY"),
        *("20/50", "NIFTY25NOVFUT", "19500.25", "desk-7"),
    ]
    head = heading(console(colours=False))
    assert head.index("SYMBOL") == line.index("NIFTY25NOVFUT")


def test_a_terminal_gets_colours():
    """A status that a person looks for stands out."""
    assert COLOURS["COMPLETE"] == "bold green"
    assert "\x1b[1;32mCOMPLETE" in coloured(console(colours=True))(FRAME)


def test_other_events_say_what_they_are_about():
    """Trades, positions, messages, streams and batches each have their words."""
    rows = {
        kind: row_of({"type": kind, "account_id": "a", "timestamp": "", "data": data})
        for kind, data in {
            "position_update": {"side": "long", "quantity": 5, "average_price": 0, "pnl": -2.5},
            "message": {"level": "error", "text": "the broker said no"},
            "stream_status": {"state": "down", "last_error": "gone"},
            "batch_update": {
                "outcome": "exposed",
                "status": "failed",
                "succeeded": 1,
                "total_orders": 2,
            },
        }.items()
    }
    assert rows["position_update"][2:] == ("position", "long", "", "5", "", "-2.5", "")
    assert rows["message"][2:4] == ("message", "error")
    assert rows["message"][-1] == "the broker said no"
    assert rows["stream_status"][2:4] == ("stream", "down")
    assert (rows["batch_update"][3], rows["batch_update"][5]) == ("exposed", "1/2")


def test_no_event_steers_a_terminal_or_breaks_a_line():
    """P19: control characters in a broker's words are blanks; a line is cut, never wrapped."""
    data = {"level": "info", "text": "a\x1b]0;mine\x07\nb" + "c" * 500}
    line = coloured(console(colours=False))({"type": "message", "data": data})
    assert line.count("\n") == 1
    assert "\x1b" not in line
    assert len(line) <= 111
    assert row_of({"type": ["x"], "data": "none"})[3:] == ("",) * 6


def test_a_frame_is_piped_as_it_came():
    """Digits stay as the gateway wrote them, and a frame is one line whatever white space it has."""
    assert json_line('{"price":\n19500.250}') == '{"price": 19500.250}\n'
