"""The desk's hand on an account: halts, the deadman, and what outlives a restart."""

import pytest
import trio

from actors.controls import ANSWER_S, DEADMAN_MAX_S, TOLD_S
from actors.domain.errors import BadRequest, BrokerUnknown
from actors.domain.model import Deadman

from .fakes import DISK_FULL, a_row
from .given_controls import Hand, hand_at_work, restarted


def halted(hand):
    """Give the account's halt as it stands."""
    return hand.line.stream.status.halted


def since_start(moment):
    """Give the second of the virtual world in which a moment was."""
    from .fakes import START

    return (moment - START).total_seconds()


async def test_a_halt_stands_at_once_and_is_told(autojump_clock):
    """The row says since when, why and by whom; the answer comes when that is durable."""
    async with hand_at_work(None, "1") as hand:
        answer = await hand.controls.halt("news at noon")
        halt = hand.book.status.value.halted
        assert (halt.reason, halt.by, since_start(halt.since)) == ("news at noon", "desk", 1)
        assert (answer.status.halted, answer.is_told) == (halt, True)
        assert (answer.cancelled, answer.asked, answer.failed) == ((), (), ())
        assert hand.asked == []
        assert hand.line.state == "live"


async def test_a_halt_stays_through_all_that_the_stream_does(autojump_clock):
    """What the stream says of itself changes nothing of what the desk says."""
    async with hand_at_work() as hand:
        await hand.controls.halt()
        hand.line.broker.push(BrokerUnknown("lost"))
        await trio.sleep(10)
        assert hand.line.stream.status.reconnects == 1
        assert hand.book.status.value.halted is not None


async def test_resuming_ends_a_halt(autojump_clock):
    """And of an account that is not halted it changes nothing."""
    async with hand_at_work() as hand:
        await hand.controls.halt()
        answer = await hand.controls.resume()
        assert (answer.status.halted, answer.is_told) == (None, True)
        events = hand.line.record.journal.end
        await hand.controls.resume()
        assert hand.line.record.journal.end == events


async def test_a_second_halt_keeps_when_it_began(autojump_clock):
    """A new reason takes the old one's place, no reason takes none's; no event without news."""
    async with hand_at_work() as hand:
        first = (await hand.controls.halt("news")).status.halted
        await trio.sleep(5)
        assert (await hand.controls.halt()).status.halted == first
        again = (await hand.controls.halt("more news")).status.halted
        assert (again.reason, again.since) == ("more news", first.since)
        assert len(hand.hands()) == 3


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines", "\x1b[2J"])
async def test_a_reason_is_one_line_of_some_length(autojump_clock, reason):
    """What a person will read is short and printable, or the halt is refused by its field."""
    async with hand_at_work() as hand:
        with pytest.raises(BadRequest) as refusal:
            await hand.controls.halt(reason)
        assert [fault.path for fault in refusal.value.faults] == ["$.reason"]
        assert halted(hand) is None


async def test_a_halt_can_cancel_what_is_open(autojump_clock):
    """The answer has each order where it belongs: cancelled, or ended before, or refused."""
    async with hand_at_work(None, "1", "2") as hand:
        hand.line.broker.show(a_row("3", tradingsymbol="LATE"))
        hand.line.stream.nudge()
        await trio.sleep(1)
        answer = await hand.controls.halt("stop", cancel_open=True)
        assert (answer.cancelled, answer.asked) == (("1", "2"), ())
        assert [(f.order_id, f.error) for f in answer.failed] == [("3", "it had ended: COMPLETE")]
        assert set(hand.line.texts()) == {"cancel asked: stop"}


async def test_what_is_not_confirmed_is_said_to_be_asked(autojump_clock):
    """A cancel without the order's own event is no cancel yet; the broker's fault is named."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.becomes_nothing = True
        assert (await hand.controls.halt(cancel_open=True)).asked == ("1",)
        hand.line.broker.cannot_change = BrokerUnknown("no answer")
        (failure,) = (await hand.controls.halt(cancel_open=True)).failed
        assert (failure.order_id, failure.error) == ("1", "no answer")


async def test_an_answer_does_not_wait_for_a_long_sweep_which_goes_on(autojump_clock):
    """P20: after its bound the answer says what is under way; the sweep ends by itself."""
    async with hand_at_work(None, *map(str, range(40))) as hand:
        hand.line.broker.answer_s = 4.0
        begun_s = trio.current_time()
        answer = await hand.controls.halt(cancel_open=True)
        assert trio.current_time() - begun_s == pytest.approx(ANSWER_S)
        assert len(answer.cancelled) + len(answer.asked) == 40
        assert len(answer.asked) > 10
        await trio.sleep(30)
        assert list(hand.book.open_orders) == []


async def test_who_goes_away_does_not_end_the_sweep(autojump_clock):
    """A desk whose connection breaks while it halts has halted, and its orders are cancelled."""
    async with hand_at_work(None, "1", "2") as hand:
        hand.line.broker.answer_s = 2.0
        with trio.move_on_after(0.5):
            await hand.controls.halt(cancel_open=True)
        await trio.sleep(10)
        assert hand.line.orders() == {"1": ("CANCELLED", 0), "2": ("CANCELLED", 0)}


async def test_a_second_halt_joins_the_sweep_under_way(autojump_clock):
    """No order is asked twice because two people pressed; what is new is swept too."""
    async with hand_at_work(None, "1", "2") as hand:
        hand.line.broker.answer_s = 2.0
        answers = []

        async def press():
            answers.append(await hand.controls.halt(cancel_open=True))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(press)
            await trio.sleep(0.5)
            nursery.start_soon(press)
        assert [sorted(answer.cancelled) for answer in answers] == [["1", "2"]] * 2
        assert sorted(hand.asked) == ["1", "2"]
        hand.line.broker.show(a_row("3"))
        hand.line.stream.nudge()
        await trio.sleep(10)
        assert (await hand.controls.halt(cancel_open=True)).cancelled == ("3",)


async def test_on_a_full_disk_a_halt_acts_and_is_told_later(autojump_clock):
    """P15: nothing can be stored, and yet it stands and cancels; the store's return tells it."""
    async with hand_at_work(None, "1") as hand:
        hand.line.record.store.failing = DISK_FULL
        begun_s = trio.current_time()
        answer = await hand.controls.halt("stop", cancel_open=True)
        assert answer.status.halted.reason == "stop"
        assert not answer.is_told
        assert hand.asked == ["1"]
        assert hand.line.broker.times("cancel")[0] - begun_s < 1
        assert hand.book.status.value.halted is None
        hand.line.record.store.failing = None
        await trio.sleep(5)
        assert hand.book.status.value.halted == answer.status.halted


async def test_a_stuck_disk_holds_a_halt_up_only_so_long(autojump_clock):
    """P15: a write that hangs delays the answer by its bound, the halt by nothing."""
    async with hand_at_work() as hand:
        hand.line.record.disk.pause_s = 100
        begun_s = trio.current_time()
        answer = await hand.controls.halt()
        assert not answer.is_told
        assert trio.current_time() - begun_s == pytest.approx(TOLD_S)
        assert halted(hand) is not None


# ----------------------------------------------------------------------------------- deadman


async def test_a_deadman_halts_when_it_is_not_called_again(autojump_clock):
    """After its seconds the account is halted, by the deadman, and its orders are cancelled."""
    async with hand_at_work(None, "1") as hand:
        answer = await hand.controls.deadman(60, cancel_open=True)
        assert answer.status.deadman == Deadman(60, cancel_open=True)
        await trio.sleep(59)
        assert halted(hand) is None
        await trio.sleep(5)
        halt = hand.book.status.value.halted
        assert (halt.by, since_start(halt.since)) == ("deadman", 61)
        assert halt.reason == "the desk was not heard of for 60 s"
        assert hand.book.status.value.deadman is None
        assert hand.status("1") == "CANCELLED"


async def test_a_deadman_that_is_called_in_time_never_fires(autojump_clock):
    """Each call begins the time anew, and is no event: nothing of the row has changed."""
    async with hand_at_work(None, "1") as hand:
        for _ in range(60):
            await hand.controls.deadman(60)
            await trio.sleep(59)
        assert halted(hand) is None
        assert len(hand.hands()) == 2
        await trio.sleep(2)
        assert halted(hand).by == "deadman"
        assert hand.asked == []


async def test_a_deadman_of_no_seconds_is_ended(autojump_clock):
    """0 takes it away, at once."""
    async with hand_at_work() as hand:
        await hand.controls.deadman(60)
        assert (await hand.controls.deadman(0)).status.deadman is None
        await trio.sleep(100)
        assert halted(hand) is None


async def test_the_last_call_says_how_long(autojump_clock):
    """A shorter time counts from its own call, and so does a longer one."""
    async with hand_at_work() as hand:
        await hand.controls.deadman(1000)
        await trio.sleep(10)
        await hand.controls.deadman(5)
        await trio.sleep(6)
        assert since_start(halted(hand).since) == 16


@pytest.mark.parametrize("seconds", [-1, DEADMAN_MAX_S + 1])
async def test_a_deadman_has_at_most_an_hour(autojump_clock, seconds):
    """P20: other times are refused by their field, and what stood goes on."""
    async with hand_at_work() as hand:
        await hand.controls.deadman(60)
        with pytest.raises(BadRequest) as refusal:
            await hand.controls.deadman(seconds)
        assert [fault.path for fault in refusal.value.faults] == ["$.seconds"]
        await trio.sleep(61)
        assert halted(hand).by == "deadman"


async def test_a_deadman_leaves_the_desks_own_halt_as_it_is(autojump_clock):
    """Who halted first has halted; the deadman is used up."""
    async with hand_at_work() as hand:
        await hand.controls.deadman(60)
        mine = (await hand.controls.halt("mine")).status.halted
        await trio.sleep(100)
        assert halted(hand) == mine
        assert hand.line.stream.status.deadman is None


async def test_a_deadman_fires_on_a_full_disk_too(autojump_clock):
    """P15: it is halted and its orders are asked to be cancelled, though nothing can be written."""
    async with hand_at_work(None, "1") as hand:
        await hand.controls.deadman(60, cancel_open=True)
        hand.line.record.store.failing = DISK_FULL
        await trio.sleep(65)
        assert halted(hand).by == "deadman"
        assert hand.asked == ["1"]


# ------------------------------------------------------------------------------------ restart


async def test_a_restart_finds_the_account_halted(autojump_clock):
    """P5: before the first byte goes to the broker the account is halted, as it was."""
    async with hand_at_work() as hand:
        halt = (await hand.controls.halt("news")).status.halted
    again = restarted(hand)
    assert halted(again) == halt
    async with hand_at_work(again):
        assert again.book.status.value.halted == halt


async def test_after_a_restart_the_deadman_begins_anew_in_full(autojump_clock):
    """Time in which the process was away does not count."""
    async with hand_at_work() as hand:
        await hand.controls.deadman(60)
        await trio.sleep(50)
    async with hand_at_work(restarted(hand), for_s=59) as again:
        assert halted(again) is None
        await trio.sleep(2)
        assert halted(again).by == "deadman"


async def test_a_timer_goes_on_when_its_service_falls(autojump_clock):
    """A defect of the controls gives no one more time: run again, they fire when it is due."""
    hand = Hand()
    async with hand_at_work(hand):
        await hand.controls.deadman(60)
        await trio.sleep(50)
    await trio.sleep(5)
    async with hand_at_work(hand, for_s=4):
        assert halted(hand) is None
        await trio.sleep(3)
        assert halted(hand).by == "deadman"


async def test_a_sweep_that_falls_stops_no_timer(autojump_clock):
    """A defect in a sweep is logged and ends that sweep alone; its answer comes."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.cannot_change = KeyError("defect")
        await hand.controls.deadman(60)
        answer = await hand.controls.halt(cancel_open=True)
        assert answer.asked == ("1",)
        await trio.sleep(61)
        assert hand.line.stream.status.deadman is None


async def test_a_halt_before_or_after_the_service_runs_still_stands(autojump_clock):
    """While the gateway starts or closes nothing is cancelled, and the answer says so."""
    async with hand_at_work(None, "1") as hand:
        pass
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hand.line.record.writer.run)
        answer = await hand.controls.halt(cancel_open=True)
        assert answer.status.halted is not None
        assert [failure.order_id for failure in answer.failed] == ["1"]
        nursery.cancel_scope.cancel()
