"""What came of a batch, in lines for a person. Pure.

failed  unwound  batch 7c0d…  0 of 2 legs succeeded
  leg 0     BUY 50 FILL1      filled 50 at 610.5  order 12
  leg 1     BUY 25 REFUSE2    rejected: the broker refused it
  flatten   of leg 0          filled  order 13
  left      +50 FILL1 NFO NRML
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from .lines import shown

Document: TypeAlias = Mapping[str, Any]

LABEL: Final = 9
ORDER: Final = 28


def lines_of(document: Document) -> Iterator[str]:
    """Tell a batch's answer, or a dry run's."""
    yield from dry_lines(document) if document.get("status") == "dry_run" else _batch(document)


def _batch(batch: Document) -> Iterator[str]:
    words = [said(batch, "status"), said(batch, "outcome"), f"batch {said(batch, 'batch_id')}"]
    total, stand = said(batch, "total_orders"), said(batch, "succeeded")
    yield "  ".join(word for word in (*words, f"{stand} of {total} legs succeeded") if word)
    for leg in rows(batch, "legs"):
        yield _line(f"leg {said(leg, 'index')}", order_of(leg), state_of(leg))
    for step in rows(batch, "rollback"):
        state = said(step, "state") + _id_of(step)
        yield _line(said(step, "action"), f"of leg {said(step, 'of')}", state)
    for rest in rows(batch, "residual"):
        quantity = rest.get("quantity")
        signed = f"{quantity:+}" if isinstance(quantity, int) else shown(quantity)
        yield _line("left", f"{signed} {place_of(rest)}", "")
    if batch.get("residual") and batch.get("cleared_by"):
        yield _line("cleared", said(batch, "cleared_by"), said(batch, "cleared_at"))


def dry_lines(run: Document) -> Iterator[str]:
    """Tell what a batch would do."""
    words = (
        f"{said(run, 'total_orders')} orders",
        said(run, "mode"),
        f"{said(run, 'calls')} calls",
    )
    yield "  ".join(("dry run: nothing was sent", *words))
    stages = run.get("stages")
    for number, stage in enumerate(stages if isinstance(stages, list) else (), 1):
        legs = ", ".join(map(shown, stage)) if isinstance(stage, list) else shown(stage)
        yield _line(f"stage {number}", f"legs {legs}", "")
    yield from margin_lines(run)
    for order in rows(run, "way_out"):
        yield _line("way out", order_of(order), said(order, "order_type") + _at(order, "price"))


def margin_lines(run: Document) -> Iterator[str]:
    """Tell what the broker would block, beside what there is; or why that is not known."""
    margin = run.get("margin")
    if isinstance(margin, dict):
        there = said(margin, "available")
        yield _line("margin", said(margin, "required"), f"of {there}" if there else "")
    elif run.get("margin_error"):
        yield _line("margin", "not known", said(run, "margin_error"))


def fault_lines(status: int, document: Document) -> Iterator[str]:
    """Tell a refusal: what the gateway says of it, and each fault with its path."""
    words = said(document, "detail") or said(document, "title") or "no word of why"
    yield f"refused with {status}: {words}"
    for fault in rows(document, "errors"):
        yield f"  {said(fault, 'path')}: {said(fault, 'message')}"


def order_of(order: Document) -> str:
    """Say what an order asks for."""
    side, quantity = said(order, "transaction_type"), said(order, "quantity")
    return f"{side} {quantity} {said(order, 'tradingsymbol')}"


def place_of(rest: Document) -> str:
    """Say what a quantity is of."""
    return " ".join(said(rest, name) for name in ("tradingsymbol", "exchange", "product"))


def state_of(leg: Document) -> str:
    """Say how a leg stands, and why."""
    state = said(leg, "state")
    if leg.get("filled_quantity"):
        state += f" {said(leg, 'filled_quantity')}{_at(leg, 'average_price')}"
    if leg.get("error"):
        state += f": {said(leg, 'error')}"
    return state + _id_of(leg)


def said(document: Document, name: str) -> str:
    """Give a field as text that cannot steer a terminal; what is missing is left out."""
    value = document.get(name)
    return "" if value is None else shown(value)


def rows(document: Document, name: str) -> list[Document]:
    """Give the objects in a list of a document."""
    value = document.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _at(order: Document, name: str) -> str:
    return f" at {said(order, name)}" if order.get(name) else ""


def _id_of(order: Document) -> str:
    return f"  order {said(order, 'order_id')}" if order.get("order_id") else ""


def _line(label: str, order: str, state: str) -> str:
    return f"  {label:{LABEL}} {order:{ORDER}} {state}".rstrip()
