"""Commands about orders: sent once their trail is written, answered by the order's own event."""

from decimal import Decimal

import pytest
import trio
from attrs import evolve

from actors.domain.errors import (
    BadRequest,
    BrokerRefused,
    BrokerUnknown,
    Refused,
    StoreError,
    Unavailable,
)
from actors.domain.model import Halt
from actors.orders import CALL_S, EVENT_S, TURN_S
from actors.upstream import Change

from .fakes import DISK_FULL, START, a_config, a_row
from .given_controls import Hand, hand_at_work
from .given_stream import Line

DEARER = Change(price=Decimal(611))


async def test_an_order_is_cancelled_and_answers_by_its_own_event(autojump_clock):
    """The broker is asked once, urgently; the answer is the order as its event left it."""
    async with hand_at_work(None, "1", "2") as hand:
        answer = await hand.orders.cancel("1")
        assert (answer.order.status, answer.has_come) == ("CANCELLED", True)
        assert hand.line.broker.asked("cancel") == [("1", "regular")]
        assert hand.turns == [True]
        assert hand.status("2") == "OPEN"


async def test_an_order_is_modified_and_answers_by_its_own_event(autojump_clock):
    """The order that is answered stands as it was asked for; a change is not urgent."""
    async with hand_at_work(None, "1") as hand:
        answer = await hand.orders.modify("1", DEARER)
        assert (answer.order.price, answer.has_come) == (Decimal(611), True)
        assert hand.line.broker.asked("modify") == [("1", "regular", DEARER)]
        assert hand.turns == [False]


async def test_a_command_leaves_a_trail_before_it_is_sent(autojump_clock):
    """P5: what the desk asked for is durable before the broker hears of it, and is told."""
    async with hand_at_work(None, "1") as hand:
        known = []

        async def turn(*, urgent):
            known.append([m.text for m in hand.line.record.told("message")])

        orders = evolve(hand.orders, turn=turn)
        await orders.modify("1", DEARER)
        await orders.cancel("1")
        trail = ["modify asked: price 610.5 → 611", "cancel asked"]
        assert known == [trail[:1], trail]
        messages = hand.line.record.told("message")
        assert {message.order_id for message in messages} == {"1"}
        assert {message.level for message in messages} == {"info"}
        assert all(message.id.startswith("command:") for message in messages)
        assert len({message.id for message in messages}) == 2


@pytest.mark.parametrize("command", ["modify", "cancel"])
async def test_what_the_stream_does_not_tell_is_asked_for(autojump_clock, command):
    """P7: a broker that pushes nothing is asked a little later, not every moment."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.tells = False
        before = len(hand.line.broker.times("snapshot"))
        answer = await (
            hand.orders.modify("1", DEARER) if command == "modify" else hand.orders.cancel("1")
        )
        assert answer.has_come
        assert len(hand.line.broker.times("snapshot")) - before == 1


async def test_an_answer_waits_only_so_long_for_the_event(autojump_clock):
    """P20: a broker that took a cancel in and does nothing is answered as it stands."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.becomes_nothing = True
        begun_s = trio.current_time()
        answer = await hand.orders.cancel("1")
        assert (answer.order.status, answer.has_come) == ("OPEN", False)
        assert trio.current_time() - begun_s == pytest.approx(EVENT_S)


@pytest.mark.parametrize("command", ["modify", "cancel"])
async def test_what_cannot_be_commanded_is_refused(autojump_clock, command):
    """404 for no such order, 409 for one that has ended; nothing is sent."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.push(a_row("2", "COMPLETE", filled_quantity=50))
        await trio.sleep(1)
        for order_id, status in (("none", 404), ("2", 409)):
            with pytest.raises(Refused) as refusal:
                await command_of(hand, command, order_id)
            assert refusal.value.status == status
        assert hand.turns == []
        assert hand.line.record.told("message") == []


@pytest.mark.parametrize("command", ["modify", "cancel"])
async def test_in_shadow_mode_nothing_is_commanded(autojump_clock, command):
    """An account that is only read takes no command: 403."""
    async with hand_at_work(Hand(Line(a_config(mode="shadow"))), "1") as hand:
        with pytest.raises(Refused, match="shadow") as refusal:
            await command_of(hand, command, "1")
        assert refusal.value.status == 403
        assert hand.turns == []


async def test_a_change_at_fault_is_refused_by_its_field(autojump_clock):
    """Each field at fault is named, and nothing is written or sent."""
    async with hand_at_work(None, "1") as hand:
        with pytest.raises(BadRequest) as refusal:
            await hand.orders.modify("1", Change(quantity=0, price=Decimal(-1)))
        assert [fault.path for fault in refusal.value.faults] == ["$.quantity", "$.price"]
        assert (hand.turns, hand.line.record.told("message")) == ([], [])


async def test_on_a_full_disk_a_cancel_is_sent_and_a_change_is_not(autojump_clock):
    """P15: a cancel waits for no disk, full or stuck; a change needs its trail."""
    async with hand_at_work(None, "1", "2", "3") as hand:
        hand.line.record.store.failing = DISK_FULL
        with pytest.raises(StoreError):
            await hand.orders.modify("1", DEARER)
        with pytest.raises(Unavailable):
            await hand.orders.modify("1", DEARER)
        assert hand.turns == []
        answer = await hand.orders.cancel("1")
        assert (hand.asked, answer.has_come) == (["1"], False)
        hand.line.record.store.failing = None
        await trio.sleep(5)
        assert hand.status("1") == "CANCELLED"
        hand.line.record.disk.pause_s = 60
        begun_s = trio.current_time()
        await hand.orders.cancel("2")
        assert hand.asked == ["1", "2"]
        assert hand.line.broker.times("cancel")[-1] - begun_s < 1


async def test_while_halted_only_exits_may_be_changed(autojump_clock):
    """A change that could add to a position is 409; a cancel passes."""
    async with hand_at_work(None, "1") as hand:
        hand.line.stream.row.set_hand(halted=Halt(START, "", "desk"), deadman=None)
        with pytest.raises(Refused, match="halted") as refusal:
            await hand.orders.modify("1", DEARER)
        assert refusal.value.status == 409
        await hand.orders.modify("1", Change(quantity=25))
        assert (await hand.orders.cancel("1")).has_come


async def test_a_halt_that_comes_while_a_change_is_written_down_holds_it(autojump_clock):
    """What may be sent is judged again after the trail's commit, which took its time."""
    async with hand_at_work(None, "1") as hand:
        hand.line.record.disk.pause_s = 2

        async def halt_soon():
            await trio.sleep(1)
            hand.line.stream.row.set_hand(halted=Halt(START, "", "desk"), deadman=None)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(halt_soon)
            with pytest.raises(Refused, match="halted"):
                await hand.orders.modify("1", DEARER)
        assert hand.turns == []


async def test_a_cancel_that_came_too_late_is_409(autojump_clock):
    """The broker's no is explained by the order: it was filled, and its event says so."""
    async with hand_at_work() as hand:
        hand.line.broker.show(a_row("1", tradingsymbol="LATE"))
        hand.line.stream.nudge()
        await trio.sleep(1)
        with pytest.raises(Refused, match="COMPLETE") as refusal:
            await hand.orders.cancel("1")
        assert refusal.value.status == 409


@pytest.mark.parametrize("command", ["modify", "cancel"])
async def test_a_brokers_no_without_a_reason_of_the_orders_is_its_fault(autojump_clock, command):
    """What the broker refuses though the order lives on is raised as the broker said it."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.cannot_change = BrokerRefused("not in this session")
        with pytest.raises(BrokerRefused, match="session"):
            await command_of(hand, command, "1")


@pytest.mark.parametrize("command", ["modify", "cancel"])
async def test_a_lost_answer_is_settled_by_the_order(autojump_clock, command):
    """P9: the command is not sent again; it was done, and the order's event says so."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.loses_answers = True
        answer = await command_of(hand, command, "1")
        assert answer.has_come
        assert len(hand.line.broker.times("cancel", "modify")) == 1


@pytest.mark.parametrize("command", ["modify", "cancel"])
async def test_without_an_answer_and_without_an_event_nobody_knows(autojump_clock, command):
    """The broker's silence is told as such, within a bounded time."""
    async with hand_at_work(None, "1") as hand:
        hand.line.broker.answer_s = 1000
        begun_s = trio.current_time()
        with pytest.raises(BrokerUnknown, match="in time"):
            await command_of(hand, command, "1")
        assert trio.current_time() - begun_s == pytest.approx(CALL_S + EVENT_S)


async def test_a_call_that_gets_no_turn_is_not_sent(autojump_clock):
    """P20: the wait for a turn has an end, and then nothing was sent."""
    async with hand_at_work(Hand(turn_s=1000), "1") as hand:
        begun_s = trio.current_time()
        with pytest.raises(Unavailable, match="nothing was sent"):
            await hand.orders.cancel("1")
        assert trio.current_time() - begun_s == pytest.approx(TURN_S)
        assert hand.asked == []


async def command_of(hand, command, order_id):
    """Modify or cancel an order."""
    if command == "modify":
        return await hand.orders.modify(order_id, DEARER)
    return await hand.orders.cancel(order_id)
