"""Which fault hits this frame or this request, now: pure decisions, seeded.

    faults.toml ──▶ [Fault, …] ──▶ Faults ── frame(account, t)   ──▶ FrameFate
                                          ├─ request(account, t) ──▶ RequestFate
                                          └─ token(account, t), is_still(t)

A file is a list of `[[fault]]` tables. Each has a `kind`, and may have `account` (all, when not
said), `from_s` and `for_s` (since the file was read; for good, when not said), `probability` (1)
and its kind's own amounts:

    drop      the socket ends without a close frame
    silent    the frame is lost; the socket stays open and answers pings
    delay     the frame, and what is behind it, comes `delay_s` later
    double    the frame comes twice
    reorder   the frame comes after the next one, or after `delay_s` if there is none
    refuse    `status` (503) at the door; `on` says of what: orders, reads, socket
    late      the answer comes `delay_s` later; `on` as above, without socket
    lost      an order, modification or cancel is done and its answer never comes
    dead      the day's token is good no more, `token` is instead: the next login gives that out;
              sockets that are open stay so
    still     the market makes no change of its own
"""

import tomllib
from collections.abc import Iterable
from math import inf
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import evolve, field, frozen

FRAME_KINDS: Final = frozenset({"drop", "silent", "delay", "double", "reorder"})
REQUEST_KINDS: Final = frozenset({"refuse", "late", "lost"})
STATE_KINDS: Final = frozenset({"dead", "still"})
KINDS: Final = FRAME_KINDS | REQUEST_KINDS | STATE_KINDS
CALLS: Final = ("orders", "reads", "socket")
AMOUNTS: Final = {
    "delay": {"delay_s"},
    "reorder": {"delay_s"},
    "refuse": {"status", "on"},
    "late": {"delay_s", "on"},
    "dead": {"token"},
}
COMMON: Final = {"kind", "account", "from_s", "for_s"}
CHANCE: Final = {"probability"}
"""What a state has not: it is in force, or it is not."""


class FaultFileError(Exception):
    """A file of faults is wrong. `path` is where: the file, and the fault and key in it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@frozen
class Fault:
    """One fault: when it is in force, how probable, and by how much. Times are seconds."""

    kind: str
    account: str | None = None
    from_s: float = 0.0
    for_s: float = inf
    probability: float = 1.0
    delay_s: float = 1.0
    status: int = 503
    on: tuple[str, ...] = ("orders", "reads")
    token: str = field(default="", repr=False)

    def in_force(self, account: str | None, elapsed_s: float) -> bool:
        """Whether it may hit this account at this time."""
        mine = self.account is None or self.account == account
        return mine and self.from_s <= elapsed_s < self.from_s + self.for_s


@frozen
class FrameFate:
    """What becomes of one frame on one socket."""

    drop: bool = False
    silent: bool = False
    delay_s: float = 0.0
    copies: int = 1
    hold_s: float = 0.0


@frozen
class RequestFate:
    """What becomes of one request. `refuse_status` is None when it is let in."""

    refuse_status: int | None = None
    late_s: float = 0.0
    unanswered: bool = False


class Faults:
    """The faults in force, drawn with a `random` of their own so that the market is undisturbed."""

    def __init__(self, faults: Iterable[Fault] = (), random: Random | None = None) -> None:
        self._random = random or Random(0)
        self.use(faults, 0.0)

    def use(self, faults: Iterable[Fault], elapsed_s: float) -> None:
        """Have these in force from now on, and none of those before."""
        faults = tuple(faults)
        self._frames = [each for each in faults if each.kind in FRAME_KINDS]
        self._requests = [each for each in faults if each.kind in REQUEST_KINDS]
        self._states = [each for each in faults if each.kind in STATE_KINDS]
        self._since_s = elapsed_s

    def frame(self, account: str, elapsed_s: float) -> FrameFate:
        """Give the fate of one frame about to go to one socket of `account`."""
        fate = FrameFate()
        for each in self._frames:
            if not self._hits(each, account, elapsed_s):
                continue
            match each.kind:
                case "drop":
                    fate = evolve(fate, drop=True)
                case "silent":
                    fate = evolve(fate, silent=True)
                case "delay":
                    fate = evolve(fate, delay_s=fate.delay_s + each.delay_s)
                case "double":
                    fate = evolve(fate, copies=2)
                case _:
                    fate = evolve(fate, hold_s=each.delay_s)
        return fate

    def request(self, call: str, account: str | None, elapsed_s: float) -> RequestFate:
        """Give the fate of a request; `call` is `orders` (it changes one), `reads` or `socket`."""
        fate = RequestFate()
        for each in self._requests:
            touches = call == "orders" if each.kind == "lost" else call in each.on
            if not touches or not self._hits(each, account, elapsed_s):
                continue
            match each.kind:
                case "refuse":
                    fate = evolve(fate, refuse_status=each.status)
                case "late":
                    fate = evolve(fate, late_s=fate.late_s + each.delay_s)
                case _:
                    fate = evolve(fate, unanswered=True)
        return fate

    def token(self, account: str, elapsed_s: float) -> str | None:
        """Give the one token of `account` that is good; None when it is what it always was."""
        dead = self._states_of("dead", account, elapsed_s)
        return dead[-1].token if dead else None

    def is_still(self, elapsed_s: float) -> bool:
        """Whether the market makes no change of its own, in any account."""
        return bool(self._states_of("still", None, elapsed_s))

    def _states_of(self, kind: str, account: str | None, elapsed_s: float) -> list[Fault]:
        after_s = elapsed_s - self._since_s
        return [e for e in self._states if e.kind == kind and e.in_force(account, after_s)]

    def _hits(self, fault: Fault, account: str | None, elapsed_s: float) -> bool:
        if not fault.in_force(account, elapsed_s - self._since_s):
            return False
        return fault.probability >= 1 or self._random.random() < fault.probability


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Give the faults of a file. Raises FaultFileError."""
    try:
        return parse_faults(path.read_text(encoding="utf-8"), str(path))
    except OSError as fault:
        raise FaultFileError(str(path), fault.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise FaultFileError(str(path), "is not UTF-8 text") from None


def parse_faults(text: str, name: str = "faults") -> tuple[Fault, ...]:
    """Give the faults of a TOML text. Raises FaultFileError with `name` in its path."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise FaultFileError(name, f"is not TOML: {fault}") from None
    for key in document:
        if key != "fault":
            raise FaultFileError(f"{name}: {key}", "is not known; faults are [[fault]] tables")
    tables = document.get("fault", [])
    if not isinstance(tables, list):
        raise FaultFileError(f"{name}: fault", "is one table; write [[fault]]")
    return tuple(_fault(table, f"{name}: fault[{at}]") for at, table in enumerate(tables))


def _fault(table: Any, path: str) -> Fault:
    if not isinstance(table, dict):
        raise FaultFileError(path, "is not a table")
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise FaultFileError(f"{path}.kind", f"must be one of {known}")
    keys = COMMON | AMOUNTS.get(kind, set()) | (set() if kind in STATE_KINDS else CHANCE)
    if kind == "dead" and "token" not in table:
        raise FaultFileError(f"{path}.token", "is needed: what the next login gives out")
    for key, value in table.items():
        if key not in keys:
            raise FaultFileError(f"{path}.{key}", f"is not known for kind {kind!r}")
        problem = _problem(key, value, kind)
        if problem:
            raise FaultFileError(f"{path}.{key}", problem)
    given: dict[str, Any] = {
        key: tuple(value) if key == "on" else value for key, value in table.items()
    }
    return Fault(**given)


def _problem(key: str, value: Any, kind: str) -> str | None:
    """Say what is wrong with one value, in words; None when nothing is."""
    match key:
        case "kind":
            return None
        case "account":
            return None if isinstance(value, str) and value else "must be the name of an account"
        case "token":
            return None if isinstance(value, str) and value else "must be a text"
        case "status":
            good = type(value) is int and 400 <= value <= 599
            return None if good else "must be an HTTP status from 400 to 599"
        case "on":
            calls = CALLS if kind == "refuse" else CALLS[:2]
            good = isinstance(value, list) and bool(value) and all(map(calls.__contains__, value))
            return None if good else f"must be a list of {', '.join(calls)}"
    if type(value) not in {int, float} or not 0 <= value < inf:
        return "must be a number of seconds" if key.endswith("_s") else "must be from 0 to 1"
    return "must be from 0 to 1" if key == "probability" and value > 1 else None
