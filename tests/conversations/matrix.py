"""From the table of test symbols to stories: one batch a row. Pure.

    on_failure cancel_and_flatten
    REJECT + FILL → unwound   legs rejected, filled   residual none
          ──▶ Story: POST the two legs, its answer, and what the broker's ledger must say

The first leg buys ten, the second sells ten, each in a symbol of its own. Of every leg the ledger
must have one order, or none where the symbol is not taken; and its net is what the row says.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from .pattern import HOLE
from .script import Answer, Ask, Happen, Ledger, Step, Story, Unreadable

QUANTITY: Final = 10
WAIT_S: Final = 120
SECTION: Final = re.compile(r"on_failure (\w+)")
ROW: Final = re.compile(
    r"([A-Z]+)(?: \+ ([A-Z]+))? +→ (\w+) +legs (\w+)(?:, (\w+))? +residual (none|[A-Z]+ -?\d+)"
)
# What stands may go on: an accepted leg may have filled by the time of the answer.
STANDS: Final = "accepted|partially_filled|filled"
UNTAKEN: Final = frozenset({"REFUSE", "GONE"})
FILLED: Final = {"FILL": 10, "STUCK": 10, "PARTIAL": 5}
UNANSWERED: Final = frozenset({"LOST", "GONE"})
PATIENT: Final = UNANSWERED | {"STUCK"}
UNANSWERED_S: Final = 15.0  # by then the gateway has given their answers up


def read_matrix(path: Path) -> list[Story]:
    """Read the table of a file. Unreadable."""
    return parse_matrix(path.name, path.read_text(encoding="utf-8"))


def parse_matrix(name: str, text: str) -> list[Story]:
    """Make a story of each row. Unreadable for a row that is none; lines without → are prose."""
    on_failure: str | None = None
    stories: list[Story] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if found := SECTION.fullmatch(line.strip()):
            on_failure = found[1]
        elif "→" in line:
            row = ROW.fullmatch(line.strip())
            if row is None or on_failure is None:
                raise Unreadable(f"{name}:{number}: this is no row of a section: {line}")
            stories.append(_story(name, number, on_failure, row))
    return stories


def _story(name: str, line: int, on_failure: str, row: re.Match[str]) -> Story:
    kinds = [kind for kind in (row[1], row[2]) if kind is not None]
    states = [state for state in (row[4], row[5]) if state is not None]
    if len(kinds) != len(states):
        raise Unreadable(f"{name}:{line}: as many legs as states are needed")
    symbols = [f"{kind}ROW{line}{'AB'[i]}" for i, kind in enumerate(kinds)]
    residual = _residual(row[6], kinds, symbols)
    body = {
        "orders": [_leg(symbol, i) for i, symbol in enumerate(symbols)],
        "on_failure": on_failure,
        "wait_s": WAIT_S,
    }
    answer = {
        "status": "success" if row[3] == "complete" else "failed",
        "outcome": row[3],
        "pending": 0,
        "legs": [{"state": STANDS if state == "stands" else state} for state in states],
        "residual": [
            {"tradingsymbol": symbol, "exchange": "NFO", "product": "NRML", "quantity": quantity}
            for symbol, quantity in residual.items()
        ],
        "batch_id": f"{HOLE}*",
    }
    path = "/accounts/primary/batch-orders"
    steps: list[Step] = [Ask(line, "POST", path, {}, body, Answer(line, 200, {}, answer))]
    for i, (kind, symbol) in enumerate(zip(kinds, symbols, strict=True)):
        net = residual.get(symbol, 0)
        if states[i] == "stands":
            net = (-1) ** i * FILLED.get(kind, 0)
        is_over = row[3] not in ("complete", "kept")
        steps.append(Ledger(line, symbol, _side(i), int(kind not in UNTAKEN), net, is_over))
    if not UNANSWERED.isdisjoint(kinds):
        # Several such rows in a moment would look like a broker that fails.
        steps.append(Happen(line, "time passes", UNANSWERED_S))
    title = f"{name}:{line} {on_failure} {' + '.join(kinds)}"
    return Story(name, tuple(steps), is_long=not PATIENT.isdisjoint(kinds), title=title)


def _residual(text: str, kinds: list[str], symbols: list[str]) -> dict[str, int]:
    if text == "none":
        return {}
    kind, _, quantity = text.partition(" ")
    return {symbols[kinds.index(kind)]: int(quantity)}


def _leg(symbol: str, index: int) -> dict[str, Any]:
    return {
        "tradingsymbol": symbol,
        "exchange": "NFO",
        "transaction_type": _side(index),
        "quantity": QUANTITY,
        "order_type": "LIMIT",
        "price": 100,
        "product": "NRML",
    }


def _side(index: int) -> str:
    return ("BUY", "SELL")[index]
