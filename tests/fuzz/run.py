"""The fuzzer: one invariant, many bytes.

    seed ──▶ mutant of a sample ──▶ decode ──▶ a value · the decoder's own error · anything else: found

The invariant is P19: a decoder gives a value or its error, nothing else, and the seed says which
bytes those were.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable

from attrs import define, frozen

from .decoders import Decoder
from .mutate import mutant


@frozen
class Found:
    """A decoder that raised what it may not: on which bytes, and what."""

    name: str
    raw: bytes
    error: BaseException

    def __str__(self) -> str:
        """Give what is needed to see it again."""
        kind = type(self.error).__name__
        return f"{self.name}: {kind}: {str(self.error)[:200]}\n  on {self.raw[:400]!r}"


@define
class Tally:
    """What came of one decoder's inputs."""

    name: str
    values: int = 0
    refused: int = 0
    slowest_s: float = 0.0

    @property
    def total(self) -> int:
        """Count the inputs."""
        return self.values + self.refused


def try_once(decoder: Decoder, raw: bytes, tally: Tally) -> Found | None:
    """Give one input to a decoder, and what it should not have done, if it did."""
    begun = time.perf_counter()
    try:
        decoder.decode(raw)
    except decoder.allowed:
        tally.refused += 1
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Found(decoder.name, raw, error)
    else:
        tally.values += 1
    tally.slowest_s = max(tally.slowest_s, time.perf_counter() - begun)
    return None


def fuzz(
    decoders: Iterable[Decoder],
    seed: int,
    more: Callable[[Tally], bool],
    report: Callable[[Tally], None] = lambda _: None,
) -> Found | None:
    """Fuzz each decoder while `more` says so; the first that breaks the rule ends it."""
    for decoder in decoders:
        # Each decoder has its own stream of bytes, so that a new one does not shift the others.
        rng = random.Random(f"{seed}/{decoder.name}")
        tally = Tally(decoder.name)
        for sample in decoder.samples:
            if (found := try_once(decoder, sample, tally)) is not None:
                return found
        while more(tally):
            if (found := try_once(decoder, mutant(rng, decoder.samples), tally)) is not None:
                return found
        report(tally)
    return None
