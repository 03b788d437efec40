"""One round of kills in the middle of batches: what is done, what must hold, what was measured.

placer ── POST … ──▶ gateway ── orders, 30 ms away ──▶ paper broker, of any kind ──▶ ledger
                        └─ killed at a point, at times once more while it starts

at each kill    the store that it left knows every order that the ledger has       P9
when quiet      every batch has ended, as the ledger says, and once a request      P10, P11
"""

import http.client
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from random import Random

import attrs

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .judge import check_batch, check_door, check_intents, check_twins, placed_by_tag
from .placer import Placer
from .points import SIGHTS, schedule
from .scout import Scout, batches_at_rest
from .world import ACCOUNTS, HEADERS, World

LATENCY_MS = 30
SIGHT_S = 4.0  # how long a point is looked for; then it is a kill like any
TRAFFIC_S = 0.6  # of ordinary life, at most, before a point is looked for
AFTER_POST_S = 0.02
AWAY_S = (0.05, 0.3)  # what was under way when the gateway died has arrived by then
STARTS_KILLED = 0.15  # of the starts, while they start
BROKERS_KILLED = 0.1  # of the kills, the broker too; it comes back after the gateway
BROKER_AWAY_S = 2.0
KILLS_A_QUIET = 10
QUIET_S = 60.0  # what every batch gets to end in, after the last restart
SETTLE_S = 10.0  # and the ledger to agree
PACED_ROUNDS = 5  # one round in so many keeps the default pace of calls
DEFAULT_PACE, FREE_PACE = 10, 1000
ACCOUNT_TOML = """fill_wait_s = 0.6
reconcile_s = 5
limits = { calls_per_second = %d, calls_per_minute = 60000, calls_per_day = 10000000 }
"""


@attrs.define
class Measured:
    """What a round did and took. Lists have one entry a kill, or a quiet."""

    seed: int
    upstream: str
    points: dict[str, int] = attrs.field(factory=Counter)
    missed: dict[str, int] = attrs.field(factory=Counter)  # aimed at, and never there
    outcomes: dict[str, int] = attrs.field(factory=Counter)
    brokers: int = 0  # killed together with the gateway
    running: list[int] = attrs.field(factory=list)  # batches that a kill found half-way
    ready_s: list[float] = attrs.field(factory=list)
    quiet_s: list[float] = attrs.field(factory=list)
    batches: int = 0
    orders: int = 0
    cut: int = 0
    repeated: int = 0
    took_s: float = 0.0

    @property
    def kills(self):
        """How often the gateway was killed."""
        return sum(self.points.values())


@attrs.frozen
class Scene:
    """What a round plays with, and where it writes down what it saw."""

    world: World
    placer: Placer
    scout: Scout
    random: Random
    measured: Measured
    brokers: float  # the share of the kills that the broker shares
    say: Callable[[str], None]


def run_round(
    seed, *, kills, upstream="ticker_service", is_long=True, keep=None, say=lambda _: None
):
    """Run a round, and give what was measured. Broken or AssertionError when something fails.

    When `is_long`, some kills take the broker too, and the first half of them meets legs that take
    many seconds, or never answer. What a broken round leaves is copied into the folder `keep`.
    """
    random, measured, began = Random(seed), Measured(seed, upstream), time.monotonic()
    pace = DEFAULT_PACE if seed % PACED_ROUNDS == 0 else FREE_PACE
    with (
        tempfile.TemporaryDirectory(prefix="orderwire-batches-") as name,
        World(Path(name), seed, accounts_toml=ACCOUNT_TOML % pace, upstream=upstream) as world,
        Placer(world.gateway_port, HEADERS, ACCOUNTS, seed) as placer,
        kept_when_broken(name, keep, upstream, seed),
    ):
        scout, brokers = Scout(world.ledger, world.store), BROKERS_KILLED * is_long
        scene = Scene(world, placer, scout, random, measured, brokers, say)
        world.start_broker(0, LATENCY_MS)
        world.start_gateway()
        world.until_live()
        for i, aim in enumerate(schedule(random, kills), start=1):
            placer.slow = is_long and i <= kills // 2
            kill(scene, aim)
            if i % KILLS_A_QUIET == 0 or i == kills:
                settle(scene)
        check_other_body(world, placer)
        measured.batches = len(placer.asked)
        measured.cut = sum(each.cut for each in placer.asked)
        measured.repeated = placer.repeated
    measured.took_s = round(time.monotonic() - began, 1)
    return measured


@contextmanager
def kept_when_broken(folder, keep, upstream, seed):
    """Keep the ledger and the store of a round that broke, if somewhere is given."""
    try:
        yield
    except AssertionError:
        if keep is not None:
            shutil.copytree(folder, keep / f"{upstream}-seed-{seed}", dirs_exist_ok=True)
        raise


def kill(scene, aim):
    """Kill the gateway at a point, look at what it left, and start it again."""
    world, random, measured = scene.world, scene.random, scene.measured
    scene.placer.check()
    scene.placer.go()
    is_there = reach(scene, aim)
    world.kill_gateway()
    measured.points[aim if is_there else "random"] += 1
    measured.missed[aim] += not is_there
    time.sleep(random.uniform(*AWAY_S))
    running = look_at_rest(world)
    if random.random() < STARTS_KILLED:
        usual_s = measured.ready_s[-1] if measured.ready_s else 1.0
        world.kill_starting_gateway(random.uniform(0.4, 1.1) * usual_s)
        measured.points["start"] += 1
        look_at_rest(world)
    with_broker = random.random() < scene.brokers
    if with_broker:
        world.kill_broker()
        measured.brokers += 1
    measured.ready_s.append(round(world.start_gateway(), 2))
    if with_broker:
        time.sleep(random.uniform(0, BROKER_AWAY_S))
        world.start_broker(0, LATENCY_MS)
    measured.running.append(running)
    scene.say(f"killed at {aim if is_there else 'random'}: {running} batches were half-way")


def reach(scene, aim):
    """Come to the point that is aimed at; False when it never came, in time."""
    random = scene.random
    time.sleep(random.uniform(0, TRAFFIC_S))
    if aim in SIGHTS:
        return scene.scout.until(SIGHTS[aim](random), SIGHT_S)
    if aim == "answered":
        scene.placer.send_and_hear()
    elif aim == "posted":
        scene.placer.send_only()
        time.sleep(random.uniform(0, AFTER_POST_S))
    return True


def look_at_rest(world):
    """P9: what a killed gateway left knows each order of the ledger. Gives how many run."""
    batches = batches_at_rest(world.store)
    check_twins(batches)
    check_intents(placed_by_tag(world.lines()), batches)
    return len(running_of(batches))


def settle(scene):
    """Place nothing new, wait for every answer and every end, and hold all against the ledger."""
    world, placer, measured = scene.world, scene.placer, scene.measured
    began = time.monotonic()
    placer.pause()

    def is_quiet():
        placer.check()
        return placer.is_idle and not running_of(all_batches(world))

    try:
        until(is_quiet, "every request answered, every batch ended", QUIET_S, every_s=0.2)
    except AssertionError:
        running = running_of(all_batches(world))
        raise Broken(f"P10: not ended {QUIET_S} s after the last restart: {running}") from None
    measured.quiet_s.append(round(time.monotonic() - began, 1))
    measured.orders, measured.outcomes = until_it_agrees(world, placer)
    scene.say(f"quiet after {measured.quiet_s[-1]} s: {dict(measured.outcomes)}")


def until_it_agrees(world, placer):
    """Hold all batches against the ledger; what is still on its way gets a moment."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            placed, batches = placed_by_tag(world.lines()), all_batches(world)
            check_intents(placed, batches)
            for batch in batches:
                check_batch(batch, placed)
            check_door(placer.asked, batches)
        except Broken:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return len(placed), Counter(batch["outcome"] for batch in batches)


def running_of(batches):
    """Those that have not ended."""
    return [batch for batch in batches if batch["outcome"] in (None, "unknown")]


def all_batches(world):
    """Every batch of every account, as REST shows it."""
    return [batch for name in ACCOUNTS for batch in world.batches(name)]


def check_other_body(world, placer):
    """P11: a key that stands for one body is refused with another, also over restarts."""
    plan = placer.asked[0].plan
    connection = http.client.HTTPConnection("127.0.0.1", world.gateway_port, timeout=10)
    body = json.dumps({**plan.body, "wait_s": 7})
    path = f"/accounts/{plan.account}/batch-orders"
    connection.request("POST", path, body, {**HEADERS, "Idempotency-Key": plan.key})
    status = connection.getresponse().status
    connection.close()
    if status != 409:
        raise Broken(f"P11: {plan.key} with another body was answered {status}")
