from collections import deque
from typing import ClassVar

import pytest
import trio

from web.sandbox.conversation import CHECK_S, Manners, serve_socket
from web.sandbox.faults import Fault
from web.sandbox.paper import PaperOptions, open_paper
from web.sandbox.sockets import SocketClosedError


class Ear:
    """The far end of a socket, which notes what it is sent."""

    def __init__(self, *says):
        self.says = deque(says)
        self.heard = []
        self.ended = None

    async def receive(self):
        """Say what there is to say, and then nothing."""
        await trio.lowlevel.checkpoint()
        if not self.says:
            await trio.sleep_forever()
        said = self.says.popleft()
        if said is None:
            raise SocketClosedError
        return said

    async def send(self, frame):
        """Take a frame."""
        self.heard.append((frame, trio.current_time() - self.began))

    async def close(self, code, reason):
        """Take the farewell."""
        self.ended = (code, reason)

    async def abort(self):
        """Be cut."""
        self.ended = "cut"

    async def served(self, desk, manners):
        """Be talked to until the end."""
        self.began = trio.current_time()
        await serve_socket(desk, self, "primary", manners)


class Polite(Manners):
    """Greets, echoes, beats when idle, and has enough after a while."""

    idle_s: ClassVar[float] = 3.0
    idle_frame: ClassVar[bytes] = b"."

    def greeting(self):
        """Say something first."""
        return "welcome"

    def hear(self, text):
        """Give it back."""
        return text or None

    def enough(self):
        """It is, the first time that it is asked."""
        return 1000, "enough"


@pytest.fixture
async def desk(autojump_clock):
    """A desk without a market that moves."""
    async with open_paper(PaperOptions()) as broker:
        yield broker.desk


async def test_a_broker_greets_answers_beats_and_ends(autojump_clock, desk):
    """In this order: the greeting, answers to texts, a heartbeat each idle time, the farewell."""
    ear = Ear("a", "", "b")
    await ear.served(desk, Polite())
    assert ear.heard == [
        ("welcome", 0), ("a", 0), ("b", 0), (b".", 3), (b".", 6), (b".", 9),
    ]  # fmt: skip
    assert (ear.ended, trio.current_time() - ear.began) == ((1000, "enough"), CHECK_S)


async def test_manners_that_say_nothing_say_nothing(autojump_clock, desk):
    """No greeting, no answer, no heartbeat and no end, but the other side's own."""
    ear = Ear("a", "b", None)
    await ear.served(desk, Manners())
    assert (ear.heard, ear.ended) == ([], None)
    patient = Ear()
    with trio.move_on_after(3600):
        await patient.served(desk, Manners())
    assert (patient.heard, patient.ended) == ([], None)


async def test_a_frame_comes_before_the_heart_beats_again(autojump_clock, desk, nursery):
    """What is pushed goes out at once, and idleness begins anew."""
    ear = Ear()
    nursery.start_soon(ear.served, desk, Polite())
    await trio.sleep(2)
    desk.push("primary", "news")
    await trio.sleep(4)
    assert ear.heard == [("welcome", 0), ("news", 2), (b".", 5)]


async def test_a_topic_goes_to_who_asked_for_it(autojump_clock, desk, nursery):
    """A frame with a topic passes over the sockets that have not asked; one without goes to all."""
    one, two = Ear(), Ear()
    nursery.start_soon(one.served, desk, Manners(topics={"trades"}))
    nursery.start_soon(two.served, desk, Manners())
    await trio.sleep(1)
    desk.push("primary", "trade", "trades")
    desk.push("primary", "any")
    await trio.sleep(1)
    assert [frame for frame, _ in one.heard] == ["trade", "any"]
    assert [frame for frame, _ in two.heard] == ["any"]


async def test_a_dropped_frame_cuts_the_socket(autojump_clock, nursery):
    """The fault `drop` ends it without a farewell."""
    async with open_paper(PaperOptions(faults=(Fault("drop"),))) as broker:
        ear = Ear()
        nursery.start_soon(ear.served, broker.desk, Manners())
        await trio.sleep(1)
        broker.desk.push("primary", "news")
        await trio.sleep(1)
        assert (ear.heard, ear.ended) == ([], "cut")
