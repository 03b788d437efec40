"""A book is what its events fold into, and nothing else."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.batch import IdempotencyClaim
from actors.domain.books import MESSAGES_MAX, AccountBook, Current, OurLeg
from actors.domain.errors import DecodeError
from actors.domain.ids import BrokerTag, MessageId, Offset, OrderId
from actors.domain.lifecycle import ENDED, PENDING, WORKING
from actors.domain.model import Event, Message, Order, trade_key
from actors.domain.wire import encode

from .given import (
    CANCEL,
    DEADMAN,
    HALT,
    NINE_FIFTEEN,
    POSITION,
    PRIMARY,
    STATUS,
    TRADE,
    a_batch,
    a_leg,
    after,
    an_order,
    any_of,
)


def _event(offset, kind, subject, value, *, young=True):
    return Event(
        Offset(offset), kind, PRIMARY, subject, encode(value), NINE_FIFTEEN,
        value=value if young else None,
    )  # fmt: skip


def _message(offset):
    return Message(MessageId(str(offset)), "info", f"word {offset}", None, NINE_FIFTEEN)


def test_each_type_of_event_has_its_shelf():
    """P13: an event of each type is found again where readers look for it."""
    book = AccountBook(PRIMARY)
    order, batch = an_order(), a_batch("accepted")
    for event in (
        _event(1, "order_update", order.order_id, order),
        _event(2, "trade_update", trade_key(TRADE), TRADE),
        _event(3, "position_update", POSITION.id, POSITION),
        _event(4, "message", "4", _message(4)),
        _event(5, "stream_status", PRIMARY, STATUS),
        _event(6, "batch_update", batch.batch_id, batch),
    ):
        book.fold(event)
    assert book.orders[order.order_id].value == order
    assert book.trades[trade_key(TRADE)].value == TRADE
    assert book.positions[POSITION.id].value == POSITION
    assert [row.value for row in book.messages] == [_message(4)]
    assert book.status is not None
    assert book.status.value == STATUS
    assert book.batches[batch.batch_id].value == batch


def test_the_latest_event_stands_and_the_first_offset_is_kept():
    """P13: a row is the last thing said; where it began stays known, corrections included."""
    book = AccountBook(PRIMARY)
    order = an_order()
    book.fold(_event(3, "order_update", order.order_id, order))
    complete = attrs.evolve(order, status="COMPLETE", filled_quantity=50)
    book.fold(_event(8, "correction", order.order_id, complete))
    row = book.orders[order.order_id]
    assert (row.value, row.first, row.offset) == (complete, 3, 8)


def test_loading_keeps_the_first_offset_that_the_store_knows():
    """P13: a book loaded from the latest event of each thing equals the book that folded all."""
    order = an_order()
    changed = _event(8, "order_update", order.order_id, attrs.evolve(order, filled_quantity=10))
    folded, loaded = AccountBook(PRIMARY), AccountBook(PRIMARY)
    folded.fold(_event(3, "order_update", order.order_id, order))
    folded.fold(changed)
    loaded.load(Current.of(changed, first=Offset(3)))
    for book in (folded, loaded):
        (row,) = book.orders.values()
        assert (row.data, row.first, row.offset) == (changed.data, 3, 8)
        assert row.value == changed.value
        assert (list(book.open_orders), book.updated_at) == ([order.order_id], changed.received_at)


def test_loading_what_has_no_first_is_folding():
    """A message is loaded as it was folded."""
    book = AccountBook(PRIMARY)
    book.load(Current.of(_event(4, "message", "4", _message(4)), first=Offset(4)))
    assert [(row.offset, row.value) for row in book.messages] == [(4, _message(4))]


def test_messages_are_bounded_and_the_newest_stay():
    """P20: a broker that talks without end fills no memory."""
    book = AccountBook(PRIMARY)
    for offset in range(1, MESSAGES_MAX + 3):
        book.fold(_event(offset, "message", str(offset), _message(offset)))
    assert len(book.messages) == MESSAGES_MAX
    assert (book.messages[0].offset, book.messages[-1].offset) == (3, MESSAGES_MAX + 2)


@pytest.mark.parametrize("status", [*PENDING, *WORKING, "SOMETHING NEW", *ENDED])
def test_open_orders_are_those_that_have_not_ended(status):
    """P7: what is polled when a stream is silent is told by the status, known or not."""
    book = AccountBook(PRIMARY)
    order = an_order()
    book.fold(_event(1, "order_update", order.order_id, order))
    book.fold(_event(2, "order_update", order.order_id, attrs.evolve(order, status=status)))
    assert (order.order_id in book.open_orders) == (status not in ENDED)


def test_words_inside_other_fields_do_not_end_an_order():
    """P7: a broker's text that quotes a status is a text."""
    book = AccountBook(PRIMARY)
    liar = an_order(status_message='","status":"COMPLETE","', tag='"status":"CANCELLED"')
    book.fold(_event(1, "order_update", liar.order_id, liar))
    assert liar.order_id in book.open_orders


@given(any_of(Order))
def test_open_orders_are_told_by_the_status_whatever_else_stands_in_the_order(order):
    """P7: for any order at all, the quick look at its bytes says what its status says."""
    book = AccountBook(PRIMARY)
    book.fold(_event(1, "order_update", order.order_id, order))
    assert (order.order_id in book.open_orders) == (order.status not in ENDED)


def test_tags_of_ours_are_learned_from_legs_and_flattens():
    """P9: an order under a tag of ours is known as ours, also one that unwinds."""
    book = AccountBook(PRIMARY)
    batch = a_batch("filled", "rejected")
    flatten = a_leg(7, "submitted", tag="desk")
    batch = attrs.evolve(
        batch,
        rollback=(CANCEL, attrs.evolve(CANCEL, action="flatten", order=flatten)),
    )
    book.fold(_event(1, "batch_update", batch.batch_id, batch, young=False))
    assert book.legs == {
        "ow0": OurLeg(batch.batch_id, None),
        "ow1": OurLeg(batch.batch_id, None),
        "ow7": OurLeg(batch.batch_id, "desk"),
    }


def test_an_order_under_a_tag_of_ours_is_found_by_it():
    """P9: which order a leg became is known by the tag, and no caller's text can pretend to it."""
    book = AccountBook(PRIMARY)
    liar = an_order(order_id=OrderId("1"), tag='"broker_tag":"ow9"')
    ours = an_order(order_id=OrderId("2"), broker_tag=BrokerTag("ow0"))
    for offset, order in enumerate((liar, ours), 1):
        book.fold(_event(offset, "order_update", order.order_id, order, young=False))
    book.fold(
        _event(3, "order_update", "3", attrs.evolve(ours, order_id=OrderId("3")), young=False)
    )
    book.fold(
        _event(4, "order_update", "3", attrs.evolve(ours, order_id=OrderId("3")), young=False)
    )
    assert book.our_orders == {"ow0": ("2", "3")}


def test_a_claimed_key_leads_to_its_batch():
    """P11: the digest of an idempotency key finds its batch again, also after a restart."""
    book = AccountBook(PRIMARY)
    batch = a_batch("pending", idempotency=IdempotencyClaim("5e" * 32, "e5" * 32))
    book.fold(_event(1, "batch_update", batch.batch_id, batch, young=False))
    assert book.claims == {"5e" * 32: batch.batch_id}


def test_the_last_update_is_the_brokers_last_word():
    """The time of the last update is the greatest of orders, trades and positions, no other's."""
    book = AccountBook(PRIMARY)
    order = _event(1, "order_update", "230405000123456", an_order())
    for seconds, event in (
        (2, order),
        (1, _event(2, "trade_update", trade_key(TRADE), TRADE)),
        (9, _event(3, "message", "3", _message(3))),
        (9, _event(4, "stream_status", PRIMARY, STATUS)),
    ):
        book.fold(attrs.evolve(event, received_at=after(seconds)))
    assert book.updated_at == after(2)


def test_an_event_of_a_later_version_changes_nothing():
    """P12: a type that this version does not know is passed over, and the book stands as it was."""
    book = AccountBook(PRIMARY)
    book.fold(attrs.evolve(_event(1, "message", "1", _message(1)), type="weather"))
    assert book == AccountBook(PRIMARY)


def test_a_row_from_the_store_is_decoded_when_someone_looks():
    """P18: rows keep their bytes, so a start need not decode them; a look does."""
    order = an_order()
    row = Current.of(_event(1, "order_update", order.order_id, order), first=Offset(1))
    assert row.value == order


def test_a_status_from_the_store_stands_until_the_next_is_told():
    """P5: the account's row of an earlier run is in the book; it is no word of the broker's."""
    book = AccountBook(PRIMARY)
    halted = attrs.evolve(STATUS, halted=HALT, deadman=DEADMAN)
    event = _event(7, "stream_status", "stream:primary", halted)
    book.load(Current.of(event, first=Offset(7)))
    assert (book.status.value, book.status.offset, book.updated_at) == (halted, 7, None)
    book.fold(_event(8, "stream_status", "stream:primary", STATUS))
    assert book.status.value == STATUS


def test_a_row_that_is_not_whole_is_a_decode_error():
    """P12: bytes that are no order are refused when they are looked at, not believed."""
    with pytest.raises(DecodeError):
        _ = Current(
            Offset(1), Offset(1), "order_update", PRIMARY, "1", b'{"order_id":"1"}', 0, False
        ).value


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from((*WORKING, *ENDED))), max_size=20)
)
def test_folding_bytes_gives_the_book_that_folding_values_gave(story):
    """P13: the book folded again from stored bytes equals the one of the running process."""
    running, rebuilt = AccountBook(PRIMARY), AccountBook(PRIMARY)
    for offset, (order_id, status) in enumerate(story, 1):
        order = an_order(order_id=OrderId(order_id), status=status)
        running.fold(_event(offset, "order_update", order_id, order))
        rebuilt.fold(_event(offset, "order_update", order_id, order, young=False))
    assert {key: (row.value, row.first, row.offset) for key, row in running.orders.items()} == {
        key: (row.value, row.first, row.offset) for key, row in rebuilt.orders.items()
    }
    assert list(running.open_orders) == list(rebuilt.open_orders)


def test_a_later_day_leaves_what_is_carried_over():
    """P13: open orders, positions and young batches stay; trades and what had ended go, and with
    old batches their tags and keys. The same day again changes nothing.
    """
    book = AccountBook(PRIMARY)
    long_ago = after(-40 * 3600)
    old = attrs.evolve(a_batch("filled"), batch_id="b-old", created_at=long_ago, outcome="complete")
    young = attrs.evolve(a_batch("filled"), batch_id="b-young", outcome="complete")
    exposed = attrs.evolve(old, batch_id="b-exposed", outcome="exposed")
    told = [
        ("order_update", "1", an_order(order_id="1", status="COMPLETE")),
        ("order_update", "2", an_order(order_id="2", status="OPEN")),
        ("trade_update", "t", TRADE),
        ("position_update", POSITION.id, POSITION),
        *(("batch_update", batch.batch_id, batch) for batch in (old, young, exposed)),
    ]
    days = ("2026-11-20", "2026-11-20", "2026-11-21")
    rows = (attrs.evolve(STATUS, trading_day=day) for day in days)
    told.extend(("stream_status", "stream:primary", row) for row in rows)
    for offset, (kind, subject, value) in enumerate(told, 1):
        if offset == len(told):
            assert (len(book.orders), len(book.trades), len(book.batches)) == (2, 1, 3)
        book.fold(_event(offset, kind, subject, value))
    assert (list(book.orders), list(book.trades), len(book.positions)) == (["2"], [], 1)
    assert list(book.batches) == ["b-young", "b-exposed"]
    assert {leg.batch_id for leg in book.legs.values()} <= {"b-young", "b-exposed"}


def test_legs_that_share_a_tag_keep_their_callers_tags():
    """P9: the orders of a native batch are told apart by symbol, and each is its caller's own."""
    legs = tuple(
        a_leg(i, broker_tag="ow0", tradingsymbol=f"S{i}", tag=tag)
        for i, tag in enumerate(("near", None))
    )
    book = AccountBook(PRIMARY)
    batch = attrs.evolve(a_batch(), mode="native", legs=legs)
    book.fold(_event(1, "batch_update", batch.batch_id, batch))
    ours = book.legs["ow0"]
    assert (ours.batch_id, ours.tag_of("S0"), ours.tag_of("S1")) == (batch.batch_id, "near", None)


def test_rows_keep_the_order_in_which_they_began_over_a_turn_of_the_day():
    """P13: an order that was over and is open again keeps its place when the day turns: lists are
    paged by where rows began.
    """
    book = AccountBook(PRIMARY)
    thursday = attrs.evolve(STATUS, trading_day="2026-11-19")
    friday = attrs.evolve(STATUS, trading_day="2026-11-20")
    told = [
        ("stream_status", "stream:primary", thursday),
        ("order_update", "1", an_order(order_id="1")),
        ("order_update", "2", an_order(order_id="2")),
        ("order_update", "1", an_order(order_id="1", status="CANCELLED")),
        ("correction", "1", an_order(order_id="1")),
        ("stream_status", "stream:primary", friday),
    ]
    for offset, (kind, subject, value) in enumerate(told, 1):
        book.fold(_event(offset, kind, subject, value))
    assert [row.first for row in book.orders.values()] == [2, 3]
