"""Conflation: of each order only its last state, for who is behind and wants no more. Pure.

    A1 B1 A2 trade A3 B2   ──choose──▶   trade A3 B2        A3: two conflated, B2: one

Trades, positions, messages and batches are each told: a state can stand for those before it, an
event of its own cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from attrs import define, field

from .ids import AccountId, Offset
from .model import Event

STATES: Final = ("order_update", "correction")

Key: TypeAlias = tuple[AccountId, str]


@define
class Latest:
    """What one client was spared, an order, since it last heard of it."""

    _spared: dict[Key, int] = field(factory=dict)

    def choose(self, events: Sequence[Event], most: int) -> tuple[list[tuple[Event, int]], Offset]:
        """Choose what to tell of some events, the next for this client, of which there are some.

        Gives at most `most` of them in order, each with the number of states that it stands for
        beside its own, and the place up to which that goes.
        """
        last = {(e.account_id, e.subject): e.offset for e in events if e.type in STATES}
        chosen: list[tuple[Event, int]] = []
        place = events[0].offset
        for event in events:
            if len(chosen) == most:
                break
            place = event.offset
            key = (event.account_id, event.subject)
            if event.type not in STATES:
                chosen.append((event, 0))
            elif last[key] == event.offset:
                chosen.append((event, self._spared.pop(key, 0)))
            else:
                self._spared[key] = self._spared.get(key, 0) + 1
        return chosen, place
