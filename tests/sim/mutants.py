"""`python -m tests.sim.mutants`: bugs planted in the batch core, each of which must be caught.

    Mutant(name, plant) ── planted ──▶ stories, none shrunk ──▶ caught after so many, or not

Prints a line a mutant; one that lives through all its stories ends it with status 1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import trio
from attrs import evolve, frozen

import actors.runner as runner_module
from actors.admission import Admission
from actors.batch import BatchDesk
from actors.domain import exposure, legs, saga, unwind
from actors.domain.batch import Batch, IdempotencyClaim
from actors.domain.books import AccountBook
from actors.domain.errors import StoreError, Unavailable
from actors.runner import Runner
from web.sandbox.paper import UPSTREAMS

from . import batches
from .batch_judge import play
from .batch_world import Played
from .checkers import Broken
from .script import Script

STORIES_MAX: Final = 300

Plant = Callable[[], AbstractContextManager[Any]]


@frozen
class Mutant:
    """A bug, and how it is put in for the length of a block."""

    name: str
    plant: Plant


@frozen
class Caught:
    """What a mutant's stories came to; no `by` when it lived through all."""

    stories: int
    by: str | None


def hunt(mutant: Mutant, stories_max: int = STORIES_MAX, upstream: str = UPSTREAMS[0]) -> Caught:
    """Play stories, always the same, until one notices."""
    played = 0

    def count(script: Script) -> Played:
        nonlocal played
        played += 1
        return play(script)

    with mutant.plant():
        try:
            batches.run(stories_max, upstream=upstream, shrinks=False, play=count)
        except Exception as broken:
            return Caught(played, _first_line(broken))
    return Caught(played, None)


# ------------------------------------------------------------------------------ the runner's


async def _act_then_commit(runner: Runner, calls: trio.Nursery) -> None:
    batch = runner._learn()
    step = saga.decide(batch, runner._scene(batch))
    runner._in_flight.update(map(runner_module._name, step.actions))
    for action in step.actions:
        calls.start_soon(runner._act, (action,))
    if step.batch != runner.batch or not runner.is_durable:
        try:
            await runner._commit(step.batch)
        except (Unavailable, StoreError) as error:
            await runner._commit_failed(batch, error)
            return
    if not step.actions and not runner._facts and not runner._is_done():
        await runner._wait_for_news()


async def _believe_a_cancel(runner: Runner, cancel: saga.Cancel) -> None:
    def cancelled(batch: Batch) -> Batch:
        for leg in legs.orders_of(batch):
            if leg.order_id == cancel.order_id:
                batch = legs.put(batch, evolve(leg, state="cancelled"))
        return batch

    try:
        await runner.means.upstream.cancel(cancel.order_id, cancel.variety)
    finally:
        runner.tell(cancelled)


def _look_no_more_at_cancelled(batch: Batch, book: AccountBook) -> Batch:
    found = _look(batch, book)
    for leg in legs.orders_of(batch):
        if leg.state == "cancelled":
            found = legs.put(found, leg)
    return found


async def _run_without_its_flattens(runner: Runner) -> None:
    if runner.is_durable and not runner.batch.ended:
        steps = tuple(step for step in runner.batch.rollback if step.action != "flatten")
        runner.batch = evolve(runner.batch, rollback=steps)
    await _run(runner)


_look, _run = exposure.look, Runner.run


@contextmanager
def _cancels_are_believed() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(patch.object(Runner, "_cancel", _believe_a_cancel))
        stack.enter_context(patch.object(exposure, "look", _look_no_more_at_cancelled))
        yield


# -------------------------------------------------------------------------------- the saga's


def _send_the_lost_again(batch: Batch, scene: saga.Scene) -> tuple[Batch, tuple[saga.Action, ...]]:
    lost = (
        leg
        for leg in legs.orders_of(batch)
        if leg.state in ("submitted", "unknown") and leg.order_id is None
    )
    return batch, tuple(saga.Send(leg) for leg in lost if leg.broker_tag not in scene.in_flight)


def _net_as_asked(batch: Batch) -> Any:
    asked = tuple(
        evolve(leg, filled_quantity=leg.quantity) if leg.filled_quantity else leg
        for leg in batch.legs
    )
    return _net_of(evolve(batch, legs=asked))


def _longs_first(batch: Batch) -> Any:
    net = _net_of(batch)
    return tuple(rest for rest in net if rest.quantity > 0) or net


def _net_of_the_legs(batch: Batch) -> Any:
    return _net_of(evolve(batch, rollback=()))


_net_of = unwind.net_of


# --------------------------------------------------------------------------------- the door's


def _begin_without_claim(admission: Admission, *args: Any) -> Batch:
    return evolve(_begin(admission, *args), idempotency=None)


def _begin_with_a_way_out(admission: Admission, *args: Any) -> Batch:
    batch = _begin(admission, *args)
    return evolve(batch, way_out=evolve(batch.way_out, flattens=True))


def _any_body_is_another(desk: BatchDesk, account_id: Any, claim: IdempotencyClaim) -> Any:
    try:
        return _twin(desk, account_id, claim)
    except Exception:
        return None


def _take_up_nothing(desk: BatchDesk, account_id: Any, batch: Batch) -> None:
    if batch.ended:
        _heed(desk, account_id, batch)


_begin, _twin, _heed = Admission.begin, BatchDesk._twin, BatchDesk._heed


def _planted(owner: Any, name: str, bug: Any) -> Plant:
    return lambda: patch.object(owner, name, bug)


MUTANTS: Final = (
    Mutant("sent before it is durable", _planted(Runner, "_step", _act_then_commit)),
    Mutant("an unknown leg sent again", _planted(saga, "_ask_for_the_lost", _send_the_lost_again)),
    Mutant("a cancel counts as done unseen", _cancels_are_believed),
    Mutant("flattens what was asked", _planted(unwind, "net_of", _net_as_asked)),
    Mutant("sells longs before shorts are closed", _planted(unwind, "net_of", _longs_first)),
    Mutant("flattens again after a crash", _planted(Runner, "run", _run_without_its_flattens)),
    Mutant(
        "flattens before the cancels are done", _planted(unwind, "is_waiting", lambda *_: False)
    ),
    Mutant("one denial is enough", _planted(legs, "DENIALS_MAX", 1)),
    Mutant("no answer counts as a no", _planted(legs, "unclear", legs.refused)),
    Mutant("a late leg is ignored", _planted(exposure, "revised", lambda told, *_: told)),
    Mutant("the residual forgets the way out", _planted(saga, "net_of", _net_of_the_legs)),
    Mutant("stages go out at once", _planted(saga, "stages", lambda batch: (batch.legs,))),
    Mutant("a restart takes up nothing", _planted(BatchDesk, "_heed", _take_up_nothing)),
    Mutant("a key is not stored", _planted(Admission, "begin", _begin_without_claim)),
    Mutant(
        "another body under a key is placed", _planted(BatchDesk, "_twin", _any_body_is_another)
    ),
    Mutant("cancel_open flattens", _planted(Admission, "begin", _begin_with_a_way_out)),
)


def main() -> int:
    """Hunt all, or those whose names have a word in them."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.mutants", description=__doc__)
    parser.add_argument("--stories", type=int, default=STORIES_MAX)
    parser.add_argument("--only", default="", help="a word of the names")
    parser.add_argument("--upstream", choices=UPSTREAMS, default=UPSTREAMS[0])
    asked = parser.parse_args()
    lived = 0
    for mutant in MUTANTS:
        if asked.only not in mutant.name:
            continue
        began = time.monotonic()
        caught = hunt(mutant, asked.stories, asked.upstream)
        took = f"{caught.stories:>4} stories, {time.monotonic() - began:.0f} s"
        print(f"{mutant.name:<38} {took}: {caught.by or 'NOT CAUGHT'}", flush=True)
        lived += caught.by is None
    return 1 if lived else 0


def _first_line(error: Exception) -> str:
    kind = "" if isinstance(error, Broken) else f"{type(error).__name__}: "
    return f"{kind}{error}".splitlines()[0][:100]


if __name__ == "__main__":
    raise SystemExit(main())
