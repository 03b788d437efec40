from collections import Counter
from random import Random

from tests.web.sandbox.given import Floor, ask
from web.sandbox.prices import TICK
from web.sandbox.trader import FOREIGN_TAGS, Trader


def traded(seed, steps=3_000, open_max=40):
    floor = Floor(seed=seed)
    trader = Trader(floor.market, ("primary", "hedge"), Random(seed), open_max=open_max)
    for step in range(1, steps + 1):
        trader.step()
        assert len(floor.changes) == step
    return floor


def test_each_step_is_exactly_one_change_and_every_kind_occurs():
    """Three thousand steps are three thousand changes, of every status there is."""
    counts = Counter(traded(1).statuses())
    assert set(counts) == {
        "OPEN", "UPDATE", "COMPLETE", "CANCELLED", "REJECTED", "TRIGGER PENDING",
    }  # fmt: skip
    assert min(counts.values()) > 20


def test_each_change_is_a_real_one():
    """No two moments of an order are equal: every update says something new."""
    for book in traded(2).exchange.books.values():
        for order in book.orders.values():
            terms = [(m.status, m.filled, m.ask) for m in order.history]
            assert len(set(terms)) == len(terms)


def test_the_same_seed_makes_the_same_market():
    """Entries are equal for equal seeds and differ for others."""
    assert traded(3, 500).entries == traded(3, 500).entries
    assert traded(3, 500).entries != traded(4, 500).entries


def test_open_orders_are_bounded():
    """No account ever has more than the bound; with a bound of 3, three."""
    most = 0
    floor = Floor()
    trader = Trader(floor.market, ("primary",), Random(5), open_max=3)
    for _ in range(2_000):
        trader.step()
        most = max(most, len(floor.exchange.books["primary"].open))
    assert most == 3


def test_prices_are_on_ticks_and_tags_are_foreign():
    """The traders' orders look like another program's: their own tags, prices on ticks."""
    for change in traded(6, 1_000).changes:
        wanted = change.moment.ask
        assert wanted.tag in FOREIGN_TAGS
        assert wanted.price % TICK == wanted.trigger_price % TICK == 0
        assert wanted.price > 0 or wanted.order_type in {"MARKET", "SL-M"}


def test_a_callers_order_is_left_to_the_price():
    """The traders never fill nor cancel what came through REST; only the price does."""
    floor = Floor(seed=7)
    far = floor.market.place(ask(price="10.00")).order
    trader = Trader(floor.market, ("primary",), Random(7))
    for _ in range(2_000):
        trader.step()
    assert far.last.book == "OPEN"
    near = floor.market.place(ask(price="972.00")).order
    for _ in range(20_000):
        if near.last.ended:
            break
        trader.step()
    assert near.last.book == "COMPLETE"
