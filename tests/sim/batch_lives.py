"""What was told of batches while they ran, and that answers say the same. Pure.

batch_update, batch_update, … ──▶ each goes on from the one before; an end stands    P10
answers, each at an offset    ──▶ the batch as the frames up to there have it
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from .batch_calm import CLOSED, lives
from .batch_world import Played
from .checkers import Broken
from .desk import answered

DENIALS: Final = 2
POSITION: Final = ("epoch", "offset")


def check_lives(played: Played) -> None:
    """Hold what was told, and what was answered, against each other."""
    told = lives(played.log)
    shown = {batch["batch_id"]: batch for batch in played.batches}
    if told.keys() != shown.keys():
        raise Broken(f"P10: told of {sorted(told)}, shown {sorted(shown)}")
    for events in told.values():
        for before, after in pairwise(event["data"] for event in events):
            _check_step(before, after)
        for event in events:
            _check_denials(event["data"])
    for body in [*shown.values(), *(body for _, body in answered(played.asked))]:
        _check_answer(body, told)


def _check_answer(body: dict[str, Any], told: dict[str, list[dict[str, Any]]]) -> None:
    """An answer is the batch after exactly the events up to its offset."""
    before = [e for e in told.get(body["batch_id"], []) if e["offset"] <= body["offset"]]
    said = {name: value for name, value in body.items() if name not in POSITION}
    if not before or before[-1]["data"] != said:
        raise Broken(f"P10: at {body['offset']} answered {said}, told {before[-1:]}")


def _check_step(before: dict[str, Any], after: dict[str, Any]) -> None:
    if before["outcome"] in CLOSED:
        _check_after_the_end(before, after)
    for was, leg in zip(before["legs"], after["legs"], strict=True):
        name = f"{leg['tag']}, leg {leg['index']}"
        if was["order_id"] not in (None, leg["order_id"]):
            raise Broken(f"P9: {name} was order {was['order_id']}, and is {leg['order_id']}")
        if leg["filled_quantity"] < was["filled_quantity"]:
            raise Broken(f"P8: {name} had filled {was['filled_quantity']}, and less then")
        is_back = was["state"] == "rejected" and not was["order_id"] and leg["order_id"]
        if is_back and was["denials"] < DENIALS:
            raise Broken(
                f"P9: {name} was given up on after {was['denials']} denials, and was there"
            )


def _check_after_the_end(before: dict[str, Any], after: dict[str, Any]) -> None:
    """P10: an end stands; it is told anew with `revised_at`, or its exposure is cleared."""
    if before["outcome"] == "complete":
        raise Broken(f"P10: {before['batch_id']} was complete, and then {after}")
    if before["revised_at"] != after["revised_at"]:
        return
    cleared = {"cleared_at": after["cleared_at"], "cleared_by": after["cleared_by"]}
    if before["outcome"] != "exposed" or {**before, **cleared} != after:
        raise Broken(f"P10: {before['batch_id']} had ended as {before}, and then {after}")


def _check_denials(batch: dict[str, Any]) -> None:
    """P9: only a leg that the broker denied twice has failed for want of an answer."""
    for leg in batch["legs"]:
        was_denied = leg["state"] == "rejected" and "no such order" in (leg["error"] or "")
        if was_denied and leg["denials"] < DENIALS:
            raise Broken(f"P9: leg {leg['index']} failed after {leg['denials']} denials")
