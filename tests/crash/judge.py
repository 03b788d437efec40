"""What must hold of batches, whatever was killed: held against the broker's ledger. Pure.

    ledger ─▶ placed: one order a tag ─┬─▶ check_intents, check_twins   at any moment (P9, P11)
    batches ───────────────────────────┼─▶ check_batch    when all is quiet (P10)
    what the client asked and was told ┴─▶ check_door     when all is quiet (P11)

All of it is written from the promises, and knows nothing of how the gateway goes about it.
"""

from collections import defaultdict
from itertools import pairwise

import attrs

from tests.sim.checkers import Broken

from .plans import number_of

OUTCOMES = {"complete", "kept", "rejected_clean", "rolled_back_clean", "unwound", "exposed"}
STANDING = {"accepted", "partially_filled", "filled"}
AS_IT_ENDED = {"filled": "COMPLETE", "cancelled": "CANCELLED", "rejected": "REJECTED"}
OURS = "ow"  # what our tags begin with
SAME = ("account_id", "tradingsymbol", "transaction_type", "quantity")


@attrs.define
class Placed:
    """One order as the ledger has it. `place` counts lines; `status` is `alive` or how it ended."""

    place: int
    line: dict
    status: str = "alive"
    filled: int = 0

    @property
    def signed(self):
        """What it filled: bought is more than zero, sold less."""
        return self.filled if self.line["transaction_type"] == "BUY" else -self.filled


def placed_by_tag(lines):
    """Fold a ledger whose every order is ours. P9: no tag stands over two orders."""
    by_tag, by_id = {}, {}
    for place, line in enumerate(lines):
        order_id, tag = line["order_id"], line["tag"]
        if line["event"] == "order":
            if tag is None or not tag.startswith(OURS):
                raise Broken(f"P9: order {order_id} went out under the tag {tag!r}")
            if tag in by_tag:
                raise Broken(f"P9: {tag} was placed twice: {by_tag[tag].line} and {line}")
            by_tag[tag] = by_id[order_id] = Placed(place, line)
        elif line["event"] == "fill":
            by_id[order_id].filled += line["quantity"]
        elif line["event"] == "end":
            by_id[order_id].status = line["status"]
    return by_tag


def orders_of(batch):
    """All orders of a batch: its legs, then those of its way out."""
    return [*batch["legs"], *(each["order"] for each in batch["rollback"] if each.get("order"))]


def check_intents(placed, batches):
    """P9: whatever is at the broker was intended, durably, by the batch that it belongs to."""
    intents = {}
    for batch in batches:
        for order in orders_of(batch):
            if order["broker_tag"] in intents:
                raise Broken(f"P9: two orders of ours share the tag {order['broker_tag']}")
            intents[order["broker_tag"]] = {**order, "account_id": batch["account_id"]}
    for tag, order in placed.items():
        if tag not in intents:
            raise Broken(f"P9: {order.line} is at the broker, and no batch says so")
        intent = intents[tag]
        if intent["sent_at"] is None:
            raise Broken(f"P9: {order.line} is at the broker, and its leg is {intent['state']}")
        for name in SAME:
            if intent[name] != order.line[name]:
                raise Broken(f"P9: {order.line} went out, where {name} was {intent[name]}")


def check_batch(batch, placed):
    """P10: one batch has ended as the ledger says."""
    name = f"batch {batch['batch_id']} ({batch['outcome']}, {batch['on_failure']})"
    if batch["outcome"] not in OUTCOMES:
        raise Broken(f"P10: {name} has not ended")
    orders = [placed.get(order["broker_tag"]) for order in orders_of(batch)]
    for order, truth in zip(orders_of(batch), orders, strict=True):
        _check_order(name, order, truth, is_kept=batch["outcome"] in ("complete", "kept"))
    if batch["outcome"] == "complete" and not all(orders[: len(batch["legs"])]):
        raise Broken(f"P10: {name}, and a leg never was at the broker")
    if batch["succeeded"] + batch["failed"] + batch["pending"] != batch["total_orders"]:
        raise Broken(f"P10: {name} counts {batch['succeeded']}, {batch['failed']} and so on")
    told = {rest["tradingsymbol"]: rest["quantity"] for rest in batch["residual"]}
    there = [order for order in orders if order is not None]
    _check_outcome(name, batch, there, told)
    if batch["on_failure"] != "cancel_and_flatten" and any(orders[len(batch["legs"]) :]):
        raise Broken(f"P10: {name} flattened, against the caller's wish")
    _check_stages(name, batch, placed)


def _check_order(name, order, truth, *, is_kept):
    where = f"{name}: order {order['index']} ({order['tradingsymbol']}) is {order['state']}"
    if truth is None:
        if order["order_id"] is not None or order["state"] not in ("rejected", "cancelled"):
            raise Broken(f"P10: {where}, and the broker never had it")
        return
    if order["order_id"] != truth.line["order_id"]:
        raise Broken(f"P10: {where} as {order['order_id']}, and {truth.line} is at the broker")
    if is_kept and order["state"] in STANDING:
        # What stood at the end may have gone on living since.
        if truth.status == "REJECTED" or truth.filled < order["filled_quantity"]:
            raise Broken(f"P10: {where}, the ledger has {truth}")
    elif (AS_IT_ENDED.get(order["state"], "alive"), order["filled_quantity"]) != (
        truth.status,
        truth.filled,
    ):
        raise Broken(f"P10: {where}, {order['filled_quantity']} filled; the ledger has {truth}")


def _check_outcome(name, batch, there, told):
    net = defaultdict(int)
    for order in there:
        net[order.line["tradingsymbol"]] += order.signed
    net = {symbol: quantity for symbol, quantity in net.items() if quantity}
    is_open = any(order.status == "alive" for order in there)
    has_filled = any(order.filled for order in there)
    match batch["outcome"]:
        case "complete" | "kept":
            fits = not told
        case "rejected_clean":
            fits = not told and all(order.status == "REJECTED" for order in there)
        case "rolled_back_clean":
            fits = not told and not has_filled and not is_open
        case "unwound":
            fits = not told and not net and has_filled and not is_open
        case _:
            fits = told == net and bool(net or is_open)
    if not fits:
        raise Broken(f"P10: {name} leaves {told}; the ledger has {net}, {there}")


def _check_stages(name, batch, placed):
    """Legs that wait for others never were at the broker before them."""
    if batch["mode"] == "parallel":
        return
    legs = batch["legs"]
    if batch["mode"] == "hedge_first":
        legs = sorted(legs, key=lambda leg: leg["transaction_type"])
    for before, after in pairwise(legs):
        is_next = batch["mode"] == "sequential" or before["transaction_type"] == "BUY"
        is_next &= batch["mode"] == "sequential" or after["transaction_type"] == "SELL"
        one, other = placed.get(before["broker_tag"]), placed.get(after["broker_tag"])
        if is_next and other is not None and (one is None or one.place > other.place):
            raise Broken(f"P10: {name}: leg {after['index']} went out before {before['index']}")


def check_twins(batches):
    """P11: at any moment, no request has made two batches. Gives them by the request's number."""
    by_number = {}
    for batch in batches:
        number = number_of(batch["legs"][0]["tradingsymbol"])
        if number in by_number:
            ids = [batch["batch_id"], by_number[number]["batch_id"]]
            raise Broken(f"P11: request {number} made two batches: {ids}")
        by_number[number] = batch
    return by_number


def check_door(asked, batches):
    """P11: each request made one batch, and each of its answers named that one."""
    by_number = check_twins(batches)
    for each in asked:
        made = by_number.pop(each.plan.number, None)
        if made is None or each.told != {made["batch_id"]}:
            raise Broken(f"P11: request {each.plan.key} made {made}, and was told {each.told}")
        wanted = [leg["tradingsymbol"] for leg in each.plan.body["orders"]]
        if [leg["tradingsymbol"] for leg in made["legs"]] != wanted:
            raise Broken(f"P11: {made['batch_id']} is not what was asked for: {wanted}")
    if by_number:
        raise Broken(f"P11: nobody asked for {sorted(by_number)}")
