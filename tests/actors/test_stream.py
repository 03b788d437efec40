"""An account's stream: held open, and given up on only for a pause."""

import math
from datetime import UTC, datetime

import pytest
import trio

from actors.agenda import period_s
from actors.domain.errors import (
    BrokerUnreachable,
    DecodeError,
    Fault,
    NeedsLogin,
    StreamLost,
)
from actors.domain.ids import OrderId
from actors.domain.model import Note, OrderReport
from actors.stream import DOUBT_PAUSE_S, LOGIN_PAUSE_S

from .broker import FakeUpstream
from .fakes import a_config, a_row, a_trade
from .given_stream import Line, at_work, gaps

LOST = StreamLost("the line is down")
NOON = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


async def test_connecting_resyncing_live(autojump_clock):
    """P7: on every connect the whole day is asked for before the account is called live."""
    line = Line()
    line.broker.show(a_row("1"))
    line.broker.answer_s = 0.5
    assert not line.stream.reconciled_once.is_set()
    async with at_work(line, for_s=2):
        assert line.states() == ["connecting", "resyncing", "live"]
        assert line.stream.status.connected
        assert line.stream.status.reconnects == 0
        assert line.stream.reconciled_once.is_set()
        assert line.orders() == {"1": ("OPEN", 0)}


async def test_ready_means_that_the_first_day_is_durable(autojump_clock):
    """P5: an account has reconciled only when what it found can be read."""
    line = Line()
    line.broker.show(*(a_row(str(n)) for n in range(700)))
    line.record.disk.pause_s = 5
    async with at_work(line, for_s=0):
        with trio.fail_after(60):
            await line.stream.reconciled_once.wait()
        assert len(line.orders()) == 700


async def test_reports_become_events_as_they_come(autojump_clock):
    """P2: what the stream says is told once."""
    line = Line()
    async with at_work(line):
        line.broker.push(a_row("1"), a_row("1"))
        line.broker.push()
        line.broker.push(a_row("1", "COMPLETE", filled_quantity=50))
        await trio.sleep(0.1)
        assert [order.status for order in line.record.told("order_update")] == ["OPEN", "COMPLETE"]


async def test_a_lost_stream_is_opened_again_and_the_gap_is_filled(autojump_clock):
    """P7: what happened while nobody listened is found by the snapshot after the connect."""
    line = Line()
    line.broker.show(a_row("1"))
    async with at_work(line):
        line.broker.show(a_row("1", "COMPLETE", filled_quantity=50), a_row("2"))
        line.broker.push(LOST)
        await trio.sleep(3)
        assert line.state == "live"
        assert line.stream.status.reconnects == 1
        assert line.stream.status.last_error == "the line is down"
        assert line.orders() == {"1": ("COMPLETE", 50), "2": ("OPEN", 0)}
    assert line.states() == ["connecting", "resyncing", "live", "connecting", "resyncing", "live"]


async def test_failed_attempts_back_off_from_a_second_to_a_minute(autojump_clock):
    """No storm: the pauses double, up to a minute, each shortened by at most a half."""
    line = Line()
    line.broker.cannot_open = LOST
    async with at_work(line, for_s=600):
        pauses = gaps(line.broker.times("stream"))
        for n, pause in enumerate(pauses):
            most = min(2.0**n, 60.0)
            assert most / 2 <= pause <= most
        assert line.state == "down"
    assert line.states() == ["connecting", "down"]


async def test_only_a_stream_that_lived_starts_the_back_off_again(autojump_clock):
    """One that is let in and thrown out at once is a failure like any other."""
    line = Line()

    async def throw_out_after(seconds, times):
        for _ in range(times):
            while line.broker._push is None:
                await trio.sleep(0.01)
            await trio.sleep(seconds)
            line.broker.push(LOST)
            await trio.sleep(0.05)

    async with at_work(line):
        await throw_out_after(1, 6)
        short = gaps(line.broker.times("stream"))
        assert short[-1] > 9
        await throw_out_after(11, 3)
        assert max(gaps(line.broker.times("stream"))[-2:]) < 11 + 2.1


@pytest.mark.parametrize("where", ["stream", "questions"])
async def test_refused_credentials_make_no_storm(where, autojump_clock):
    """A dead token is tried every five minutes, whoever asks for more: 12 times in an hour."""
    line = Line()
    refusal = NeedsLogin("the broker refuses the key")
    if where == "stream":
        line.broker.cannot_open = line.broker.cannot_answer = refusal
    else:
        line.broker.cannot_answer = refusal
    async with at_work(line):
        for _ in range(3600):
            line.stream.nudge()
            line.broker.push(OrderReport(OrderId("9"), "OPEN"))
            await trio.sleep(1)
        assert line.state == "needs_login"
        assert line.stream.status.last_error == "the broker refuses the key"
        assert len(line.broker.times("stream", "snapshot", "fills")) <= 3600 / LOGIN_PAUSE_S * 2 + 2
    assert "live" not in line.states()


async def test_a_login_elsewhere_mends_it(autojump_clock):
    """Once the credentials are good again the account comes back by itself."""
    line = Line()
    line.broker.cannot_open = line.broker.cannot_answer = NeedsLogin("refused")
    async with at_work(line, for_s=100):
        assert line.state == "needs_login"
        line.broker.cannot_open = line.broker.cannot_answer = None
        await trio.sleep(LOGIN_PAUSE_S + 1)
        assert line.state == "live"


async def test_a_refused_call_of_someone_else_is_enough(autojump_clock):
    """P7: a token that dies while the stream is open shows at the first call that it refuses; the
    account is asked again only after a while, and comes back if that was a hiccup.
    """
    line = Line()
    async with at_work(line):
        line.broker.expires_at = NOON
        asked = len(line.broker.times("snapshot"))
        line.stream.locked_out(NeedsLogin("refused"))
        await trio.testing.wait_all_tasks_blocked()
        assert line.state == "needs_login"
        assert line.stream.status.login_expires_at == NOON
        for _ in range(20):
            line.stream.nudge()
            await trio.sleep(1)
        assert len(line.broker.times("snapshot")) == asked
        await trio.sleep(DOUBT_PAUSE_S)
        assert line.state == "live"


async def test_questions_that_fail_back_off(autojump_clock):
    """A broker whose REST is down is not hammered, whatever the stream calls for."""
    line = Line()
    line.broker.cannot_answer = BrokerUnreachable("REST is down")
    async with at_work(line):
        for n in range(600):
            line.broker.push(OrderReport(OrderId(str(n)), "OPEN"))
            await trio.sleep(1)
        assert len(line.broker.times("snapshot", "fills")) < 25
        assert line.state == "resyncing"
        assert line.stream.status.last_error == "REST is down"
        line.broker.cannot_answer = None
        await trio.sleep(61)
        assert line.state == "live"


async def test_an_undecodable_frame_is_told_and_the_stream_goes_on(autojump_clock):
    """P19: one bad frame is a message and a reconcile; what it said is found by asking."""
    line = Line()
    async with at_work(line):
        line.broker.show(a_row("1"))
        line.broker.push(DecodeError((Fault("$.data", "no object"),), length=7, sha256="ab" * 32))
        await trio.sleep(0.5)
        line.broker.push(a_row("2"))
        await trio.sleep(0.5)
        assert line.state == "live"
        assert list(line.orders()) == ["1", "2"]
        (text,) = line.texts()
        assert "7 bytes" in text
        assert "$.data: no object" in text
    assert line.states()[-1] == "live"
    assert len(line.broker.times("stream")) == 1


async def test_a_frame_that_names_an_unknown_order_asks_for_it(autojump_clock):
    """P7: a partial report waits a moment for the snapshot that explains it."""
    line = Line()
    async with at_work(line):
        line.broker.show(a_row("1"))
        line.broker.push(OrderReport(OrderId("1"), "COMPLETE", filled_quantity=50))
        await trio.sleep(0.5)
        assert line.orders() == {"1": ("COMPLETE", 50)}


async def test_a_fill_that_was_heard_has_its_trade_fetched(autojump_clock):
    """P7: trades do not come on the stream; after a fill they are asked for, by its order."""
    line = Line()
    async with at_work(line):
        line.broker.trades.append(a_trade("7"))
        line.broker.push(a_row("1", "COMPLETE", filled_quantity=50))
        await trio.sleep(0.3)
        assert line.record.told("trade_update") == [a_trade("7")]
        assert line.broker.asked("fills") == [["1"]]


async def test_fills_are_fetched_no_more_often_than_allowed(autojump_clock):
    """A busy day costs one question a second, or a tenth of the time if answers are slow."""
    line = Line(a_config(reconcile_s=3600))
    async with at_work(line):
        for n in range(300):
            line.broker.answer_s = 0.0 if n < 150 else 2.0
            line.broker.push(a_row(str(n), "COMPLETE", filled_quantity=50))
            await trio.sleep(0.1)
        times = line.broker.times("fills")
        quick = [at for at in times if at < 15]
        assert min(gaps(quick)) >= 1.0
        assert 12 <= len(quick) <= 16
        assert len(times) - len(quick) <= 3


async def test_a_fill_heard_while_a_snapshot_is_on_its_way_is_not_forgotten(autojump_clock):
    """P7: the snapshot's trades are older than the fill; it is asked for once more."""
    line = Line(a_config(reconcile_s=3600))
    async with at_work(line):
        line.broker.answer_s = 2.0
        line.stream.nudge()
        await trio.sleep(1)
        line.broker.push(a_row("1", "COMPLETE", filled_quantity=50))
        await trio.sleep(6)
        assert line.broker.asked("fills") == [["1"]]


async def test_the_notes_of_a_snapshot_are_messages(autojump_clock):
    """P8: a row that could not be read is told, once, and closes nothing."""
    line = Line(a_config(reconcile_s=5))
    line.broker.notes.append(Note("warning", "row 3 cannot be read"))
    async with at_work(line, for_s=30):
        assert line.texts() == ["row 3 cannot be read"]


async def test_when_all_is_well_the_day_is_asked_for_on_a_period(autojump_clock):
    """P7: every reconcile_s, 30 s when not said."""
    line = Line()
    async with at_work(line, for_s=301):
        assert len(line.broker.times("snapshot")) == 11


async def test_who_fell_begins_again_on_the_view(autojump_clock):
    """After a defect nothing that may not be durable is stood upon, and all is asked again."""
    line = Line()
    async with at_work(line):
        line.stream.book._orders[OrderId("x")] = None
    line.stream.fell(RuntimeError("defect"))
    assert (line.state, line.stream.status.last_error) == ("down", "RuntimeError")
    async with at_work(line):
        assert not line.stream.book._orders
        assert line.state == "live"


async def test_who_is_given_up_says_so(autojump_clock):
    """An account that nobody runs any more is told as down, to all who listen."""
    line = Line()
    async with at_work(line):
        await line.stream.give_up(RuntimeError("fell too often"))
        await trio.sleep(0.1)
        assert line.states()[-1] == "down"
        assert not line.record.told("stream_status")[-1].connected


def test_an_account_is_asked_often_only_where_something_can_change():
    """poll_s while the stream is no help and orders are open; reconcile_s otherwise."""
    config = a_config(poll_s=1, reconcile_s=30)
    for state in ("silent", "connecting", "down"):
        assert period_s(config, state, 1) == 1
        assert period_s(config, state, 0) == 30
    for state in ("live", "resyncing", "needs_login"):
        assert period_s(config, state, 5) == 30
    assert period_s(config, "stopped", 5) == math.inf


def test_of_a_bad_frame_nothing_is_kept_but_its_measure():
    """P21: length, digest and the paths of at most three faults."""
    faults = tuple(Fault(f"$.f{n}", "wrong") for n in range(5))
    note = Note.undecoded(DecodeError(faults, length=123, sha256="0123456789abcdef" * 4))
    assert note.text == (
        "a report of 123 bytes (SHA-256 0123456789abcdef…) cannot be read: "
        "$.f0: wrong; $.f1: wrong; $.f2: wrong"
    )


def test_a_broker_by_hand_keeps_the_contract():
    """The fake offers what an upstream offers."""
    from actors.upstream import Upstream

    upstream: Upstream = FakeUpstream()
    assert upstream.name == "fake"
