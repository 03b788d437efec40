"""How stories of batches are drawn: small first, so that one that fails shrinks to a few lines."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from .script import ACCOUNTS, Act, LegWish, Place, Script, Trouble, Weather

SYMBOLS: Final = (
    *(
        "FILLA",
        "PARTIALA",
        "RESTA",
        "PARTIALA",
        "REJECTA",
        "REFUSEA",
        "LOSTA",
        "GONEA",
        "LATEA",
        "STUCKA",
    ),
    *("FILLB", "PARTIALB", "SBIN", "INFY"),
)
ON_FAILURE: Final = ("cancel_and_flatten", "cancel_open", "keep", "hold")
TROUBLES: Final = (
    "kill",
    "kill",
    "ambush",
    "ambush",
    "cut",
    "away",
    "full",
    "stuck",
    "halt",
    "sweep",
    "resume",
)
LASTING: Final = ("away", "full", "stuck")
LATE_MS: Final = 20_000
STUCK_MS_MAX: Final = 12_000

LIMITS: Final = {"SBIN": 972 * 20, "INFY": 1541 * 20}  # near the price, so that some rest
LIMIT: Final = 100 * 20


def moments() -> st.SearchStrategy[int]:
    """Draw a time: mostly of the first seconds, when batches are on their way."""
    return st.one_of(st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, LATE_MS))


@st.composite
def legs(draw: st.DrawFn) -> LegWish:
    """Draw a leg."""
    symbol = draw(st.sampled_from(SYMBOLS))
    side = draw(st.sampled_from(("BUY", "SELL")))
    ticks = LIMITS.get(symbol, LIMIT) if draw(st.booleans()) else 0
    return LegWish(symbol, side, draw(st.integers(1, 20)), ticks)


def places() -> st.SearchStrategy[Place]:
    """Draw a batch of one to four legs."""
    return st.builds(
        Place,
        at_ms=st.integers(0, 4_000),
        legs=st.lists(legs(), min_size=1, max_size=4).map(tuple),
        account=st.sampled_from(ACCOUNTS),
        mode=st.sampled_from(("parallel", "sequential", "hedge_first")),
        advance_on=st.sampled_from(("accepted", "filled")),
        on_failure=st.sampled_from((*ON_FAILURE[:1] * 3, *ON_FAILURE)),
        keyed=st.booleans(),
        wait_s=st.sampled_from((0, 1, 30)),
    )


def acts() -> st.SearchStrategy[Act]:
    """Draw what the desk does about a batch: it asks again at any time, and clears up later."""
    of = st.integers(0, 3)
    asks = st.builds(Act, at_ms=moments(), what=st.sampled_from(("again", "other")), of=of)
    later = st.integers(3_000, LATE_MS)
    clears = st.builds(Act, at_ms=later, what=st.sampled_from(("flatten", "acknowledge")), of=of)
    return st.one_of(asks, clears)


@st.composite
def troubles(draw: st.DrawFn) -> Trouble:
    """Draw a trouble."""
    what = draw(st.sampled_from(TROUBLES))
    if what not in LASTING:
        return Trouble(draw(moments()), what)
    return Trouble(draw(moments()), what, draw(st.integers(100, STUCK_MS_MAX)))


def weathers() -> st.SearchStrategy[Weather]:
    """Draw the weather; each kind of fault is left out in most stories, so others get room."""

    def odds(*values: float) -> st.SearchStrategy[float]:
        return st.sampled_from((0.0, 0.0, *values))

    return st.builds(
        Weather,
        latency_s=st.sampled_from((0.002, 0.05, 0.5)),
        disk_s=st.sampled_from((0.0, 0.01, 0.3)),
        unreachable=odds(0.1, 0.3),
        lost_answer=odds(0.1, 0.3),
        stray=odds(0.2, 0.5),
        refused=odds(0.1, 0.4),
        refused_reads=odds(0.1),
        late=odds(0.2),
        silent=odds(0.3, 1.0),
        dropped=odds(0.05),
        rate=odds(1.0),
        calls_per_minute=st.sampled_from((400, 400, 30)),
    )


def scripts(upstream: str) -> st.SearchStrategy[Script]:
    """Draw a story: several batches at once, what is done about them, and what goes wrong.

    At each broker the same are drawn.
    """
    return st.builds(
        Script,
        seed=st.integers(0, 999),
        places=st.lists(places(), min_size=1, max_size=4).map(tuple),
        acts=st.lists(acts(), max_size=4).map(tuple),
        troubles=st.lists(troubles(), max_size=4).map(tuple),
        weather=weathers(),
        upstream=st.just(upstream),
    )
