"""What came of a batch, in lines for a person. Pure.

unwound  batch 7c0d91aa-…  primary
  a leg failed, and what had filled was closed again
  leg 0      BUY  50 FILL1    MARKET       filled    50 at 610.50  261121000000003
  leg 1      SELL 25 REFUSE2  LIMIT 12.00  rejected
  flatten 0  SELL 50 FILL1    LIMIT 99.00  filled    50 at 609.00  261121000000005
  why        leg 1 (REFUSE2) was rejected: the broker refused it
  remains    nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Final

from rich.cells import cell_len

from .columns import Layout, Row, cut, laid_out, taken
from .paint import Paint, Piece, shown
from .words import LEG_STATES, OUTCOMES, SIDES, Data, average, held, money, rows, said

MEANINGS: Final = {
    "complete": "every leg was accepted, or filled where that was asked for",
    "rejected_clean": "nothing of it reached the market",
    "rolled_back_clean": "a leg failed, and the others were cancelled unfilled",
    "unwound": "a leg failed, and what had filled was closed again",
    "kept": "a leg failed, and the others stand, as was asked",
    "exposed": "something remains in the market, against the wish",
    "unknown": "the broker cannot be asked just now; it goes on as soon as it can be",
}
LEAVING: Final = frozenset({"rejected_clean", "rolled_back_clean", "unwound", "exposed"})
FIELDS: Final = ("label", "side", "quantity", "symbol", "terms", "state", "fill", "id")
SHRINKS: Final = (("terms", 0), ("id", 8), ("symbol", 12), ("id", 0), ("fill", 0))
INDENT: Final = "  "
LABEL: Final = 10
PATH_MAX: Final = 40
WRAP_MIN: Final = 20


def lines_of(
    document: Data, paint: Paint, width: int, orders: Sequence[Data] = ()
) -> Iterator[str]:
    """Tell a batch's answer, or a dry run's; `orders` are the legs that were asked for."""
    if document.get("status") == "dry_run":
        return _dry_run(document, paint, width, orders)
    return _batch(document, paint, width)


def fault_lines(status: int, document: Data, paint: Paint, width: int) -> Iterator[str]:
    """Tell a refusal: what the gateway says of it, and each fault with its path."""
    words = said(document, "detail") or said(document, "title") or "no word of why"
    yield paint.joined((f"refused with {status}", "bad"), (f": {words}", ""))
    faults = [(said(fault, "path"), said(fault, "message")) for fault in rows(document, "errors")]
    room = min(PATH_MAX, max((len(path) for path, _ in faults), default=0))
    for path, message in faults:
        yield from _beside(f"{path}:".ljust(room + 1), "strong", message, paint, width)


def _batch(batch: Data, paint: Paint, width: int) -> Iterator[str]:
    outcome, status = said(batch, "outcome"), said(batch, "status")
    stand = f"{said(batch, 'succeeded')} of {said(batch, 'total_orders')} legs stand"
    counts = "" if outcome in LEAVING else stand  # what was closed again stands no more
    names = (f"batch {said(batch, 'batch_id')}", said(batch, "account_id"), counts)
    head: Piece = (outcome or status, OUTCOMES.get(outcome, "open"))
    yield paint.joined(head, ("  " + "  ".join(filter(None, names)), ""))
    if meaning := MEANINGS.get(outcome):
        yield INDENT + paint(meaning, "quiet")
    table = [*_leg_rows(batch), *_way_rows(batch)]
    yield from _laid(table, paint, width)
    if cause := said(batch, "cause"):
        yield from _beside("why".ljust(LABEL), "", cause, paint, width)
    yield from _remains(batch, paint)


def _leg_rows(batch: Data) -> Iterator[tuple[Row, str]]:
    for leg in rows(batch, "legs"):
        error = said(leg, "error")
        is_told = bool(error) and error in said(batch, "cause")
        yield _order_row(f"leg {said(leg, 'index')}", leg, leg), "" if is_told else error


def _way_rows(batch: Data) -> Iterator[tuple[Row, str]]:
    """Give the steps of the way out, each with the order that it is about."""
    legs = {said(leg, "index"): leg for leg in rows(batch, "legs")}
    for step in rows(batch, "rollback"):
        of, sent = said(step, "of"), step.get("order")
        order = sent if isinstance(sent, dict) else legs.get(of, {})
        stands = {**order, **step} if isinstance(sent, dict) else step
        yield _order_row(f"{said(step, 'action')} {of}", order, stands), said(stands, "error")


def _order_row(label: str, order: Data, stands: Data) -> Row:
    """Give an order as a row: what it asks for, and how it stands."""
    side, state = said(order, "transaction_type"), said(stands, "state")
    price = money(order.get("price")) or money(order.get("trigger_price"))
    filled = said(stands, "filled_quantity") if stands.get("filled_quantity") else ""
    paid = average(stands.get("average_price"))
    cells = {
        "label": label,
        "side": side,
        "quantity": said(order, "quantity"),
        "symbol": said(order, "tradingsymbol"),
        "terms": f"{said(order, 'order_type')} {price}".strip(),
        "state": state.replace("_", " "),
        "fill": f"{filled} at {paid}" if filled and paid else filled,
        "id": said(stands, "order_id"),
    }
    return Row(
        cells, {"side": SIDES.get(side, ""), "state": LEG_STATES.get(state, ""), "id": "quiet"}
    )


def _remains(batch: Data, paint: Paint) -> Iterator[str]:
    """Say what is left in the market, plainly; nothing of a batch whose legs are to stand."""
    left = rows(batch, "residual")
    for rest in left:
        where = " ".join(said(rest, name) for name in ("tradingsymbol", "exchange", "product"))
        yield f"{INDENT}{'remains':{LABEL}} {paint(f'{held(rest)} {where}', 'bad')}"
    if not left and said(batch, "outcome") in LEAVING:
        words = "an order is open" if batch.get("outcome") == "exposed" else "nothing"
        yield f"{INDENT}{'remains':{LABEL}} {words}"
    if left and batch.get("cleared_by"):
        words = f"{said(batch, 'cleared_by')} {said(batch, 'cleared_at')}"
        yield f"{INDENT}{'cleared':{LABEL}} {paint(words, 'good')}"


def _dry_run(run: Data, paint: Paint, width: int, orders: Sequence[Data]) -> Iterator[str]:
    words = (
        "nothing was sent",
        said(run, "account_id"),
        f"{said(run, 'total_orders')} legs",
        ", ".join(filter(None, (said(run, "mode"), said(run, "on_failure")))),
    )
    yield paint.joined(("dry run", "open"), ("  " + "  ".join(filter(None, words)), ""))
    given = run.get("stages")
    stages = given if isinstance(given, list) else []
    table = []
    for number, stage in enumerate(stages, 1):
        for index in stage if isinstance(stage, list) else [stage]:
            is_known = type(index) is int and 0 <= index < len(orders)
            order = orders[index] if is_known else {}
            label = f"{number}. leg" if len(stages) > 1 else "leg"
            label += f" {shown(index)}"
            table.append((_order_row(label, order, {}), ""))
    table += [(_order_row("way out", order, {}), "") for order in rows(run, "way_out")]
    yield from _laid(table, paint, width)
    yield from _margin(run, paint, width)
    calls = said(run, "calls")
    yield f"{INDENT}{'budget':{LABEL}} {calls} calls to the broker, the way out among them"


def _margin(run: Data, paint: Paint, width: int) -> Iterator[str]:
    """Tell what the broker would block, beside what there is; or why that is not known."""
    margin = run.get("margin")
    if not isinstance(margin, dict):
        if error := said(run, "margin_error"):
            yield from _beside("margin".ljust(LABEL), "", f"not known: {error}", paint, width)
        return
    required, there = margin.get("required"), margin.get("available")
    words, style = money(required) or shown(required), ""
    if there is not None:
        words += f" of {money(there) or shown(there)}"
    numbers = [each for each in (required, there) if isinstance(each, int | Decimal)]
    if len(numbers) == len((required, there)) and numbers[0] > numbers[1]:
        words, style = f"{words}: not enough", "bad"
    yield f"{INDENT}{'margin':{LABEL}} {paint(words, style)}"


def _laid(table: Sequence[tuple[Row, str]], paint: Paint, width: int) -> Iterator[str]:
    """Lay rows out under each other; what failed of one stands below it."""
    widths = sized([row for row, _ in table], width - len(INDENT))
    for row, error in table:
        yield INDENT + laid_out(row, widths, paint)
        if error:
            yield from _beside(" " * LABEL, "", error, paint, width)


def sized(table: Sequence[Row], width: int) -> Layout:
    """Give each column what its widest cell needs, and less where that is too much."""
    widths = {
        name: max((cell_len(row.cells.get(name, "")) for row in table), default=0)
        for name in FIELDS
    }
    widths["label"] = max(LABEL, widths["label"])
    widths = {name: each for name, each in widths.items() if each}
    for name, least in SHRINKS:
        if (excess := taken(widths) - width) <= 0:
            break
        if name in widths:
            widths[name] = max(least, widths[name] - excess) if least else 0
        widths = {name: each for name, each in widths.items() if each}
    return widths


def _beside(label: str, style: str, text: str, paint: Paint, width: int) -> Iterator[str]:
    """Write a text beside its label, wrapped under itself."""
    ((bare, _),) = cut(((label, style),), max(width, LABEL)) or (("", ""),)
    room = max(WRAP_MIN, width - len(INDENT) - len(bare) - 1)
    for number, line in enumerate(wrap(text, room) or [""]):
        begin = " " * len(bare) if number else paint(bare, style)
        yield f"{INDENT}{begin} {line}".rstrip()
