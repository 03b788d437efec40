"""The named points at which a gateway is killed, each found from outside of it.

    SIGHTS  intent ─▶ order ─▶ fill ─▶ cancel ─▶ flatten ─▶ end     seen in ledger and store
    ACTS    posted, answered                                        done by the client itself
    random  whenever it is

A sight is made afresh for each kill: `sight(random)` gives what `Scout.until` asks of new ledger
lines and new steps of batches.
"""

from collections import Counter, defaultdict

TAG_HEAD = 17  # characters of a tag that name its batch; three more are the order's index


def intent(_random):
    """The store has a leg as submitted; the ledger has nothing of it."""

    def sight(lines, steps):
        there = {line["tag"] for line in lines}
        return any(
            leg["state"] == "submitted"
            and leg["order_id"] is None
            and leg["broker_tag"] not in there
            for step in steps
            for leg in step["legs"]
        )

    return sight


def order(random):
    """The ledger has the n-th order of a batch; the answer to it is under way."""
    wanted, count = random.randint(1, 4), Counter()

    def sight(lines, _steps):
        placed = {_batch_of(line) for line in lines if line["event"] == "order"}
        before = {batch: count[batch] for batch in placed}
        count.update(_batch_of(line) for line in lines if line["event"] == "order")
        return any(before[batch] < wanted <= count[batch] for batch in placed)

    return sight


def fill(_random):
    """The ledger has a fill of a batch that has, or will have, a leg that the broker refused."""
    refused = set()

    def sight(lines, steps):
        refused.update(
            step["legs"][0]["broker_tag"][:TAG_HEAD]
            for step in steps
            if any(leg["tradingsymbol"].startswith(("REJECT", "REFUSE")) for leg in step["legs"])
        )
        return any(line["event"] == "fill" and _batch_of(line) in refused for line in lines)

    return sight


def rollback(_random):
    """The store has a cancel, and nobody has said yet what became of it."""

    def sight(_lines, steps):
        return any(
            action["action"] == "cancel" and action["state"] == "submitted"
            for step in steps
            for action in step["rollback"]
        )

    return sight


def cancelled(_random):
    """The ledger has the end that a cancel made, beside a fill that nobody has flattened yet."""
    filled = defaultdict(int)

    def sight(lines, _steps):
        for line in lines:
            side = 1 if line["transaction_type"] == "BUY" else -1
            if line["event"] == "fill":
                filled[_batch_of(line)] += side * line["quantity"]
        return any(
            line["event"] == "end" and line["status"] == "CANCELLED" and filled[_batch_of(line)]
            for line in lines
        )

    return sight


def flatten(_random):
    """The ledger has an order that flattens a fill; the answer to it is under way."""
    legs = {}

    def sight(lines, steps):
        for step in steps:
            legs[step["legs"][0]["broker_tag"][:TAG_HEAD]] = len(step["legs"])
        return any(
            line["event"] == "order"
            and int(line["tag"][TAG_HEAD:]) >= legs.get(_batch_of(line), TAG_HEAD)
            for line in lines
        )

    return sight


def end(_random):
    """The store has the outcome of a batch that failed; whoever waits for it may not know."""

    def sight(_lines, steps):
        return any(step["outcome"] not in (None, "unknown", "complete") for step in steps)

    return sight


SIGHTS = {
    "intent": intent,
    "order": order,
    "fill": fill,
    "rollback": rollback,
    "cancelled": cancelled,
    "flatten": flatten,
    "end": end,
}
ACTS = ("posted", "answered")
POINTS = (*SIGHTS, *ACTS, "random")


def schedule(random, kills):
    """Which point each kill of a round aims at: all of them, as often as one another, shuffled."""
    aims = [POINTS[i % len(POINTS)] for i in range(kills)]
    random.shuffle(aims)
    return aims


def _batch_of(line):
    return line["tag"][:TAG_HEAD]
