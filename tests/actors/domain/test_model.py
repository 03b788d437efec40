"""The nouns know their own keys, and their facts cannot be changed."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.ids import Offset
from actors.domain.model import AccountStatus, Event, position_id, status_subject, trade_key
from actors.domain.wire import decode, encode

from .given import MODEL, NINE_FIFTEEN, PRIMARY, STATUS, TRADE, an_order


def test_a_trade_is_known_by_exchange_trade_and_order_together():
    """P2: exchanges start their trade ids again each day, so one id alone is no key."""
    keys = {
        trade_key(TRADE),
        trade_key(attrs.evolve(TRADE, exchange="BSE")),
        trade_key(attrs.evolve(TRADE, trade_id="8")),
        trade_key(attrs.evolve(TRADE, order_id="230405000123457")),
    }
    assert len(keys) == 4
    assert trade_key(TRADE) == "NSE:7:230405000123456"


def test_a_trade_is_the_same_wherever_it_is_heard():
    """P2: the key does not depend on who told the trade, or with which details."""
    assert trade_key(TRADE) == trade_key(attrs.evolve(TRADE, traded_at=None, quantity=1))


def test_a_position_is_known_by_instrument_and_product():
    """One instrument held in two products is two positions."""
    assert position_id("NFO", "NIFTY25NOVFUT", "NRML") == "NFO:NIFTY25NOVFUT:NRML"
    assert position_id("NSE", "SBIN", "MIS") != position_id("NSE", "SBIN", "CNC")


def test_a_row_of_an_earlier_version_says_nothing_of_halts():
    """A store written before there were halts is read as one in which nobody is halted."""
    raw = encode(STATUS).replace(b',"halted":null,"deadman":null', b"")
    assert b"halted" not in raw
    assert decode(raw, AccountStatus) == STATUS


def test_an_accounts_status_has_a_subject_of_its_own():
    """No order, position or batch is called so."""
    assert status_subject(PRIMARY) == "stream:primary"


@pytest.mark.parametrize("kind", MODEL, ids=lambda kind: kind.__name__)
def test_facts_are_frozen(kind):
    """What was said cannot be altered afterwards: every class of the model is frozen."""
    name = attrs.fields(kind)[0].name
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(object.__new__(kind), name, None)


@given(st.binary(max_size=8))
def test_an_event_is_its_bytes(data):
    """P13: the decoded value beside the bytes is a convenience and takes no part in equality."""
    order = an_order()
    young = Event(
        Offset(1), "order_update", PRIMARY, order.order_id, data, NINE_FIFTEEN,
        value=order,
    )  # fmt: skip
    assert young == attrs.evolve(young, value=None)
    assert "value" not in repr(young)
