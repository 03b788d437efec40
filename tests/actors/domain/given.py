"""Values to test the domain with: plain ones by hand, and any lawful one by hypothesis.

an_order(status="OPEN")  a_report("COMPLETE", filled_quantity=50)  a_batch("filled", "rejected")
any_of(Order)            every value that the class's own annotations allow
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from actors.domain.batch import (
    Batch,
    BatchRequest,
    IdempotencyClaim,
    Leg,
    LegRequest,
    Residual,
    RollbackAction,
)
from actors.domain.ids import AccountId, BatchId, BrokerTag, MessageId, OrderId, TradeId
from actors.domain.model import (
    AccountStatus,
    Deadman,
    Halt,
    Message,
    Note,
    Order,
    OrderReport,
    Position,
    Snapshot,
    TaskReport,
    Trade,
    position_id,
)

NINE_FIFTEEN = datetime(2026, 11, 20, 3, 45, tzinfo=UTC)


def an_order(**changes: Any) -> Order:
    """Give an open order to buy 50, with what differs."""
    fields: dict[str, Any] = {
        "order_id": OrderId("230405000123456"),
        "account_id": AccountId("primary"),
        "status": "OPEN",
        "tradingsymbol": "SBIN",
        "exchange": "NSE",
        "transaction_type": "BUY",
        "order_type": "LIMIT",
        "product": "MIS",
        "validity": "DAY",
        "variety": "regular",
        "quantity": 50,
        "filled_quantity": 0,
        "pending_quantity": 50,
        "average_price": Decimal(0),
        "price": Decimal("610.50"),
        "trigger_price": Decimal(0),
        "tag": None,
        "broker_tag": None,
        "origin": "external",
        "placed_at": NINE_FIFTEEN,
        "updated_at": NINE_FIFTEEN,
        "status_message": None,
    }
    return Order(**fields | changes)


def a_report(status: str, **said: Any) -> OrderReport:
    """Give a report of that order, saying what is said and no more."""
    return OrderReport(OrderId("230405000123456"), status, **said)


def after(seconds: float) -> datetime:
    """Give a time so many seconds after the open."""
    return NINE_FIFTEEN + timedelta(seconds=seconds)


def a_leg(index: int, state: Any = "pending", **changes: Any) -> Leg:
    """Give a leg to buy 50 at the market."""
    return attrs.evolve(
        Leg(
            index=index,
            broker_tag=BrokerTag(f"ow{index}"),
            tradingsymbol="NIFTY25NOVFUT",
            exchange="NFO",
            transaction_type="BUY",
            quantity=50,
            order_type="MARKET",
            product="NRML",
            price=None,
            trigger_price=None,
            validity="DAY",
            variety="regular",
            tag=None,
            state=state,
        ),
        **changes,
    )


def a_batch(*states: Any, **changes: Any) -> Batch:
    """Give a batch whose legs are in these states."""
    return attrs.evolve(
        Batch(
            batch_id=BatchId("550e8400"),
            account_id=AccountId("primary"),
            mode="parallel",
            advance_on="accepted",
            on_failure="cancel_and_flatten",
            legs=tuple(a_leg(i, state) for i, state in enumerate(states)),
            created_at=NINE_FIFTEEN,
        ),
        **changes,
    )


PRIMARY = AccountId("primary")
TRADE = Trade(
    trade_id=TradeId("7"),
    order_id=OrderId("230405000123456"),
    account_id=PRIMARY,
    exchange="NSE",
    tradingsymbol="SBIN",
    transaction_type="BUY",
    product="MIS",
    quantity=50,
    price=Decimal("610.50"),
    value=Decimal("30525.00"),
    traded_at=NINE_FIFTEEN,
)
POSITION = Position(
    id=position_id("NSE", "SBIN", "MIS"),
    account_id=PRIMARY,
    exchange="NSE",
    tradingsymbol="SBIN",
    product="MIS",
    quantity=50,
    average_price=Decimal("610.50"),
    last_price=Decimal("611.00"),
    realised=Decimal(0),
    unrealised=Decimal("25.00"),
    pnl=Decimal("25.00"),
    side="long",
)
STATUS = AccountStatus(
    upstream="ticker_service",
    state="live",
    connected=True,
    since=NINE_FIFTEEN,
    reconnects=0,
    last_update_at=None,
    last_error=None,
)
HALT = Halt(since=NINE_FIFTEEN, reason="news at noon", by="desk")
DEADMAN = Deadman(seconds=60, cancel_open=True)
LEG_REQUEST = LegRequest("SBIN", "NSE", "BUY", 50, "LIMIT", "MIS", Decimal("610.50"), tag="desk")
CANCEL = RollbackAction(action="cancel", of=0, order_id=None, state="submitted", at=NINE_FIFTEEN)

# One plain value of every class that is read from bytes.
EXAMPLES: tuple[Any, ...] = (
    an_order(tag="desk", status_message="17070 : नमस्ते"),
    a_report("OPEN", filled_quantity=20, price=Decimal("610.50"), at=NINE_FIFTEEN),
    TRADE,
    POSITION,
    Message(MessageId("1"), "warning", "the stream is silent", None, NINE_FIFTEEN),
    Note("error", "session expired"),
    TaskReport("t-1", "completed", OrderId("230405000123456"), None),
    Snapshot((a_report("COMPLETE"),), (TRADE,), (POSITION,)),
    STATUS,
    HALT,
    DEADMAN,
    LEG_REQUEST,
    BatchRequest((LEG_REQUEST, LEG_REQUEST), on_failure="keep"),
    a_leg(0, "filled", order_id=OrderId("230405000123456")),
    CANCEL,
    Residual("SBIN", "NSE", "MIS", -50),
    IdempotencyClaim("5e" * 32, "e5" * 32),
    a_batch("filled", "rejected", rollback=(CANCEL,), outcome="exposed"),
)
MODEL = tuple(type(example) for example in EXAMPLES)

# What the wire carries: 64 bits, 30 digits, milliseconds.
_money = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**24), 10**24),
    st.integers(0, 6),
)
_moments = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63) + 1, 2**63 - 1),
    bool: st.booleans(),
    float: st.integers(0, 10**9).map(lambda n: n / 1000),
    Decimal: _money,
    datetime: _moments,
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Give the strategy of all values of a class of the model, by its annotations."""
    if isinstance(kind, NewType):
        return any_of(kind.__supertype__)
    if kind in _LEAVES:
        return _LEAVES[kind]
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return st.one_of([any_of(arg) for arg in get_args(kind)])
    if kind is type(None):
        return st.none()
    if get_origin(kind) is tuple:
        return st.lists(any_of(get_args(kind)[0]), max_size=3).map(tuple)
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: any_of(hints[name]) for name in attrs.fields_dict(kind)})
