"""What a broker would block for a batch: asked before it is placed, and never in its way.

    Batch, never begun ──▶ a turn ──▶ Upstream.margin ──▶ DryRun with `margin`
                             └───────────┴── no answer: `margin_error`, and whose fault it is

The question keeps the account's pace and is no order: neither its minute nor its day is used up.
"""

from __future__ import annotations

from typing import Final

import trio
from attrs import evolve

from .domain.batch import Batch
from .domain.errors import (
    BrokerError,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
    Unavailable,
)
from .domain.rehearsal import DryRun, Margin, in_send_order
from .runner import Means

ANSWER_WITHIN_S: Final = 4.0  # turn and answer together


async def with_margin(run: DryRun, batch: Batch, means: Means) -> DryRun:
    """Give a rehearsal with the broker's word on its margin, or why there is none."""
    try:
        return evolve(run, margin=await _ask(batch, means))
    except Unavailable as error:
        return evolve(run, margin_error=f"the gateway did not ask: {error}")
    except BrokerError as error:
        return evolve(run, margin_error=f"{_fault_of(error)}: {error}")


async def _ask(batch: Batch, means: Means) -> Margin:
    has_turn = False
    with trio.move_on_after(ANSWER_WITHIN_S):
        await means.gate.question()
        has_turn = True
        return await means.upstream.margin(in_send_order(batch))
    if not has_turn:
        raise Unavailable(f"no turn came within {ANSWER_WITHIN_S:g} s")
    raise BrokerUnknown(f"nothing came within {ANSWER_WITHIN_S:g} s")


def _fault_of(error: BrokerError) -> str:
    match error:
        case BrokerRefused():
            return "the broker refused to say"
        case BrokerUnreachable():
            return "the broker was not reached"
        case BrokerUnknown():
            return "the broker did not answer"
        case NeedsLogin():
            return "the broker wants a login"
        case _:
            return "the broker's answer means nothing"
