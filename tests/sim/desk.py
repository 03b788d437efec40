"""A desk that plays its part of a story over HTTP, and keeps what it asked and was answered.

place ─▶ POST … with a key or without     again, other ─▶ the same key, the same or another body
flatten, acknowledge ─▶ what a batch left behind
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import trio
from attrs import define, field, frozen

from .checkers import Broken
from .mortal import Answer, Mortal, NoAnswer
from .script import ACCOUNTS, Act, Script

AWAY_PAUSE_S: Final = 0.2
AWAY_TRIES: Final = 100
ANSWER_WITHIN_S: Final = 200.0
PAGE: Final = 500


@frozen
class Asked:
    """One request of the desk, and what came of it; no `answer` when the gateway died over it."""

    what: str
    number: int
    mark: str
    key: str | None
    account: str
    sent_s: float
    answered_s: float
    answer: Answer | None


@define(eq=False)
class Desk:
    """Who places the batches of a story."""

    script: Script
    gateway: Mortal
    asked: list[Asked] = field(factory=list)

    async def play(self, began_s: float) -> None:
        """Do all that the story says, each thing at its time, and wait for the answers."""
        async with trio.open_nursery() as nursery:
            for number, place in enumerate(self.script.places):
                at_s = began_s + place.at_ms / 1000
                nursery.start_soon(self._place, at_s, number, "place", place.keyed)
            for act in self.script.acts:
                nursery.start_soon(self._act, began_s + act.at_ms / 1000, act)

    async def _act(self, at_s: float, act: Act) -> None:
        number = act.of % len(self.script.places)
        if act.what in ("again", "other"):
            if self.script.places[number].keyed:
                await self._place(at_s, number, act.what, True)
            return
        await trio.sleep_until(at_s)
        try:
            there = [batch for account in ACCOUNTS for batch in await self.batches(account)]
        except NoAnswer:
            return
        left = [batch for batch in there if _leaves_something(batch)] or there
        if left:
            batch = left[act.of % len(left)]
            path = f"/accounts/{batch['account_id']}/batch-orders/{batch['batch_id']}/{act.what}"
            mark = batch["legs"][0]["tag"]
            await self._ask(act.what, self.script.number(mark), mark, path)

    async def _place(self, at_s: float, number: int, what: str, is_keyed: bool) -> None:
        await trio.sleep_until(at_s)
        place = self.script.places[number]
        mark = self.script.mark(number, other=what == "other")
        path = f"/accounts/{place.account}/batch-orders"
        key = f"key{number}" if is_keyed else None
        await self._ask(what, number, mark, path, body=place.body(mark), key=key)

    async def _ask(
        self,
        what: str,
        number: int,
        mark: str,
        path: str,
        *,
        body: Any = None,
        key: str | None = None,
    ) -> None:
        """Ask until a gateway is there, and under a key until it answers; keep what came of it."""
        account = self.script.places[number].account
        headers = {} if key is None else {"Idempotency-Key": key}
        for _ in range(AWAY_TRIES):
            sent_s = trio.current_time()
            answer: Answer | None = None
            try:
                with trio.fail_after(ANSWER_WITHIN_S):
                    answer = await self.gateway.request("POST", path, body, headers)
            except trio.TooSlowError:
                raise Broken(f"P10: no answer to {what} {mark} in {ANSWER_WITHIN_S} s") from None
            except NoAnswer as away:
                if not away.was_sent:
                    await trio.sleep(AWAY_PAUSE_S)
                    continue
            now_s = trio.current_time()
            self.asked.append(Asked(what, number, mark, key, account, sent_s, now_s, answer))
            if answer is not None or key is None:
                return
            await trio.sleep(AWAY_PAUSE_S)  # under a key it is safe to ask again
        raise Broken(f"P18: the gateway did not come back for {what} {mark}")

    async def batches(self, account: str) -> list[Any]:
        """Give every batch of an account, each asked for by its id."""
        path = f"/accounts/{account}/batch-orders"
        listed = (await self.gateway.request("GET", f"{path}?limit={PAGE}")).body
        if listed["next"] is not None:
            raise Broken("P11: more batches than a story can have")
        ids = [batch["batch_id"] for batch in listed["data"]]
        return [(await self.gateway.request("GET", f"{path}/{name}")).body for name in ids]


def answered(asked: list[Asked]) -> Iterator[tuple[Asked, Any]]:
    """Give the requests that were answered with a batch, and the batch."""
    for one in asked:
        if one.answer is not None and one.answer.status in (200, 202):
            yield one, one.answer.body


def _leaves_something(batch: dict[str, Any]) -> bool:
    return batch["outcome"] == "exposed" and batch["cleared_at"] is None
