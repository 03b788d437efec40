"""A batch: legs that the desk wants placed together, and how that ended.

    BatchRequest ── checked ──▶ Batch: legs pending ─▶ submitted ─▶ … ──▶ outcome

A batch is not atomic at an exchange: a filled leg cannot be cancelled. What is promised is that
it ends in one named outcome, and that what remains is stated. Fields are the contract's; the few
that the contract does not name (`broker_tag`, `denials`, `idempotency`) are what a restart needs
to go on from.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from attrs import frozen

from .ids import AccountId, BatchId, BrokerTag, OrderId

LegState = Literal[
    "pending",
    "submitted",
    "accepted",
    "partially_filled",
    "filled",
    "rejected",
    "cancelled",
    "unknown",
]
Outcome = Literal[
    "complete",
    "kept",
    "rejected_clean",
    "rolled_back_clean",
    "unwound",
    "exposed",
    "unknown",
]
Mode = Literal["parallel", "sequential", "hedge_first", "native"]
AdvanceOn = Literal["accepted", "filled"]
OnFailure = Literal["keep", "cancel_open", "cancel_and_flatten", "hold"]
ClearedBy = Literal["acknowledged", "flat"]
Side = Literal["BUY", "SELL"]
OrderKind = Literal["MARKET", "LIMIT", "SL", "SL-M"]

LEGS_MAX = 10
STANDING: frozenset[LegState] = frozenset({"accepted", "partially_filled", "filled"})
FAILED: frozenset[LegState] = frozenset({"rejected", "cancelled"})


@frozen
class LegRequest:
    """One order that a caller asks for. Prices are per unit; quantity is in units, not lots."""

    tradingsymbol: str
    exchange: str
    transaction_type: Side
    quantity: int
    order_type: OrderKind
    product: str
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    validity: str = "DAY"
    variety: str = "regular"
    tag: str | None = None


@frozen
class BatchRequest:
    """What `POST …/batch-orders` takes. `on_failure`, if given, beats `rollback_on_failure`.

    `mode` is how the legs go out: all at once; one after the other; buys before sells; or as one
    order of the broker's own, all or none (`native`). A stage follows when each leg of the one
    before it is what `advance_on` says.
    """

    orders: tuple[LegRequest, ...]
    rollback_on_failure: bool = True
    mode: Mode = "parallel"
    advance_on: AdvanceOn = "accepted"
    on_failure: OnFailure | None = None
    wait_s: int = 30


@frozen
class Leg:
    """One order of a batch as it stands: what was asked, under which tag, what became of it.

    The legs of a native batch share one tag, and are told apart by their symbols. `sent_at` is when
    its sending was made durable: it went out after that, if at all.
    """

    index: int
    broker_tag: BrokerTag
    tradingsymbol: str
    exchange: str
    transaction_type: Side
    quantity: int
    order_type: OrderKind
    product: str
    price: Decimal | None
    trigger_price: Decimal | None
    validity: str
    variety: str
    tag: str | None
    order_id: OrderId | None = None
    state: LegState = "pending"
    filled_quantity: int = 0
    average_price: Decimal = Decimal(0)
    error: str | None = None
    denials: int = 0  # how often the broker, asked by tag, knew of no such order
    sent_at: datetime | None = None


@frozen
class RollbackAction:
    """One step of the way out: a cancel, an order that flattens a fill, or one found doubled.

    `of` is the index of the leg it answers; an `order` of its own has an index after the last
    leg's. `state` is that of the order which is cancelled or sent: a cancel that reads `filled`
    lost its race, one that reads `rejected` was refused and is tried again. A `double` is a second
    order that the broker's side made of one leg: it is cancelled, and unwound like the rest.
    """

    action: Literal["cancel", "flatten", "double"]
    of: int
    order_id: OrderId | None
    state: LegState
    at: datetime
    order: Leg | None = None  # what a flatten sends, or the double; None for a cancel
    attempt: int = 1  # which try to flatten it belongs to


@frozen
class Residual:
    """A net quantity that a batch left behind against the caller's wish; signed."""

    tradingsymbol: str
    exchange: str
    product: str
    quantity: int


@frozen
class WayOut:
    """How fills are unwound: whether at all, as which kind of order, how far from the last price.

    `band_percent` bounds a LIMIT; the first tries stand nearer to the price than the last.
    """

    flattens: bool = True
    order_type: Literal["MARKET", "LIMIT"] = "LIMIT"
    band_percent: Decimal = Decimal(3)


@frozen
class IdempotencyClaim:
    """Which request owns a batch: digests of (caller, account, key) and of the parsed body."""

    key_sha256: str
    body_sha256: str


@frozen
class Batch:
    """A batch as it stands, and its answer.

    `cause` is why it failed, from the moment that this is certain; it is never taken back.
    `parent_order_id` is the one id that a broker gave to all legs of a native batch. `revised_at`
    is when, after its end, an order of it turned out otherwise than was told.
    """

    batch_id: BatchId
    account_id: AccountId
    mode: Mode
    advance_on: AdvanceOn
    on_failure: OnFailure
    legs: tuple[Leg, ...]
    created_at: datetime
    fill_wait_s: float = 10.0
    way_out: WayOut = WayOut()
    is_exit: bool = False  # it only reduces what is held: it goes out while the account is halted
    parent_order_id: OrderId | None = None
    rollback: tuple[RollbackAction, ...] = ()
    cause: str | None = None
    outcome: Outcome | None = None
    residual: tuple[Residual, ...] = ()
    completed_at: datetime | None = None
    revised_at: datetime | None = None
    cleared_at: datetime | None = None
    cleared_by: ClearedBy | None = None
    idempotency: IdempotencyClaim | None = None

    @property
    def ended(self) -> bool:
        """Say whether the outcome is final; `unknown` is not."""
        return self.outcome not in (None, "unknown")

    @property
    def is_exposing(self) -> bool:
        """Say whether it left something in the market that nobody has cleared yet."""
        return self.outcome == "exposed" and self.cleared_at is None

    @property
    def is_over(self) -> bool:
        """Say whether it needs nobody's attention any more."""
        return self.ended and not self.is_exposing

    @property
    def status(self) -> Literal["running", "success", "failed"]:
        """Give the brief's word: success only for `complete`."""
        if not self.ended:
            return "running"
        return "success" if self.outcome == "complete" else "failed"

    @property
    def succeeded(self) -> int:
        """Count the legs that stand."""
        return sum(leg.state in STANDING for leg in self.legs)

    @property
    def failed(self) -> int:
        """Count the legs that failed."""
        return sum(leg.state in FAILED for leg in self.legs)

    @property
    def pending(self) -> int:
        """Count the legs that are neither; succeeded + failed + pending is all of them."""
        return len(self.legs) - self.succeeded - self.failed
