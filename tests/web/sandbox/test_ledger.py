import json
from decimal import Decimal

import pytest

from tests.web.sandbox.given import NOON, Floor, ask
from web.sandbox.kite.rows import book_row, position_row, stream_row, trade_row
from web.sandbox.ledger import Entry, Ledger, LedgerError, encode


def lived(floor):
    """A floor on which everything that can happen has happened."""
    exchange = floor.exchange
    partly = exchange.accept(ask(quantity=10, tag="abc"))
    exchange.fill(partly.order_id, 4, Decimal("99.95"))
    exchange.modify(partly.order_id, ask(quantity=12, price="101.15", tag="abc"))
    exchange.fill(exchange.accept(ask(side="SELL", quantity=3)).order_id, 3, Decimal("100.10"))
    stop = exchange.accept(
        ask(kind="SL", trigger_price=Decimal(90), account_id="hedge"), waits=True
    )
    floor.clock.pass_s(61)
    exchange.trigger(stop.order_id)
    exchange.cancel(stop.order_id)
    exchange.accept_and_reject(ask(source="terminal"), "no margin")
    return floor


def books(exchange):
    """Everything that a caller can see of an exchange."""
    return {
        name: (
            [book_row(order) for order in book.orders.values()],
            [
                [stream_row(order, moment) for moment in order.history]
                for order in book.orders.values()
            ],
            [trade_row(fill, book.orders[fill.order_id]) for fill in book.fills],
            [position_row(each, exchange.last_prices[each.key[1]]) for each in book.net.values()],
            sorted(book.open),
        )
        for name, book in exchange.books.items()
    }


def test_a_line_has_the_contracts_keys_and_values():
    """A fill line is the contract's ten keys, with the fill's own quantity and price."""
    entry = Entry("fill", "261123000000001", ask(tag="abc"), 4, Decimal("99.95"), "OPEN", NOON)
    assert json.loads(encode(entry)) == {
        "event": "fill", "account_id": "primary", "order_id": "261123000000001", "tag": "abc",
        "tradingsymbol": "SBIN", "transaction_type": "BUY", "quantity": 4, "price": 99.95,
        "status": "OPEN", "at": "2026-11-23T06:30:15.123Z",
    }  # fmt: skip


def test_each_order_has_one_order_line_and_at_most_one_end():
    """An order is in the ledger once at acceptance, once at its end, and has a line a fill."""
    lines = [json.loads(encode(entry)) for entry in lived(Floor()).entries]
    assert [(line["event"], line["status"]) for line in lines] == [
        ("order", "OPEN"), ("fill", "OPEN"), ("modify", "OPEN"),
        ("order", "OPEN"), ("fill", "COMPLETE"), ("end", "COMPLETE"),
        ("order", "TRIGGER PENDING"), ("trigger", "OPEN"), ("end", "CANCELLED"),
        ("order", "VALIDATION PENDING"), ("end", "REJECTED"),
    ]  # fmt: skip


def test_read_back_the_broker_is_the_same_broker(tmp_path):
    """Orders, histories, trades, positions and open orders come back equal, and ids go on."""
    floor = lived(Floor())
    ledger = Ledger(tmp_path / "ledger")
    ledger.open()
    ledger.write(floor.entries)
    ledger.close()
    reader = Ledger(tmp_path / "ledger")
    again = Floor(entries=reader.open())
    reader.close()
    assert books(again.exchange) == books(floor.exchange)
    assert again.entries == []
    order = again.exchange.accept(ask())
    assert order.order_id not in {entry.order_id for entry in floor.entries}
    assert order.number == 5


def test_a_torn_last_line_is_cut_off(tmp_path):
    """What a kill left of a line is dropped, and the next line stands on a line of its own."""
    path = tmp_path / "ledger"
    floor = lived(Floor())
    whole = b"".join(map(encode, floor.entries[:3]))
    path.write_bytes(whole + encode(floor.entries[3])[:-20])
    ledger = Ledger(path)
    assert len(ledger.open()) == 3
    ledger.write(floor.entries[3:4])
    ledger.close()
    ledger.close()
    assert path.read_bytes() == whole + encode(floor.entries[3])


def test_every_prefix_of_a_ledger_is_a_broker(tmp_path):
    """Cut at any byte, the ledger gives a broker in which no order is left half rejected or done."""
    whole = b"".join(map(encode, lived(Floor()).entries))
    for cut in range(0, len(whole) + 1, 7):
        (tmp_path / "cut").write_bytes(whole[:cut])
        ledger = Ledger(tmp_path / "cut")
        floor = Floor(entries=ledger.open())
        ledger.close()
        for book in floor.exchange.books.values():
            assert all(not order.last.ended for order in book.open.values())
            assert all(order.last.book != "VALIDATION PENDING" for order in book.open.values())


def test_an_end_that_a_kill_ate_is_written_at_the_restart():
    """A filled order without its end line gets it, and an order on its way to rejection too."""
    entries = lived(Floor()).entries
    without = [entry for entry in entries if entry.event != "end"]
    again = Floor(entries=without)
    assert [(entry.event, entry.status) for entry in again.entries] == [
        ("end", "COMPLETE"),
        ("end", "REJECTED"),
    ]
    assert again.exchange.order(entries[3].order_id).last.status == "COMPLETE"


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[1]\n",
        b'{"event":"fill","order_id":"261123000000001","price":1,"quantity":1}\n',
        b'{"event":"fill","order_id":"261123000000001"}\n',
        b'{"event":"order","order_id":"x","price":1}\n',
        b'{"event":"order","order_id":"261123000000001","price":"x"}\n',
    ],
)
def test_a_foreign_line_is_named(tmp_path, line):
    """A line that no broker wrote is refused with its file and number, and no traceback of ours."""
    (tmp_path / "ledger").write_bytes(line)
    with pytest.raises(LedgerError) as fault:
        Ledger(tmp_path / "ledger").open()
    assert fault.value.path.endswith("ledger:1")


def test_a_closed_ledger_takes_nothing(tmp_path):
    """Writing before opening is our own mistake and says so."""
    with pytest.raises(ValueError, match="not open"):
        Ledger(tmp_path / "ledger").write([])
    Ledger(tmp_path / "ledger").close()
