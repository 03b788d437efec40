"""Many clients that drop and come back at random, while orders live; then each one's record is read.

gateway, 200 updates a second ──▶ 48 wanderers, so many resumes ──▶ compare with `/events`
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random

import trio
from attrs import define

from .gateway import gateway
from .record import Keeper, compare
from .wanderer import Counts, Wanderer

RATE = 200
SAID_EACH_S = 10.0


@define
class Measured:
    """What a run did and found."""

    counts: Counts
    clients: int
    resumed: int  # of the resumes, those whose first word was read
    stretches: int  # between two changes of what a client heard
    given: int  # events, over all clients
    largest: int  # events given on one connection
    events: int  # in the record
    took_s: float


def run(resumes, *, clients=48, rate=RATE, seed=1, say=lambda _: None):
    """Run until there were so many resumes; Broken when a record is not whole."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="orderwire-resume-") as folder,
        gateway(Path(folder), rate) as running,
    ):
        accounts, epoch, offset = running.position()
        counts = Counts(resumes)
        wanderers = [
            Wanderer(
                running.host,
                running.port,
                accounts,
                Keeper(f"client {n}", epoch, offset),
                counts,
                Random(f"{seed} {n}"),
            )
            for n in range(clients)
        ]
        trio.run(wander, wanderers, say)
        keepers = [wanderer.keeper for wanderer in wanderers]
        record = running.record(f"{epoch}:{offset}", max(k.position for k in keepers))
        given = sum(compare(keeper, record) for keeper in keepers)
    return Measured(
        counts=counts,
        clients=clients,
        resumed=sum(keeper.resumed for keeper in keepers),
        stretches=sum(len(keeper.stretches) for keeper in keepers),
        given=given,
        largest=max(keeper.largest for keeper in keepers),
        events=len(record.offsets),
        took_s=time.monotonic() - began,
    )


async def wander(wanderers, say):
    """Let them all come and go until it is enough."""
    async with trio.open_nursery() as telling:
        telling.start_soon(tell, wanderers[0].counts, say)
        async with trio.open_nursery() as nursery:
            for wanderer in wanderers:
                nursery.start_soon(wanderer.run, nursery.cancel_scope)
        telling.cancel_scope.cancel()


async def tell(counts, say):
    """Say now and then how far it is."""
    while True:
        await trio.sleep(SAID_EACH_S)
        say(f"{counts.resumes} of {counts.wanted} resumes")
