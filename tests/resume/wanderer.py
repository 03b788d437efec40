"""A client that comes and goes: by websocket or Server-Sent Events, for a moment or a while.

away ─▶ dial with its place ─▶ frames … ─▶ dropped anywhere ─▶ away ─▶ …
          └ now and then with another choice    └ after so many frames, or so long; in the
            of accounts and types                 middle of a frame; before the first word
"""

from __future__ import annotations

import socket
import struct
from random import Random

import trio
from attrs import define, field

from .reading import Ended, Events, Frames, ask_events, ask_socket, say
from .record import TYPES, Chosen, Keeper

READ_BYTES = 1 << 16
OPEN_S = 20.0
RESET = struct.pack("ii", 1, 0)

STAYS_S = 0.3  # on average; one in eight stays ten times as long
AWAY_S = 0.15
LONG = 1 / 8
FRAMES_MAX = 60  # after which it drops; one in eight after fifty times as many
FAR_S = 40.0  # away for so long that not all of it is in the gateway's memory
FAR = 1 / 200
WORDLESS = 1 / 20  # drops before it has read anything
BY_EVENTS = 1 / 4
BY_LAST_ID = 1 / 2  # of those; the others say `since` in the URL
CHANGES = 1 / 5  # chooses anew as it comes back
WISHES = 1 / 6  # says so over its open websocket
RESETS = 1 / 2


@define
class Counts:
    """What all clients did."""

    wanted: int
    sockets: int = 0
    streams: int = 0
    wordless: int = 0
    changed: int = 0
    wishes: int = 0
    ends: list[str] = field(factory=list)  # that the gateway brought about

    @property
    def resumes(self):
        """How often one came back with a place."""
        return self.sockets + self.streams

    @property
    def is_enough(self):
        """Say whether there were as many as wanted."""
        return self.resumes >= self.wanted


@define(eq=False)
class Wanderer:
    """One client. It notes what it was given in its keeper."""

    host: str
    port: int
    accounts: tuple[str, ...]
    keeper: Keeper
    counts: Counts
    random: Random
    chosen: Chosen = field(init=False)

    def __attrs_post_init__(self):
        """Choose for the first time."""
        self.chosen = self._choice()

    async def run(self, enough):
        """Come and go until there were enough resumes; then cancel `enough`."""
        while not self.counts.is_enough:
            is_far = self.random.random() < FAR
            await trio.sleep(FAR_S if is_far else self._moment_s(AWAY_S))
            if self.random.random() < CHANGES:
                self.chosen = self._choice()
                self.counts.changed += 1
            self.keeper.begin(self.chosen)
            try:
                await self._connection()
            except Ended as end:
                self.counts.ends.append(str(end))
            except OSError as error:
                self.counts.ends.append(repr(error))
        enough.cancel()

    async def _connection(self):
        reader, request = self._way()
        with trio.fail_after(OPEN_S):
            stream = await trio.open_tcp_stream(self.host, self.port)
        try:
            await stream.send_all(request)
            if self.random.random() < WORDLESS:
                self.counts.wordless += 1
                return
            with trio.move_on_after(OPEN_S) as staying:
                await self._listen(stream, reader, staying)
            if staying.cancelled_caught and not self.keeper.is_greeted:
                raise Ended(f"not a word in {OPEN_S} s")
        except trio.BrokenResourceError as error:
            raise Ended(repr(error)) from None
        finally:
            if self.random.random() < RESETS:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            await trio.aclose_forcefully(stream)

    def _way(self):
        """Choose how to come back: what reads the answer, and the request."""
        keeper, netloc = self.keeper, f"{self.host}:{self.port}"
        query = self.chosen.query()
        if self.random.random() >= BY_EVENTS:
            self.counts.sockets += 1
            return Frames(), ask_socket(netloc, f"/ws/orders?{query}&since={keeper.since}")
        self.counts.streams += 1
        if self.random.random() < BY_LAST_ID:
            return Events(), ask_events(netloc, f"/events/stream?{query}", keeper.since)
        return Events(), ask_events(netloc, f"/events/stream?{query}&since={keeper.since}")

    async def _listen(self, stream, reader, staying):
        """Take frames until it has had enough; what it has read beyond that is thrown away.

        From the first word on it stays for a moment.
        """
        left = self.random.randint(1, FRAMES_MAX) * (50 if self.random.random() < LONG else 1)
        wishes_at = self.random.randint(1, left) if self.random.random() < WISHES else 0
        while True:
            data = await stream.receive_some(READ_BYTES)
            if not data:
                raise Ended("the gateway hung up")
            for text in reader.feed(data):
                if not self.keeper.is_greeted:
                    staying.deadline = trio.current_time() + self._moment_s(STAYS_S)
                self.keeper.take(text)
                if reader.last_id is not None and reader.last_id != self.keeper.since:
                    raise Ended(f"the id {reader.last_id} is not {self.keeper.since}")
                left -= 1
                if left == 0:
                    return
                if left == wishes_at and isinstance(reader, Frames):
                    await stream.send_all(say(self._wish()))

    def _wish(self):
        """Ask for other types, or no longer for some; the answer says what holds from then on."""
        self.counts.wishes += 1
        types = self.random.sample(TYPES, self.random.randint(1, len(TYPES)))
        return {"action": self.random.choice(("subscribe", "unsubscribe")), "types": types}

    def _choice(self):
        """Choose accounts and types: all of them half of the time."""
        count = self.random.randint(1, len(self.accounts))
        accounts = tuple(sorted(self.random.sample(self.accounts, count)))
        if self.random.random() < 0.5:
            return Chosen(accounts)
        types = self.random.sample(TYPES, self.random.randint(1, len(TYPES)))
        return Chosen(accounts, tuple(sorted(types)))

    def _moment_s(self, mean_s):
        """Draw how long something lasts: mostly a moment, now and then ten times as long."""
        return self.random.expovariate(1 / mean_s) * (10 if self.random.random() < LONG else 1)
