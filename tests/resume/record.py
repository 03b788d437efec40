"""What a client was given, and what it should have been given. Pure.

    frames ──▶ Keeper ──▶ offsets, a sum of each frame, and over which stretch it heard what ─┐
    `/events`, page by page ──▶ Record ──▶ what a selection takes in of a stretch ────────────┴▶ compare

A client's record is complete when the one list is the other: every event of what it had chosen at
the time, each once, in order, and the same bytes. `prev` is checked frame by frame on the way.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from itertools import zip_longest
from zlib import crc32

from attrs import define, field, frozen

from tests.sim.checkers import Broken

TYPES = ("order_update", "trade_update", "position_update", "message", "stream_status")
TAIL = re.compile(r'"epoch":"([^"]+)","offset":(\d+),"prev":(\d+)\}$')
KIND_AT = len('{"type":"')
ANSWERS = ("subscribed", "unsubscribed")
CHANGED = ',"prev":'  # what stands before it is alike for every client


@frozen
class Chosen:
    """What a client wants to hear of; no types are all types."""

    accounts: tuple[str, ...]
    types: tuple[str, ...] = ()

    def query(self):
        """Write it as a URL's parameters."""
        names = {"accounts": self.accounts, "types": self.types}
        return "&".join(f"{name}={','.join(each)}" for name, each in names.items() if each)


@define
class Stretch:
    """From one place to another a client heard what it had chosen."""

    chosen: Chosen
    begin: int
    end: int


@define(eq=False)
class Keeper:
    """One client's record. `position` is the greatest offset that it was given."""

    name: str
    epoch: str
    position: int
    offsets: array = field(factory=lambda: array("Q"))
    sums: array = field(factory=lambda: array("L"))
    stretches: list[Stretch] = field(factory=list)
    resumed: int = 0  # connections that went on where it was
    largest: int = 0  # events that one of them gave
    is_greeted: bool = False
    _given: int = 0

    @property
    def since(self):
        """The place to come back with."""
        return f"{self.epoch}:{self.position}"

    def begin(self, chosen):
        """Begin a connection from the place that was reached."""
        self.stretches.append(Stretch(chosen, self.position, self.position))
        self.is_greeted, self._given = False, 0

    def take(self, text):
        """Take a frame; Broken when it is not what may follow."""
        kind = text[KIND_AT : text.index('"', KIND_AT)]
        if kind == "connection_established":
            self._greeted(json.loads(text))
        elif kind in ANSWERS:
            self._changed(json.loads(text))
        elif (tail := TAIL.search(text)) is not None and kind != "heartbeat":
            epoch, offset, prev = tail[1], int(tail[2]), int(tail[3])
            self._check(epoch, offset, prev)
            if offset == self.position:
                raise Broken(f"P4: {self.name} was given {offset} twice")
            self.offsets.append(offset)
            self.sums.append(sum_of(text))
            self._given += 1
            self.largest = max(self.largest, self._given)
            self._move(offset)
        elif kind == "heartbeat":
            frame = json.loads(text)
            self._check(frame["epoch"], frame["offset"], frame["prev"])
            self._move(frame["offset"])
        else:
            raise Broken(f"P4: {self.name} was given what nobody asked for: {text[:200]}")

    def _greeted(self, frame):
        if frame.get("recovered") is not True:
            raise Broken(f"P4: {self.name} was not resumed from {self.since}: {frame}")
        if (frame["epoch"], frame["offset"]) != (self.epoch, self.position):
            raise Broken(f"P4: {self.name} was resumed at {frame['offset']}, not {self.since}")
        self.is_greeted = True
        self.resumed += 1

    def _changed(self, frame):
        """Begin another stretch, from the very place of the answer."""
        if frame["offset"] < self.position:
            raise Broken(f"P3: an answer at {frame['offset']} to {self.name} at {self.position}")
        self._move(frame["offset"])
        chosen = Chosen(tuple(frame["accounts"]), tuple(frame["types"]) or ("nothing",))
        self.stretches.append(Stretch(chosen, self.position, self.position))

    def _check(self, epoch, offset, prev):
        if not self.is_greeted or epoch != self.epoch:
            raise Broken(f"P5: {self.name} in {self.epoch} was given {epoch}:{offset}")
        if prev > self.position:
            raise Broken(f"P3: {self.name} is at {self.position}, and prev is {prev}")
        if offset < self.position:
            raise Broken(f"P1: {self.name} is at {self.position}, and was given {offset}")

    def _move(self, offset):
        self.position = self.stretches[-1].end = offset


@define
class Record:
    """The record as `/events` tells it: of each event its offset, its kind, and a sum."""

    offsets: array = field(factory=lambda: array("Q"))
    sums: array = field(factory=lambda: array("L"))
    kinds: list[tuple[str, str]] = field(factory=list)
    _chosen: dict[Chosen, list[int]] = field(factory=dict)

    def take_page(self, text):
        """Take a page; give `next`, and whether there is more. Broken when it does not follow."""
        page = json.loads(text)
        for event, raw in zip(page["data"], rows_of(text), strict=True):
            if self.offsets and event["prev"] != self.offsets[-1]:
                raise Broken(f"P3: {event['prev']} in /events after {self.offsets[-1]}")
            self.offsets.append(event["offset"])
            self.sums.append(sum_of(raw))
            self.kinds.append((event["account_id"], event["type"]))
        return page["next"], page["more"]

    def told_of(self, stretch):
        """Give the places of what one hears on a stretch."""
        chosen = stretch.chosen
        if (places := self._chosen.get(chosen)) is None:
            places = self._chosen[chosen] = [
                place
                for place, (account, kind) in enumerate(self.kinds)
                if account in chosen.accounts and (not chosen.types or kind in chosen.types)
            ]
        of = self.offsets.__getitem__
        begin = bisect_right(places, stretch.begin, key=of)
        return places[begin : bisect_right(places, stretch.end, key=of)]


def compare(keeper, record):
    """Give how many events a client has; Broken at the first that is missing or too many."""
    wanted = [place for stretch in keeper.stretches for place in record.told_of(stretch)]
    given = zip(keeper.offsets, keeper.sums, strict=True)
    for place, had in zip_longest(wanted, given):
        should = None if place is None else (record.offsets[place], record.sums[place])
        if should != had:
            raise Broken(f"P4: {keeper.name} should have been given {should}, and has {had}")
    return len(wanted)


def sum_of(text):
    """Give a sum of what of a frame is alike for all."""
    return crc32(text[: text.rindex(CHANGED)].encode())


def rows_of(text):
    """Give the rows of a page's `data` as they are written."""
    decoder, at = json.JSONDecoder(), text.index('"data":[') + len('"data":[')
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        yield text[at:end]
        at = end + (text[end] == ",")
