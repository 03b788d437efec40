"""Whether a batch may come in, and what it is when it does.

    check   its own rules and the desk's limits          422, each leg and field named
    admit   shadow 403 · halted, sent twice 409 · not ready, no list of instruments yet,
            broker failing, token due to die 503
    begin   BatchRequest ─▶ Batch, its legs pending under tags of their own

Nothing here waits, and nothing is sent or stored: a refusal leaves no trace.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Final

from attrs import asdict, fields_dict, frozen

from .domain.batch import Batch, BatchRequest, IdempotencyClaim, Leg, LegRequest, WayOut
from .domain.books import AccountBook
from .domain.checks import check
from .domain.config import DeskLimits
from .domain.errors import BadRequest, Fault, Refused, Unavailable
from .domain.exits import is_exit, reducing_by
from .domain.ids import BatchId, BrokerTag
from .domain.legs import is_finished, orders_of
from .domain.limits import weigh
from .domain.model import position_id
from .domain.native import native_findings
from .domain.unwind import tag_for
from .runner import Means
from .upstream import Upstream

TOKEN_MARGIN: Final = timedelta(minutes=2)  # a batch and its way out need the token for so long
NOT_READY: Final = {
    "needs_login": "needs a login at its broker: GET /accounts/{id}/login, or POST …/token",
    "down": "is down: its broker cannot be reached",
    "stopped": "is stopped: POST /accounts/{id}/connect starts it",
    "resyncing": "is resyncing: wait until it is live",
}
COMMAND: Final = "command:"  # what the id of a message begins with that tells of a call of ours
NO_LIMITS: Final = DeskLimits()
LIST_AGAIN_S: Final = 5  # when it is worth asking again while a list is missing


@frozen
class Admission:
    """The door of the batch desk, for all accounts; `desk` bounds them together."""

    desk: DeskLimits = NO_LIMITS

    def check(self, request: BatchRequest, means: Means, running: Sequence[Batch]) -> None:
        """Refuse a request that breaks a rule: BadRequest names each leg and field.

        Exits are held to the account's limits and not to the desk's: they make it hold less.
        """
        account_id, prices = means.stream.account_id, _last_prices(request, means.book)
        others = (batch for batch in running if batch.account_id != account_id)
        open_legs = [leg for batch in others for leg in batch.legs if not is_finished(leg)]
        faults = check(
            request,
            means.stream.config,
            last_prices=prices,
            desk=NO_LIMITS if _is_exit(request, means.book) else self.desk,
            elsewhere=weigh(open_legs, prices),
            listed=means.listed,
        )
        if request.mode == "native":
            faults = (*faults, *_native_faults(request, means.upstream))
        if faults:
            raise BadRequest("the batch was refused, nothing was sent", faults)

    def admit(self, request: BatchRequest, means: Means, running: Sequence[Batch]) -> None:
        """Refuse what may not go out now, with the reason."""
        stream = means.stream
        self.check_can_act(means)
        if stream.status.halted is not None and not _is_exit(request, means.book):
            why = stream.status.halted.reason
            raise Refused(409, f"account {stream.account_id} is halted: {why}")
        check_listed(request, means)
        if means.breaker.is_open:
            raise Unavailable(
                f"the broker of account {stream.account_id} keeps failing",
                retry_after_s=means.breaker.retry_after_s,
            )
        expires_at, now = means.upstream.expires_at, means.seams.now()
        if expires_at is not None and expires_at < now + TOKEN_MARGIN:
            raise Unavailable(f"the login of account {stream.account_id} is due to end")
        if (twin := _sent_before(request, means, running, now)) is not None:
            raise Refused(409, f"an equal batch was placed a moment ago: {twin}")

    def check_can_act(self, means: Means) -> None:
        """Refuse to act for an account that cannot."""
        stream = means.stream
        if stream.config.mode == "shadow":
            raise Refused(403, f"account {stream.account_id} is in shadow mode: it is only read")
        if (why := NOT_READY.get(stream.status.state)) is not None:
            raise Unavailable(f"account {stream.account_id} {why.format(id=stream.account_id)}")
        if not stream.reconciled_once.is_set():
            raise Unavailable(f"account {stream.account_id} has not reconciled yet")

    def begin(self, request: BatchRequest, means: Means, claim: IdempotencyClaim | None) -> Batch:
        """Make the batch of a request; nothing of it has gone out."""
        config = means.stream.config
        number = uuid.UUID(int=means.seams.random.getrandbits(128), version=4)
        batch_id = BatchId(str(number))
        by_wish = config.rollback if request.rollback_on_failure else "keep"
        on_failure = request.on_failure or by_wish
        is_native = request.mode == "native"
        return Batch(
            batch_id=batch_id,
            account_id=means.stream.account_id,
            mode=request.mode,
            # Its legs are filled at once or cancelled: that one was accepted says nothing.
            advance_on="filled" if is_native else request.advance_on,
            on_failure=on_failure,
            legs=tuple(
                _leg(tag_for(batch_id, 0 if is_native else i), i, leg)
                for i, leg in enumerate(request.orders)
            ),
            created_at=means.seams.now(),
            fill_wait_s=config.fill_wait_s,
            way_out=WayOut(
                flattens=on_failure == "cancel_and_flatten",
                order_type="MARKET" if config.flatten == "market" else "LIMIT",
                band_percent=config.way_out_band_percent,
            ),
            is_exit=_is_exit(request, means.book),
            idempotency=claim,
        )


def check_listed(request: BatchRequest, means: Means) -> None:
    """Refuse a leg that nothing is known of while a list is missing; exits are tried all the same.

    Who asked for lots and steps to be checked would rather wait than have them refused one by one
    in the middle of a batch.
    """
    if not (missing := means.listed.missing) or _is_exit(request, means.book):
        return
    for i, leg in enumerate(request.orders):
        if means.listed.get(leg.exchange, leg.tradingsymbol) is None:
            raise Unavailable(
                f"the list of instruments of account {means.stream.account_id} is not loaded yet, "
                f"and orders[{i}] is of none that is known ({missing})",
                retry_after_s=LIST_AGAIN_S,
            )


def calls_made(book: AccountBook) -> Iterator[datetime]:
    """Give when the calls were made that a store knows of, for the budget of a new start."""
    for row in book.batches.values():
        # One call a tag: native legs share one, and a double was no call of ours.
        sent = {order.broker_tag: order.sent_at for order in orders_of(row.value)}
        yield from (at for at in sent.values() if at is not None)
        yield from (action.at for action in row.value.rollback if action.action == "cancel")
    for message in book.messages:
        if message.value.id.startswith(COMMAND):
            yield message.value.at


def _sent_before(
    request: BatchRequest, means: Means, running: Sequence[Batch], now: datetime
) -> BatchId | None:
    """Find a batch with the same legs that is younger than the account's window."""
    window = timedelta(seconds=means.stream.config.duplicate_window_s)
    if not window:
        return None
    wanted = sorted(map(repr, request.orders))
    account_id = means.stream.account_id
    for batch in chain(running, (row.value for row in means.book.batches.values())):
        is_young = batch.account_id == account_id and now - batch.created_at < window
        if is_young and sorted(repr(_request(leg)) for leg in batch.legs) == wanted:
            return batch.batch_id
    return None


def _is_exit(request: BatchRequest, book: AccountBook) -> bool:
    """Say whether a request only makes the account's positions smaller, open orders included."""
    held = (position_id(x.exchange, x.tradingsymbol, x.product) for x in request.orders)
    net = {name: book.positions[name].value.quantity for name in held if name in book.positions}
    if not net:
        return False
    open_orders = (book.orders[order_id].value for order_id in book.open_orders)
    return is_exit(request.orders, net, reducing_by(open_orders, net))


def _last_prices(request: BatchRequest, book: AccountBook) -> dict[tuple[str, str], Decimal]:
    """Give what the account's positions know of the prices of a request's instruments."""
    prices = {}
    for leg in request.orders:
        row = book.positions.get(position_id(leg.exchange, leg.tradingsymbol, leg.product))
        if row is not None and row.value.last_price > 0:
            prices[leg.exchange, leg.tradingsymbol] = row.value.last_price
    return prices


def _native_faults(request: BatchRequest, upstream: Upstream) -> Iterator[Fault]:
    if not upstream.has_native:
        yield Fault("$.mode", f"{upstream.name} has no native batches")
        return
    for name, message in native_findings(request):
        yield Fault(f"$.{name}", message)


def _leg(tag: BrokerTag, index: int, request: LegRequest) -> Leg:
    return Leg(index=index, broker_tag=tag, **asdict(request))


def _request(leg: Leg) -> LegRequest:
    return LegRequest(**{name: getattr(leg, name) for name in fields_dict(LegRequest)})
