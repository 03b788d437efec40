from datetime import UTC, datetime

from actors import LogPosition, View
from actors.book import Book
from actors.holdings import Heard

from .fakes import PRIMARY, Record, a_position, a_row, a_trade

HEARD = Heard(datetime(2026, 11, 20, 3, 45, tzinfo=UTC), 0.0)


async def test_a_view_gives_what_the_book_holds(nursery):
    """Orders, trades and positions as values, first heard of first, at the position given."""
    record = Record()
    nursery.start_soon(record.writer.run)
    book = Book(record.book)
    for report in (a_row("2"), a_row("1"), a_trade("7"), a_position("SBIN")):
        await record.writer.commit(book.hear(report, HEARD))
    view = View(record.journal.position, record.journal.view[PRIMARY])
    assert [order.order_id for order in view.orders] == ["2", "1"]
    assert [trade.trade_id for trade in view.trades] == ["7"]
    assert [position.tradingsymbol for position in view.positions] == ["SBIN"]
    assert view.position == LogPosition(record.journal.epoch, record.journal.end)
