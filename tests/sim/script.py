"""A story of batches and troubles as data: what a desk does, what goes wrong, and when.

    Script(places, acts, troubles, weather) ── strategies draw it, the desk plays it
                                            └─ `told` writes it down, line by line

All times are virtual milliseconds since the account was live. The n-th place is batch `b<n>`: its
legs carry that as the caller's own tag, so that a batch that anyone sees says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attrs import asdict, frozen

ACCOUNTS: Final = ("primary", "hedge")
TICKS_PER_UNIT: Final = 20  # five paise


@frozen
class LegWish:
    """One leg: `price_ticks` makes it a LIMIT, 0 a MARKET order."""

    symbol: str
    side: str
    quantity: int
    price_ticks: int = 0

    def body(self, mark: str) -> dict[str, Any]:
        """Give the leg as a caller writes it."""
        leg: dict[str, Any] = {
            "tradingsymbol": self.symbol,
            "exchange": "NSE",
            "transaction_type": self.side,
            "quantity": self.quantity,
            "order_type": "LIMIT" if self.price_ticks else "MARKET",
            "product": "MIS",
            "tag": mark,
        }
        return leg | ({"price": self.price_ticks / TICKS_PER_UNIT} if self.price_ticks else {})


@frozen
class Place:
    """A batch that the desk places. With `keyed` it goes under an Idempotency-Key of its own."""

    at_ms: int
    legs: tuple[LegWish, ...]
    account: str = "primary"
    mode: str = "parallel"
    advance_on: str = "accepted"
    on_failure: str = "cancel_and_flatten"
    keyed: bool = True
    wait_s: int = 30

    def body(self, mark: str) -> dict[str, Any]:
        """Give the request's body."""
        return {
            "orders": [leg.body(mark) for leg in self.legs],
            "mode": self.mode,
            "advance_on": self.advance_on,
            "on_failure": self.on_failure,
            "wait_s": self.wait_s,
        }


@frozen
class Act:
    """What the desk does; `of` is counted round.

    again: the same request under the key of a place · other: another body under it · flatten,
    acknowledge: what a batch left behind; where none left anything, any batch
    """

    at_ms: int
    what: str
    of: int = 0


@frozen
class Trouble:
    """What happens to the world: kill, ambush, cut, away, full, stuck, halt, sweep or resume.

    `ambush` is a kill while something is being flattened, if that comes soon. `away` is the broker
    out of reach, `full` and `stuck` the disk, each for `for_ms`; `sweep` is a halt that cancels
    open orders.
    """

    at_ms: int
    what: str
    for_ms: int = 0


@frozen
class Weather:
    """What may go wrong at any time: probabilities by call or frame, and times."""

    latency_s: float = 0.002
    disk_s: float = 0.0
    unreachable: float = 0.0
    lost_answer: float = 0.0
    stray: float = 0.0  # a placement that its sender gives up on, and that arrives all the same
    refused: float = 0.0  # the broker's 503 to what moves an order
    refused_reads: float = 0.0
    late: float = 0.0  # an answer that takes three seconds
    silent: float = 0.0  # frames that are lost
    dropped: float = 0.0  # frames that take the stream with them
    rate: float = 0.0  # changes a second that others make in the market
    calls_per_minute: int = 400


@frozen
class Script:
    """A whole story."""

    seed: int
    places: tuple[Place, ...]
    acts: tuple[Act, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    weather: Weather = Weather()
    upstream: str = "ticker_service"

    @property
    def length_s(self) -> float:
        """Say when the last thing of it has happened; then the faults end."""
        times = [(one.at_ms, 0) for one in (*self.places, *self.acts)]
        times += [(one.at_ms, one.for_ms) for one in self.troubles]
        return max(at_ms + for_ms for at_ms, for_ms in times) / 1000 + 5.0

    def mark(self, number: int, *, other: bool = False) -> str:
        """Give the name of the n-th place; of another body under its key, when `other`."""
        return f"b{number}other" if other else f"b{number}"

    @staticmethod
    def number(mark: str) -> int:
        """Give the number of the place that a mark is of."""
        return int(mark.removeprefix("b").removesuffix("other"))


def told(script: Script) -> str:
    """Write a story down, what happens first first."""
    lines = [f"seed {script.seed}, at {script.upstream}", *_weather(script.weather)]
    events: list[tuple[int, str]] = []
    for number, place in enumerate(script.places):
        legs = "; ".join(
            f"{leg.side} {leg.quantity} {leg.symbol}"
            + (f" at {leg.price_ticks / TICKS_PER_UNIT:.2f}" if leg.price_ticks else "")
            for leg in place.legs
        )
        words = (place.account, place.mode, place.advance_on, place.on_failure)
        key = "keyed" if place.keyed else "no key"
        text = f"b{number} ({', '.join(words)}, {key}, wait {place.wait_s} s): {legs}"
        events.append((place.at_ms, text))
    events += [(act.at_ms, _act(act, len(script.places))) for act in script.acts]
    for trouble in script.troubles:
        lasts = f" for {trouble.for_ms} ms" if trouble.for_ms else ""
        events.append((trouble.at_ms, f"{trouble.what}{lasts}"))
    lines += [f"{at_ms:>6} ms  {text}" for at_ms, text in sorted(events)]
    return "\n".join(lines)


def _act(act: Act, places: int) -> str:
    is_of_a_place = act.what in ("again", "other")
    return f"{act.what} b{act.of % places}" if is_of_a_place else f"{act.what} number {act.of}"


def _weather(weather: Weather) -> Iterator[str]:
    calm = asdict(Weather())
    for name, value in asdict(weather).items():
        if value != calm[name]:
            yield f"{name} {value:g}"
