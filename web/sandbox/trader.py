"""The paper market's own traders: orders that live and die, placed elsewhere.

    step() ──▶ place | reject | trigger | fill a part | fill the rest | modify | cancel

Each step is exactly one change of one order, so that whoever calls it R times a second makes R
real updates a second. The number of open orders is bounded for each account.
"""

from decimal import Decimal
from random import Random
from typing import Final

from attrs import evolve

from web.sandbox.market import Market
from web.sandbox.orders import ZERO, Ask, Order
from web.sandbox.prices import INSTRUMENTS, TICK, Instrument, on_tick

FOREIGN_TAGS: Final = (None, None, "algo7", "desk2", "scalper")
REJECTIONS: Final = (
    "RMS: Margin exceeds, required margin is short",
    "RMS: Rule: Check circuit limit including square off order exceeds",
    "17070 : The price is out of the current execution range",
)


class Trader:
    """Makes the market live in the named accounts, at most `open_max` open orders in each."""

    def __init__(
        self, market: Market, accounts: tuple[str, ...], random: Random, *, open_max: int = 40
    ) -> None:
        self._market = market
        self._exchange = market.exchange
        self._accounts = accounts
        self._random = random
        self._open_max = open_max

    def step(self) -> None:
        """Make exactly one change: a caller's order that the price has reached, or one of ours."""
        if self._market.move():
            return
        account = self._random.choice(self._accounts)
        ours = [
            order
            for order in self._exchange.books[account].open.values()
            if order.ask.source == "terminal"
        ]
        if not ours or (len(ours) < self._open_max and self._random.random() < 0.25):
            self._place(account)
        elif (order := self._random.choice(ours)).last.book == "TRIGGER PENDING":
            self._work_stop(order)
        else:
            self._work(order)

    def _place(self, account: str) -> None:
        ask = self._ask(account)
        if self._random.random() < 0.06:
            self._exchange.accept_and_reject(ask, self._random.choice(REJECTIONS))
        else:
            self._exchange.accept(ask, waits=ask.waits_for_trigger)

    def _ask(self, account: str) -> Ask:
        what: Instrument = self._random.choice(INSTRUMENTS)
        side = self._random.choice(("BUY", "SELL"))
        kind = self._random.choices(("LIMIT", "MARKET", "SL", "SL-M"), (70, 15, 10, 5))[0]
        quote = self._market.prices.quote(what.symbol)
        away = on_tick(quote * self._random.randint(0, 20) / 10_000) if kind != "MARKET" else ZERO
        # A limit waits on the better side of the price, a stop on the worse.
        better = -1 if side == "BUY" else 1
        lots = self._random.randint(1, 12) if what.lot > 1 else self._random.randint(1, 40) * 5
        return Ask(
            account_id=account,
            exchange=what.exchange,
            tradingsymbol=what.symbol,
            transaction_type=side,
            quantity=lots * what.lot,
            product=what.product,
            order_type=kind,
            price={
                "LIMIT": on_tick(quote + better * away),
                "SL": on_tick(quote - better * (away + 4 * TICK)),
            }.get(kind, ZERO),
            trigger_price=on_tick(quote - better * away) if kind.startswith("SL") else ZERO,
            tag=self._random.choice(FOREIGN_TAGS),
            source="terminal",
        )

    def _work_stop(self, order: Order) -> None:
        choice = self._random.random()
        if choice < 0.6:
            self._exchange.trigger(order.order_id)
        elif choice < 0.85:
            self._exchange.cancel(order.order_id)
        else:
            self._nudge_price(order)

    def _work(self, order: Order) -> None:
        pending, priced = order.last.pending, order.ask.price > ZERO
        choice = self._random.random()
        if choice < 0.55 and pending > 1:
            part = max(1, min(pending - 1, round(pending * self._random.uniform(0.1, 0.5))))
            self._exchange.fill(order.order_id, part, self._trade_price(order))
        elif choice < 0.8 or not priced:
            self._exchange.fill(order.order_id, pending, self._trade_price(order))
        elif choice < 0.9:
            self._nudge_price(order)
        else:
            self._exchange.cancel(order.order_id)

    def _nudge_price(self, order: Order) -> None:
        move = TICK * self._random.randint(1, 5)
        ask = order.ask
        if ask.price:
            ask = evolve(ask, price=ask.price + move)
        if ask.trigger_price:
            ask = evolve(ask, trigger_price=ask.trigger_price + move)
        self._exchange.modify(order.order_id, ask)

    def _trade_price(self, order: Order) -> Decimal:
        return order.ask.price or self._market.prices.quote(order.ask.tradingsymbol)
