"""What the door promised to those who placed: P11, and that a refusal leaves no trace. Pure.

Asked(key, mark, answer), … ── the batches that are there ──▶ one a key, none for a refusal
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from .batch_world import Played
from .checkers import Broken
from .desk import Asked, answered

PLACING: Final = ("place", "again", "other")
REFUSALS: Final = (409, 422, 429, 503)
AFTERWARDS: Final = (200, 202, 404, 409, 503)  # what flatten and acknowledge may be answered


def check_door(played: Played) -> None:
    """Hold the desk's answers against the batches that there are in the end."""
    there: dict[str, list[str]] = defaultdict(list)
    for batch in played.batches:
        there[_mark(batch)].append(batch["batch_id"])
    for mark, names in there.items():
        if len(names) > 1:
            raise Broken(f"P11: {mark} was asked for once, and placed as {names}")
    placing = [one for one in played.asked if one.what in PLACING]
    for one, body in answered(placing):
        if _mark(body) != one.mark or there[one.mark] != [body["batch_id"]]:
            raise Broken(f"P11: {one.what} {one.mark} was answered {_mark(body)}: {body}")
    _check_keys(placing, there)
    _check_refusals(placing, there)
    for one in played.asked:
        status = None if one.answer is None else one.answer.status
        allowed = (200, 202, *REFUSALS) if one.what in PLACING else AFTERWARDS
        if status is not None and status not in allowed:
            raise Broken(f"P11: {one.what} {one.mark} was answered {one.answer}")


def _check_keys(placing: list[Asked], there: dict[str, list[str]]) -> None:
    """P11: a key stands for one batch; once it does, another body is refused, the same is not."""
    keyed = [one for one in placing if one.key is not None]
    for key in {(one.account, one.key) for one in keyed}:
        asked = [one for one in keyed if (one.account, one.key) == key]
        names = {name for one in asked for name in there[one.mark]}
        if len(names) > 1:
            raise Broken(f"P11: {key} stands for {names}")
        for first, _ in answered(asked):
            for later in asked:
                if later.sent_s < first.answered_s or later.answer is None:
                    continue
                is_right = later.answer.status in (200, 202)
                if later.mark != first.mark:
                    is_right = later.answer.status == 409
                if not is_right:
                    raise Broken(f"P11: after {first.mark}, {later.mark} was: {later.answer}")


def _check_refusals(placing: list[Asked], there: dict[str, list[str]]) -> None:
    """A refusal left nothing, unless the same request went through, or died, another time."""
    for mark in {one.mark for one in placing}:
        answers = [one.answer for one in placing if one.mark == mark]
        is_refused = all(answer is not None and answer.status in REFUSALS for answer in answers)
        if is_refused and there.get(mark):
            raise Broken(f"P11: {mark} was refused, and is there: {answers}")


def _mark(batch: dict[str, Any]) -> str:
    """Say whose a batch is: its legs carry the desk's own tag."""
    return batch["legs"][0]["tag"]
