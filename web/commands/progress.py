"""A batch on its way, in one line of stderr that is written over; only where that is a terminal.

    ⠙   4.2 s of 120 s  7c0d91aa  ●○·  1 filled, 1 accepted, 1 pending

A mark for each leg, in their order. A batch that ends at once never shows it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from itertools import count
from typing import Final

import trio
from attrs import define, field

from .columns import cut
from .paint import Paint, Piece, width_of
from .words import LEG_STATES, Data, rows, said

FIRST_S: Final = 0.3
EACH_S: Final = 0.1
WHEEL: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
MARKS: Final = {
    "accepted": "○",
    "partially_filled": "◐",
    "filled": "●",
    "rejected": "✗",
    "cancelled": "∅",
    "unknown": "?",
}
PENDING: Final = "·"
OVERWRITE: Final = "\r\x1b[K"


def words_of(batch: Data | None, elapsed_s: float, wait_s: float) -> tuple[Piece, ...]:
    """Say how far a batch is: its marks, how many legs are how, the time."""
    time: Piece = (f"{elapsed_s:5.1f} s of {wait_s:g} s  ", "quiet")
    if batch is None:
        return (time, ("sent; no word of it yet", ""))
    states = [said(leg, "state") for leg in rows(batch, "legs")]
    marks = [(MARKS.get(state, PENDING), LEG_STATES.get(state, "")) for state in states]
    counted = [f"{n} {state.replace('_', ' ')}" for state, n in Counter(states).items()]
    return (
        time,
        (f"{said(batch, 'batch_id')[:8]}  ", ""),
        *marks,
        ("  " + ", ".join(counted), ""),
        *_phase(batch),
    )


def _phase(batch: Data) -> tuple[Piece, ...]:
    if batch.get("outcome") == "unknown":
        return (("  the broker cannot be asked", "strange"),)
    if batch.get("cause"):
        return (("  unwinding", "warn"),)
    return ()


@define
class Progress:
    """The line. `say` puts a notice above it."""

    paint: Paint
    wait_s: float
    batch: Data | None = None
    is_shown: bool = field(factory=lambda: sys.stderr.isatty() and os.environ.get("TERM") != "dumb")

    def heard(self, batch: Data) -> None:
        """Take the gateway's latest word."""
        self.batch = batch

    def say(self, text: str) -> None:
        """Write a notice."""
        self._write(f"{self.paint(text, 'warn')}\n")

    async def run(self) -> None:
        """Keep the line as things are, until cancelled; then take it away."""
        if not self.is_shown:
            return
        begun_s = trio.current_time()
        await trio.sleep(FIRST_S)
        try:
            for turn in count():
                words = words_of(self.batch, trio.current_time() - begun_s, self.wait_s)
                line = ((f"{WHEEL[turn % len(WHEEL)]} ", "open"), *words)
                self._write(self.paint.joined(*cut(line, width_of(sys.stderr) - 1)))
                await trio.sleep(EACH_S)
        finally:
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write((OVERWRITE if self.is_shown else "") + text)
        sys.stderr.flush()
