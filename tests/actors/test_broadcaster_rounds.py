"""Rounds: who rests is written to at once, and who would have to wait loses nothing by it."""

import json
from itertools import pairwise
from random import Random

import pytest
import trio
import trio.testing
from attrs import define, field

from actors import broadcaster
from actors.domain.frames import answer_frame, texts_in
from actors.domain.ids import Offset
from actors.feed import RUN_MAX, Sent
from actors.subscription import ASKED_MAX

from .given_air import ALL, MESSAGES, TRADES, Air, Reader

CHOICES = (ALL, MESSAGES, TRADES)


@define
class Socket:
    """A reader with a socket of some temper, and the task of its own that serves it.

    `moods` are what the socket does with the next pieces that it is offered.
    """

    reader: Reader
    moods: list = field(factory=list)
    pushed: list = field(factory=list)  # the sizes of what rounds wrote
    asleep: bool = True
    _begun: bytes = b""

    @classmethod
    def open(cls, air, selection, since=None):
        """Subscribe, with a socket."""
        socket = cls(Reader.open(air, selection, since))
        socket.reader.subscription.sink = socket.sink
        return socket

    def sink(self, wire):
        """Take what is offered, as the mood is."""
        assert self.asleep, "a round wrote in the midst of a write"
        assert not self._begun, "a round wrote into a frame that had begun"
        mood = self.moods.pop(0) if self.moods else Sent.WHOLE
        if mood is Sent.WHOLE:
            self._take(wire)
        elif mood is Sent.BEGUN:
            self._begun = wire
        if mood is not Sent.NOT:
            self.pushed.append(len(list(texts_in(wire))))
        return mood

    async def run(self):
        """Serve it until cancelled."""
        while True:
            wires, _ = await self.reader.subscription.next()
            self.asleep = False
            begun, self._begun = self._begun, b""
            await trio.sleep(0.001)
            self._take(begun + b"".join(wires))
            self.asleep = True

    def _take(self, wire):
        for text in texts_in(wire):
            self.reader.take(text)


@pytest.fixture
async def air(nursery):
    """Give a broadcaster at work."""
    air = Air()
    nursery.start_soon(air.broadcaster.run)
    await trio.testing.wait_all_tasks_blocked()
    return air


async def at_rest(nursery, *sockets):
    """Start the tasks of sockets, and wait until all have nothing to do."""
    for socket in sockets:
        nursery.start_soon(socket.run)
    await trio.testing.wait_all_tasks_blocked()


async def test_who_rests_is_written_to_and_no_task_of_his_runs(air, nursery, autojump_clock):
    """A round brings an event to all who keep up; their own tasks sleep on."""
    sockets = [Socket.open(air, ALL) for _ in range(200)]
    await at_rest(nursery, *sockets)
    air.publish("m", "t")
    await trio.testing.wait_all_tasks_blocked()
    for socket in sockets:
        assert (socket.reader.seen, socket.pushed, socket.asleep) == ([1, 2], [2], True)


async def test_a_run_goes_out_in_one_write_and_is_bounded(air, nursery, autojump_clock):
    """P20: events that come together are one piece for each socket, of RUN_MAX frames at most."""
    socket = Socket.open(air, MESSAGES)
    await at_rest(nursery, socket)
    air.publish(*"mt" * (RUN_MAX + 5))
    await trio.testing.wait_all_tasks_blocked()
    assert socket.pushed == [RUN_MAX, 5]
    assert [frame["prev"] for frame in socket.reader.frames] == [0, *socket.reader.seen[:-1]]


@pytest.mark.parametrize("mood", [Sent.BEGUN, Sent.NOT])
async def test_who_would_have_to_wait_is_served_by_his_own_task(mood, air, nursery, autojump_clock):
    """P6: what one socket does not take at once holds nobody up, and is sent in its place."""
    slow, quick = Socket.open(air, ALL), Socket.open(air, ALL)
    slow.moods.append(mood)
    await at_rest(nursery, slow, quick)
    air.publish("m", "t")
    await trio.sleep(0.0005)
    assert (slow.reader.seen, quick.reader.seen) == ([], [1, 2])
    air.publish("m")
    await trio.sleep(0.1)
    assert slow.reader.seen == quick.reader.seen == [1, 2, 3]
    air.publish("m")
    await trio.testing.wait_all_tasks_blocked()
    assert slow.asleep, "it has come back to the rounds"
    assert slow.reader.seen == [1, 2, 3, 4]


async def test_an_answer_keeps_its_place_between_rounds(air, nursery, autojump_clock):
    """P3: what was asked before a round is answered before its frames, at the place before them."""
    socket = Socket.open(air, ALL)
    await at_rest(nursery, socket)
    subscription = socket.reader.subscription
    subscription.ask(lambda: [answer_frame("pong", subscription.position, {})])
    air.publish("m")
    await trio.sleep(0.1)
    assert [(f["type"], f["offset"]) for f in socket.reader.frames] == [("pong", 0), ("message", 1)]


async def test_a_heartbeat_counts_from_the_last_round(air, nursery, autojump_clock):
    """P3: quiet is 15 s in which nothing was said, by a round either."""
    socket = Socket.open(air, ALL)
    await at_rest(nursery, socket)
    await trio.sleep(10)
    air.publish("m")
    await trio.sleep(14.9)
    assert [frame["type"] for frame in socket.reader.frames] == ["message"]
    await trio.sleep(0.2)
    assert [frame["type"] for frame in socket.reader.frames] == ["message", "heartbeat"]


async def test_a_round_tells_once_what_it_has_told(air, nursery, autojump_clock):
    """The events of a round are given to whoever measures, once a feed, and only if told."""
    told = []
    air.broadcaster.on_told = lambda events: told.extend(event.offset for event in events)
    air.publish("m")
    await at_rest(nursery, Socket.open(air, MESSAGES), Socket.open(air, MESSAGES))
    reader = Reader.open(air, TRADES)
    air.publish("m", "t", "m")
    await trio.testing.wait_all_tasks_blocked()
    assert told == [2, 4]
    await reader.read()
    assert reader.seen == [3]


async def test_a_round_lets_others_run(air, nursery, autojump_clock):
    """P6: between some dozens of sockets others get their turn, however many sockets there are."""
    turns, written = [], [0]
    sockets = [Socket.open(air, MESSAGES) for _ in range(broadcaster.TURN_MAX * 8)]
    await at_rest(nursery, *sockets)
    for socket in sockets:
        sink = socket.reader.subscription.sink

        def counted(wire, sink=sink):
            written[0] += 1
            return sink(wire)

        socket.reader.subscription.sink = counted

    async def others():
        while written[0] < len(sockets):
            turns.append(written[0])
            await trio.lowlevel.checkpoint()

    air.publish("m")
    nursery.start_soon(others)
    await trio.testing.wait_all_tasks_blocked()
    gaps = [after - before for before, after in pairwise(turns)]
    assert max(gaps) <= 2 * broadcaster.TURN_MAX  # the order within a turn is by chance


async def test_sockets_of_every_temper_see_what_they_may(autojump_clock):
    """P3, P4: many random steps of a dozen sockets that take, begin, refuse, ask, change,
    come and go: each has every event of its selections, once and in order, and no write is torn.
    """
    random = Random(11)
    air = Air(tail_max=40)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(air.broadcaster.run)
        await trio.lowlevel.checkpoint()
        sockets = []
        for _ in range(1500):
            match random.choice("ppppmmmsaoc"):
                case "p":
                    air.publish(*random.choices("mmth", k=random.choice((1, 2, 2, 50))))
                case "o" if len(sockets) < 12:
                    since = random.choice([None, Offset(random.randint(0, air.journal.end))])
                    sockets.append(Socket.open(air, random.choice(CHOICES), since))
                    nursery.start_soon(sockets[-1].run)
                case "m" if sockets:
                    moods = random.choices((Sent.NOT, Sent.BEGUN, Sent.WHOLE), k=3)
                    random.choice(sockets).moods.extend(moods)
                case "s" | "a" as wish if sockets:
                    ask(random.choice(sockets), random.choice(CHOICES) if wish == "s" else None)
                case "c" if len(sockets) > 8:
                    sockets.pop(random.randrange(len(sockets))).reader.subscription.close()
            if random.random() < 0.6:
                await trio.sleep(random.choice((0.0, 0.0005, 0.02)))
        await trio.sleep(1)
        assert len(sockets) > 5
        assert sum(len(socket.pushed) for socket in sockets) > 100
        for socket in sockets:
            assert socket.reader.seen == socket.reader.due(air)
            assert socket.reader.subscription.feed.last <= air.journal.end
        nursery.cancel_scope.cancel()


def ask(socket, selection):
    """Have a socket's client ask for a pong, or to hear of something else from its place on."""
    subscription = socket.reader.subscription

    def answer():
        if selection is not None:
            socket.reader.select(selection)
        return [json.dumps({"type": "pong", "offset": subscription.offset})]

    if len(subscription._asked) < ASKED_MAX:
        subscription.ask(answer)
