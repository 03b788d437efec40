"""What the client asks for: batches whose every leg has a fate that its symbol says. Pure.

    make_plan(random, 17, …) ──▶ Plan: FILL17A, REST17B, REJECT17C … under a key of its own
    number_of("REST17B") ──▶ 17

No two batches share a symbol, so the broker's ledger can be summed batch by batch, and a batch
that was made twice of one request shows by its number.
"""

import re
from itertools import pairwise

import attrs

LEGS_MAX = 4
FATES = {"FILL": 30, "REST": 20, "PARTIAL": 14, "LATE": 12, "REJECT": 8, "REFUSE": 6}
SLOW_FATES = ("STUCK", "LOST", "GONE")  # each costs seconds of waiting, by design
SLOW_SHARE = 0.12  # of the batches, where they are wanted
FAILING = ("REJECT", "REFUSE")
TWO_OF_A_KIND = 0.15  # legs that trade the symbol of the leg before them, on its side
NUMBER = re.compile(r"[A-Z]+(\d+)[A-Z]")


@attrs.frozen
class Plan:
    """One request: its number, whose account, its Idempotency-Key, and its body."""

    number: int
    account: str
    key: str
    body: dict

    @property
    def fails_surely(self):
        """Whether the broker says no to a leg of it for certain."""
        return any(leg["tradingsymbol"].startswith(FAILING) for leg in self.body["orders"])


def make_plan(random, number, account, *, slow):
    """Give the n-th request; `slow` allows legs whose end takes many seconds."""
    fates = random.choices(list(FATES), FATES.values(), k=random.randint(1, LEGS_MAX))
    if slow and random.random() < SLOW_SHARE:
        fates[random.randrange(len(fates))] = random.choice(SLOW_FATES)
    legs = [_leg(random, f"{fate}{number}{'ABCD'[i]}") for i, fate in enumerate(fates)]
    for before, leg in pairwise(legs):
        if random.random() < TWO_OF_A_KIND:
            leg |= {name: before[name] for name in ("tradingsymbol", "transaction_type")}
    body = {
        "orders": legs,
        "mode": random.choice(("parallel", "parallel", "sequential", "hedge_first")),
        "advance_on": random.choices(("accepted", "filled"), (3, 1))[0],
        "wait_s": random.choice((0, 1, 2, 5)),
        **_policy(random),
    }
    return Plan(number, account, f"key-{number}-{random.getrandbits(32):08x}", body)


def number_of(symbol):
    """The number of the batch that a symbol belongs to."""
    return int(NUMBER.fullmatch(symbol)[1])


def _leg(random, symbol):
    kind = random.choices(("MARKET", "LIMIT"), (3, 1))[0]
    return {
        "tradingsymbol": symbol,
        "exchange": "NFO",
        "transaction_type": random.choice(("BUY", "SELL")),
        "quantity": random.randint(2, 75),
        "order_type": kind,
        "product": "NRML",
        **({"price": 100} if kind == "LIMIT" else {}),
    }


def _policy(random):
    on_failure = random.choices(
        ("cancel_and_flatten", "cancel_open", "keep", "hold", None), (5, 2, 1, 1, 1)
    )[0]
    if on_failure is None:
        return {"rollback_on_failure": random.random() < 0.5}
    return {"on_failure": on_failure}
