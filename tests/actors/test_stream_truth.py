"""What an account's stream does when the broker's stream, or the store, does not do its part."""

import pytest
import trio

from actors.domain.errors import BrokerUnknown, NeedsLogin, StreamLost
from actors.domain.model import Note
from actors.stream import CHUNK
from actors.writer import GROUPS_MAX

from .fakes import DISK_FULL, HEDGE, SlowDisk, a_config, a_draft, a_position, a_row, a_trade
from .given_stream import Line, at_work, gaps

QUIET = a_config(poll_s=1, reconcile_s=30)


@pytest.fixture
async def line():
    """Give an account with one open order."""
    line = Line(QUIET)
    line.broker.show(a_row("1"))
    return line


async def test_silent_is_who_did_not_tell_within_the_grace(line, autojump_clock):
    """P7: a snapshot finds a change; after 2 s without a word on the stream it is silent."""
    async with at_work(line):
        line.broker.show(a_row("1", filled_quantity=20))
        line.stream.nudge()
        await trio.sleep(1.9)
        assert line.state == "live"
        await trio.sleep(0.5)
        assert line.state == "silent"
        assert line.stream.status.connected


async def test_a_stream_that_is_only_slower_than_a_snapshot_is_not_silent(line, autojump_clock):
    """P7: the stream may lag behind for a moment."""
    async with at_work(line):
        row = a_row("1", filled_quantity=20)
        line.broker.show(row)
        line.stream.nudge()
        await trio.sleep(1)
        line.broker.push(row)
        await trio.sleep(10)
        assert line.states() == ["connecting", "resyncing", "live"]


async def test_a_quiet_night_is_not_silence(line, autojump_clock):
    """Hours without a word while nothing changes leave an account live."""
    async with at_work(line, for_s=4 * 3600):
        assert line.states() == ["connecting", "resyncing", "live"]


async def test_while_silent_with_open_orders_it_is_polled_and_speaking_ends_it(
    line, autojump_clock
):
    """P7: every poll_s while orders are open; live again with the first word of an order."""
    async with at_work(line):
        line.broker.show(a_row("1", filled_quantity=20))
        line.stream.nudge()
        await trio.sleep(5)
        begun = trio.current_time()
        await trio.sleep(20)
        polls = [at for at in line.broker.times("snapshot") if at > begun]
        assert 15 <= len(polls) <= 21
        line.broker.show(a_row("1", filled_quantity=30))
        line.broker.push(a_row("1", filled_quantity=30))
        await trio.sleep(2)
        assert line.state == "live"
        begun = trio.current_time()
        await trio.sleep(100)
        assert len([at for at in line.broker.times("snapshot") if at > begun]) <= 4


async def test_a_broker_that_never_pushes_is_followed_by_asking(autojump_clock):
    """P7: ticker_service as published: connected, and every change is only in the snapshots."""
    line = Line(QUIET)
    async with at_work(line):
        for n in range(60):
            line.broker.show(a_row(str(n), "OPEN"))
            await trio.sleep(1)
            line.broker.show(a_row(str(n), "COMPLETE", filled_quantity=50))
            line.broker.trades.append(a_trade(str(n), str(n)))
            line.broker.positions = [a_position(quantity=50 * (n + 1))]
            await trio.sleep(1)
        line.broker.show(a_row("last"))
        await trio.sleep(31)
        assert line.orders() == {
            **{str(n): ("COMPLETE", 50) for n in range(60)},
            "last": ("OPEN", 0),
        }
        assert len(line.record.told("trade_update")) == 60
        assert line.record.told("position_update")[-1].quantity == 3000
        assert "silent" in line.states()
        assert not line.texts()


async def test_the_way_of_a_missed_order_is_told_by_its_history(line, autojump_clock):
    """P7: each state it passed is an event; at most 100 lives are asked for, four at a time."""
    async with at_work(line):
        line.broker.answer_s = 0.1
        for n in range(150):
            row = a_row(f"h{n}", "COMPLETE", filled_quantity=50)
            line.broker.show(row)
            line.broker.histories[f"h{n}"] = (a_row(f"h{n}", "OPEN PENDING"), a_row(f"h{n}"), row)
        begun = trio.current_time()
        line.stream.nudge()
        await trio.sleep(25)
        asked = line.broker.asked("history")
        assert sorted(asked) == sorted(f"h{n}" for n in range(50, 150))
        took = line.broker.times("history")[-1] - begun
        assert took == pytest.approx(0.1 + 24 * 0.1, abs=0.05)
        told = [o.status for o in line.record.told("order_update") if o.order_id == "h149"]
        assert told == ["OPEN PENDING", "OPEN", "COMPLETE"]
        told = [o.status for o in line.record.told("order_update") if o.order_id == "h0"]
        assert told == ["COMPLETE"]


async def test_a_history_that_cannot_be_had_leaves_the_last_state(line, autojump_clock):
    """P7: the book is right all the same."""
    line.broker.cannot_give_history = BrokerUnknown("no answer")
    async with at_work(line):
        line.broker.show(a_row("2", "COMPLETE", filled_quantity=50))
        line.stream.nudge()
        await trio.sleep(1)
        assert line.orders()["2"] == ("COMPLETE", 50)


async def test_a_long_day_is_taken_in_pieces(autojump_clock):
    """P6: between two pieces of a large snapshot the writer commits and others run."""
    line = Line(QUIET)
    line.broker.show(*(a_row(str(n)) for n in range(5 * CHUNK)))
    async with at_work(line):
        assert len(line.orders()) == 5 * CHUNK
        assert len(line.record.store.commits) > 3


async def test_a_snapshot_older_than_the_last_connect_makes_nothing_live(line, autojump_clock):
    """P7: live is said only after a snapshot that was asked for on this very connection."""
    async with at_work(line):
        line.broker.answer_s = 20
        line.stream.nudge()
        await trio.sleep(1)
        line.broker.answer_s = 0
        line.broker.push(BrokerUnknown("cut"))
        await trio.sleep(5)
        line.broker.answer_s = 20
        await trio.sleep(15)
        assert len(line.broker.times("snapshot")) == 3
        assert line.state == "resyncing"
        await trio.sleep(21)
        assert line.state == "live"


async def test_a_failed_commit_is_made_good_by_itself(line, autojump_clock):
    """P15: nothing more is shown while the disk fails; afterwards the books are the broker's, and
    nothing is told twice.
    """
    async with at_work(line):
        line.record.store.failing = DISK_FULL
        row = a_row("1", filled_quantity=20)
        line.broker.show(row)
        line.broker.push(row)
        await trio.sleep(0.5)
        assert line.state == "resyncing"
        asked = len(line.broker.times("snapshot"))
        for n in range(30):
            line.broker.show(a_row(f"n{n}"))
            line.broker.push(a_row(f"n{n}"))
            await trio.sleep(1)
        assert line.orders() == {"1": ("OPEN", 0)}
        assert len(line.broker.times("snapshot")) == asked, "a broker cannot mend our disk"
        line.record.store.failing = None
        await trio.sleep(3)
        assert line.state == "live"
        assert line.orders() == {"1": ("OPEN", 20), **{f"n{n}": ("OPEN", 0) for n in range(30)}}
        told = line.record.told("order_update")
        assert len(told) == len(set(told)) == 32
        assert line.record.book.status.value.state == "live"
    assert line.states()[-2:] == ["resyncing", "live"]


async def test_a_failed_commit_of_another_account_is_noticed_too(line, autojump_clock):
    """P15: an event of ours in the same group may be gone: all books begin again."""
    async with at_work(line):
        row = a_row("1", filled_quantity=20)
        line.broker.show(row)
        line.record.disk.pause_s = 1.0
        await line.record.writer.submit([a_draft(1, HEDGE)])
        await trio.sleep(0.1)
        line.record.store.failing = DISK_FULL
        line.broker.push(row)
        await trio.sleep(3)
        line.record.store.failing = None
        line.record.disk.pause_s = 0.0
        await trio.sleep(3)
        assert line.orders() == {"1": ("OPEN", 20)}
        assert line.state == "live"


async def test_a_stuck_disk_doubles_and_loses_nothing(line, autojump_clock):
    """P2, P8: what was handed over before the disk got stuck is committed when it comes back; what
    was discarded meanwhile is found by asking; nothing is told twice.
    """
    async with at_work(line):
        line.record.disk.pause_s = 20.0
        filled = [a_row("1", quantity=5000, filled_quantity=n) for n in range(1, 3000)]
        for row in filled:
            line.broker.show(row)
            if line.broker._heard.statistics().current_buffer_used < 900:
                line.broker.push(row)
            await trio.sleep(0.01)
        assert line.state == "resyncing"
        line.record.disk.pause_s = 0.0
        await trio.sleep(200)
        assert line.state == "live"
        assert line.orders() == {"1": ("OPEN", 2999)}
        told = [order.filled_quantity for order in line.record.told("order_update")]
        assert told == sorted(set(told))


async def test_what_waits_for_a_stuck_disk_is_not_told_twice(line, autojump_clock):
    """P2: the book begins again only when all that was handed over is durable or refused; else a
    snapshot would tell once more what is still on its way to the disk.
    """
    async with at_work(line):
        line.record.disk.pause_s = 20.0
        await line.record.writer.submit([a_draft(0, HEDGE)])
        await trio.sleep(0.1)
        for n in range(GROUPS_MAX - 1):
            await line.record.writer.submit([a_draft(n, HEDGE)])
        row = a_row("1", filled_quantity=20)
        line.broker.show(row)
        line.broker.push(row)
        line.broker.push(Note("info", "there is no room for this"))
        await trio.sleep(10)
        assert line.state == "resyncing"
        line.record.disk.pause_s = 0.0
        await trio.sleep(30)
        assert line.state == "live"
        assert [o.filled_quantity for o in line.record.told("order_update")] == [0, 20]


async def test_reading_goes_on_while_the_disk_is_stuck(line, autojump_clock):
    """P6: the broker's frames are taken off the line, so that it stays alive."""
    async with at_work(line):
        line.record.disk = line.record.writer._offload = SlowDisk(1000.0)
        for n in range(2000):
            line.broker.push(a_row("1", quantity=5000, filled_quantity=n))
            await trio.sleep(0.01)
        await trio.sleep(10)
        assert line.broker._heard.statistics().current_buffer_used == 0


def test_gaps_are_between_neighbours():
    """The helper measures what it says."""
    assert gaps([1.0, 3.0, 6.0]) == [2.0, 3.0]


async def test_a_stream_is_stopped_and_started(autojump_clock):
    """A stopped account says so, asks for nothing by itself, and is live again when it is wanted."""
    line = Line()
    async with at_work(line):
        await line.stream.disconnect()
        assert (line.state, line.stream.status.connected) == ("stopped", False)
        await line.stream.disconnect()
        calls = len(line.broker.calls)
        line.broker.show(a_row("1"))
        await trio.sleep(300)
        assert len(line.broker.calls) == calls
        line.stream.locked_out(NeedsLogin("refused"))
        await trio.sleep(100)
        assert line.state == "stopped"
        await line.stream.connect()
        await trio.sleep(1)
        assert (line.state, list(line.orders())) == ("live", ["1"])
        opened = len(line.broker.times("stream"))
        await line.stream.connect()
        await trio.sleep(1)
        assert len(line.broker.times("stream")) == opened


async def test_to_connect_is_to_try_now(autojump_clock):
    """Who asks for it does not wait for the pause of a stream that is down."""
    line = Line()
    line.broker.cannot_open = StreamLost("nobody there")
    async with at_work(line, for_s=600):
        line.broker.cannot_open = None
        await line.stream.connect()
        await trio.sleep(1)
        assert line.state == "live"


async def test_a_new_token_brings_it_back_at_once(autojump_clock):
    """P7: a login does not wait for the rest to end: live within two seconds, by one attempt."""
    line = Line()
    line.broker.cannot_open = line.broker.cannot_answer = NeedsLogin("refused")
    async with at_work(line, for_s=100):
        attempts = len(line.broker.times("stream"))
        line.broker.cannot_open = line.broker.cannot_answer = None
        line.stream.renew()
        await trio.sleep(2)
        assert line.state == "live"
        assert len(line.broker.times("stream")) == attempts + 1
