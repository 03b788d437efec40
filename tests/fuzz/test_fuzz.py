"""The short form of the fuzzer: a few thousand inputs for each decoder, the same each time."""

import pytest

from .decoders import DECODERS, Decoder
from .mutate import BYTES_MAX, mutant
from .run import Tally, fuzz

INPUTS = 3000


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_any_bytes_are_a_value_or_the_decoders_error(decoder):
    """P19: mutants of good bytes give a value or the one allowed error, and nothing else.

    A decoder that refused all would pass any fuzzer, and one that took all none: each does both.
    """
    tallies = []
    found = fuzz([decoder], 1, lambda tally: tally.total < INPUTS, tallies.append)
    assert found is None, str(found)
    (tally,) = tallies
    assert tally.total == INPUTS
    assert min(tally.values, tally.refused) > INPUTS // 100


def _planted(raw):
    if b"\xff" in raw:
        raise KeyError("planted")


def test_a_planted_bug_is_found():
    """P19: the fuzzer finds a decoder that lets another error through; a canary, or it finds none."""
    planted = Decoder("planted", _planted, ValueError, (b'{"a":1}',))
    found = fuzz([planted], 1, lambda tally: tally.total < INPUTS)
    assert found is not None
    assert b"\xff" in found.raw
    assert "KeyError" in str(found)


def test_a_planted_bug_in_the_samples_is_found():
    """P19: the samples themselves are tried first."""
    planted = Decoder("planted", _planted, ValueError, (b"\xff",))
    assert fuzz([planted], 1, lambda _: False) is not None


def test_the_same_seed_gives_the_same_bytes():
    """A find can be seen again from its seed, and the inputs stay bounded."""
    import random

    first, again = random.Random("7/x"), random.Random("7/x")
    samples = DECODERS[0].samples
    mutants = [mutant(first, samples) for _ in range(500)]
    assert mutants == [mutant(again, samples) for _ in range(500)]
    assert max(map(len, mutants)) <= BYTES_MAX
    assert len(set(mutants)) > 400


def test_an_interrupt_is_not_a_find():
    """Ctrl-C ends the fuzzer; it is not taken for a decoder's fault."""
    from .run import try_once

    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_once(Decoder("x", interrupted, ValueError, (b"",)), b"", Tally("x"))
