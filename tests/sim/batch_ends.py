"""How batches must have ended, by the broker's ledger. Pure.

owners   each order under our tags is one of one batch, and no tag was used twice        P9
ends     outcome, legs and residual are what the ledger says                             P10
ways     stages went out in turn; the way out never took more than was there             P9
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, Final

from .batch_calm import CLOSED
from .batch_truth import Claim, Placed, claims, net_of, orders_of, read_placed
from .batch_world import Played
from .checkers import Broken

CLEAN: Final = ("rejected_clean", "rolled_back_clean", "unwound")
STANDING: Final = ("accepted", "partially_filled", "filled")
FAILED: Final = ("rejected", "cancelled")
TOLD_TO_THE_END: Final = (*CLEAN, "exposed")  # later news of a complete or kept one is not told


def check_ends(played: Played) -> None:
    """Hold every batch against the ledger."""
    placed = read_placed(played.ledger)
    _check_owners(played.batches, placed)
    asked = {one.mark for one in played.asked if one.what == "flatten"}
    for batch in played.batches:
        orders = orders_of(batch, placed)
        _check_counts(batch)
        _check_outcome(batch, orders)
        for claim in claims(batch):
            _check_order(batch, claim, placed.get(claim.order_id or ""))
        _check_stages(batch, placed)
        tags = {claim.row["broker_tag"] for claim in claims(batch)}
        if tags.isdisjoint(played.strayed):  # what arrives after it was given up on may do anything
            _check_way_out(batch, placed, was_asked=_mark(batch) in asked)
            _check_hedges(batch, placed)
            _check_kept(batch)


def _check_owners(batches: list[dict[str, Any]], placed: dict[str, Placed]) -> None:
    tags = Counter((order.account_id, order.tag) for order in placed.values())
    if twice := [tag for tag, times in tags.items() if times > 1]:
        raise Broken(f"P9: placed twice: {twice}")
    owned = Counter(c.order_id for batch in batches for c in claims(batch) if c.order_id)
    if shared := [order_id for order_id, times in owned.items() if times > 1]:
        raise Broken(f"P9: orders of two legs: {shared}")
    # One that is rejected when it arrives, after it was given up on, changes nothing that is told.
    nameless = {c.row["broker_tag"] for b in batches for c in claims(b) if c.order_id is None}
    for order_id, order in placed.items():
        if order_id not in owned and not (order.end == "REJECTED" and order.tag in nameless):
            raise Broken(f"P9: nobody's order: {order}")
    if invented := owned.keys() - placed.keys():
        raise Broken(f"P9: orders that the broker never had: {invented}")


def _check_counts(batch: dict[str, Any]) -> None:
    name, states = _name(batch), [leg["state"] for leg in batch["legs"]]
    if batch["outcome"] not in CLOSED:
        raise Broken(f"P10: {name} has not ended")
    counted = [batch["succeeded"], batch["failed"], batch["pending"]]
    stand, fell = (sum(s in kind for s in states) for kind in (STANDING, FAILED))
    if counted != [stand, fell, batch["total_orders"] - stand - fell]:
        raise Broken(f"P10: {name} counts {counted} of {states}")
    if (batch["status"] == "success") != (batch["outcome"] == "complete"):
        raise Broken(f"P10: {name} has status {batch['status']}")
    if batch["order_ids"] != [leg["order_id"] for leg in batch["legs"] if leg["order_id"]]:
        raise Broken(f"P10: {name} names orders {batch['order_ids']}")


def _check_outcome(batch: dict[str, Any], orders: list[Placed]) -> None:
    """P10: the outcome is what its word says, and the residual is the ledger's."""
    name, outcome = _name(batch), batch["outcome"]
    net, is_open = net_of(orders), any(order.end is None for order in orders)
    told = {rest["tradingsymbol"]: rest["quantity"] for rest in batch["residual"]}
    kept = batch["on_failure"] in ("keep", "hold")
    states = [leg["state"] for leg in batch["legs"]]
    reached = [order for order in orders if order.end != "REJECTED"]
    if told != ({} if outcome in ("complete", "kept") else net):
        raise Broken(f"P10: {name} leaves {told}, by the ledger {net}")
    wrong = {
        "complete": not all(state in STANDING for state in states)
        or (batch["advance_on"] == "filled" and set(states) != {"filled"}),
        "kept": not kept or not reached,
        "rejected_clean": bool(reached),
        "rolled_back_clean": kept or is_open or not reached or any(o.filled for o in orders),
        "unwound": kept or is_open or bool(net) or not any(o.filled for o in orders),
        "exposed": kept or not (net or is_open),
    }
    if wrong[outcome]:
        raise Broken(f"P10: {name}, and the ledger: {orders}")


def _check_kept(batch: dict[str, Any]) -> None:
    """P10: what is kept has failed: a leg that could stand does not."""
    states = {leg["state"] for leg in batch["legs"]}
    through = {"filled"} if batch["advance_on"] == "filled" else set(STANDING)
    if batch["outcome"] == "kept" and states <= through:
        raise Broken(f"P10: {_name(batch)}, and no leg failed: {states}")


def _check_order(batch: dict[str, Any], claim: Claim, order: Placed | None) -> None:
    """P10: an order is told as the ledger has it; P9: it is the one that was asked for."""
    row, name = claim.row, f"{_name(batch)}, {claim.kind} {claim.row['index']}"
    if order is None:
        if row["state"] not in FAILED or row["filled_quantity"]:
            raise Broken(f"P10: {name} is {row['state']}, and the broker never had it")
        return
    asked = (row["tradingsymbol"], row["transaction_type"], row["quantity"])
    if (order.symbol, order.side, order.quantity) != asked:
        raise Broken(f"P9: {name} asked {asked}, placed {order}")
    if order.tag != row["broker_tag"] or order.account_id != batch["account_id"]:
        raise Broken(f"P9: {name} went out as {order}")
    if row["sent_at"] is None or row["sent_at"] > order.at:
        raise Broken(f"P9: {name} was placed at {order.at}, and sent at {row['sent_at']}")
    is_final = batch["outcome"] in TOLD_TO_THE_END or row["state"] in ("filled", *FAILED)
    told = (row["state"], row["filled_quantity"])
    if is_final and told != (_state_of(order), order.filled):
        raise Broken(f"P10: {name} is told as {told}, the ledger has {order}")
    if row["filled_quantity"] > order.filled or (row["state"] not in (*STANDING, *FAILED)):
        raise Broken(f"P10: {name} is told as {told}, the ledger has {order}")


def _check_stages(batch: dict[str, Any], placed: dict[str, Placed]) -> None:
    """A stage went out only when the one before it was what `advance_on` says."""
    stages = _stages(batch)
    for before, after in pairwise(stages):
        begun = [placed[leg["order_id"]].line for leg in after if leg["order_id"] in placed]
        for leg in before:
            order = placed.get(leg["order_id"] or "")
            waits = "filled_at" if batch["advance_on"] == "filled" else "line"
            through = None if order is None else getattr(order, waits)
            if begun and (through is None or min(begun) < through):
                raise Broken(f"P9: {_name(batch)}: a stage went out before {leg['tradingsymbol']}")


def _check_way_out(batch: dict[str, Any], placed: dict[str, Placed], *, was_asked: bool) -> None:
    """The way out brings the net nearer to zero, and never beyond it."""
    legs = net_of(_of_kind(batch, placed, ("leg", "double")))
    net, flattens = dict(legs), _of_kind(batch, placed, ("flatten",))
    is_wished = batch["on_failure"] == "cancel_and_flatten" or was_asked
    if flattens and not is_wished:
        raise Broken(f"P10: {_name(batch)} was not to be flattened, and was: {flattens}")
    steps = sorted((line, o.symbol, quantity) for o in flattens for line, quantity in o.fills)
    for _, symbol, quantity in steps:
        before = net.get(symbol, 0)
        net[symbol] = before + quantity
        if before * quantity >= 0 or before * net[symbol] < 0:
            raise Broken(f"P9: {_name(batch)} held {before} {symbol}, and traded {quantity}")


def _check_hedges(batch: dict[str, Any], placed: dict[str, Placed]) -> None:
    """P9: no long is sold on the way out while the batch is short of anything: it may hedge it."""
    fills = [(line, o.symbol, q) for o in orders_of(batch, placed) for line, q in o.fills]
    for order in _of_kind(batch, placed, ("flatten",)):
        if order.side == "SELL":
            net: Counter[str] = Counter()
            for line, symbol, quantity in fills:
                net[symbol] += quantity * (line < order.line)
            if short := {symbol: held for symbol, held in net.items() if held < 0}:
                raise Broken(f"P9: {_name(batch)} was short of {short}, and sold {order}")


def _of_kind(
    batch: dict[str, Any], placed: dict[str, Placed], kinds: tuple[str, ...]
) -> list[Placed]:
    ids = [claim.order_id for claim in claims(batch) if claim.kind in kinds]
    return [placed[order_id] for order_id in ids if order_id in placed]


def _stages(batch: dict[str, Any]) -> list[list[dict[str, Any]]]:
    legs = batch["legs"]
    if batch["mode"] == "sequential":
        return [[leg] for leg in legs]
    if batch["mode"] == "hedge_first":
        return [
            [leg for leg in legs if leg["transaction_type"] == side] for side in ("BUY", "SELL")
        ]
    return [legs]


def _state_of(order: Placed) -> str:
    if order.end is None:
        return "partially_filled" if order.filled else "accepted"
    return {"COMPLETE": "filled", "REJECTED": "rejected"}.get(order.end, "cancelled")


def _name(batch: dict[str, Any]) -> str:
    return f"{_mark(batch)} ({batch['outcome']}, {batch['cause']})"


def _mark(batch: dict[str, Any]) -> str:
    return batch["legs"][0]["tag"]
