"""One round of kills in a fresh folder: what is done, what must hold, what was measured.

broker killed b times   ──▶ live again within 5 s
gateway killed g times  ──▶ one epoch, each offset once and for all, every event once to a client
at 200 updates a second     that resumes
market stopped          ──▶ books equal the ledger, what happened meanwhile included
"""

import tempfile
import time
from pathlib import Path
from random import Random

import attrs
import trio

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .witness import Watching, read_again
from .world import HEADERS, World

RATE = 200
LIVE_WITHIN_S = 5.0
BROKER_AWAY_S = 1.0  # at most; its own start takes the rest of two seconds
GATEWAY_AWAY_S = 1.0
KILL_AFTER_EVENTS = (40, 400)


@attrs.define
class Measured:
    """What a round did and took. Lists have one entry a kill."""

    seed: int
    broker_live_s: list[float] = attrs.field(factory=list)
    gateway_ready_s: list[float] = attrs.field(factory=list)
    killed_at: list[int] = attrs.field(factory=list)
    epoch: str = ""
    first_offset: int = 0  # where the client began
    last_offset: int = 0
    events: int = 0
    resumed: int = 0
    orders: int = 0
    fills: int = 0
    took_s: float = 0.0

    @property
    def kills(self):
        """How many processes were killed."""
        return len(self.broker_live_s) + len(self.gateway_ready_s)


def run_round(seed, *, broker_kills, gateway_kills, say=lambda _: None):
    """Run a round, and give what was measured. Broken or AssertionError when something fails."""
    random = Random(seed)
    measured = Measured(seed)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="orderwire-kills-") as name,
        World(Path(name), seed) as world,
    ):
        world.start_broker(RATE)
        world.start_gateway()
        world.until_live()
        with Watching(world.url, HEADERS) as watching:
            until(lambda: watching.witness.told > 0, "a first event")
            for _ in range(broker_kills):
                kill_broker(world, random, measured, say)
                watching.check()
            for _ in range(gateway_kills):
                kill_gateway(world, watching, random, measured, say)
            settle(world, watching, measured, say)
    measured.took_s = round(time.monotonic() - began, 1)
    return measured


def kill_broker(world, random, measured, say):
    """Kill the broker, start it again on its ledger, and see every account live in time."""
    world.until_live()
    before = world.reconnects()
    world.kill_broker()
    time.sleep(random.uniform(0, BROKER_AWAY_S))
    world.start_broker(RATE)
    took_s = world.until_live(reconnects=before)
    say(f"broker killed: live {took_s:.2f} s after it served again")
    if took_s > LIVE_WITHIN_S:
        raise Broken(f"live only after {took_s:.2f} s")
    measured.broker_live_s.append(round(took_s, 2))


def kill_gateway(world, watching, random, measured, say):
    """Kill the gateway in the middle of the stream, and start it again on its store."""
    witness = watching.witness
    if random.random() < 0.5:
        # Half of the kills fall into the live stream, half wherever they fall: while it catches up.
        world.until_live()
    enough = witness.told + random.randint(*KILL_AFTER_EVENTS)
    until(lambda: witness.told >= enough or watching.broken, "the stream goes on", every_s=0.001)
    watching.check()
    world.kill_gateway()
    at = witness.position
    time.sleep(random.uniform(0, GATEWAY_AWAY_S))
    took_s = world.start_gateway()
    status = world.status()
    if status["epoch"] != witness.log.epoch:
        raise Broken(f"P5: the epoch was {witness.log.epoch}, and is {status['epoch']}")
    if status["offset"] < at:
        raise Broken(f"P5: {at} was published, and the store ends at {status['offset']}")
    say(f"gateway killed at {at}: served again in {took_s:.2f} s, from {status['offset']} on")
    measured.gateway_ready_s.append(round(took_s, 2))
    measured.killed_at.append(at)


def settle(world, watching, measured, say):
    """Stop the market, and compare everything with the ledger and with itself."""
    world.until_live()
    before = world.reconnects()
    world.kill_broker()
    world.start_broker(0)
    took_s = world.until_live(reconnects=before)
    if took_s > LIVE_WITHIN_S:
        raise Broken(f"live only after {took_s:.2f} s")
    equal_s, measured.orders, measured.fills = world.until_books_equal_ledger()
    measured.broker_live_s.append(round(took_s, 2))
    say(
        f"broker killed, market stopped: live in {took_s:.2f} s, equal to its ledger "
        f"{equal_s:.2f} s later ({measured.orders} orders, {measured.fills} fills)"
    )
    witness = watching.witness
    last = world.status()["offset"]
    until(lambda: witness.position >= last or watching.broken, f"the client at {last}")
    watching.check()
    witness.log.check_order()
    witness.log.check_lives()
    told = trio.run(read_again, world.url, HEADERS, witness.log, last)
    measured.epoch = witness.log.epoch
    measured.first_offset, measured.last_offset = min(witness.log.events) - 1, last
    measured.events, measured.resumed = witness.told, witness.resumed
    say(
        f"epoch {witness.log.epoch}: offsets to {last}, {witness.told} events to the client that "
        f"resumed {witness.resumed} times, each once; {told} told again, each the same"
    )
