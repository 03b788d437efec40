"""The paper exchange: a fold of its own ledger.

    decide ──▶ entries ──▶ record (ledger, flushed) ──▶ apply ──▶ Change ──▶ listener
                                  on a restart ─────────▲

Every change goes that way and none other, so a broker that reads its ledger back is the same
broker: same orders, fills, positions, histories, and no id used twice. One commit is one change
is one row on the stream.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from attrs import evolve, frozen

from web.sandbox.books import AccountBook
from web.sandbox.ledger import Entry
from web.sandbox.orders import ENDED, IST, ZERO, Ask, Fill, Moment, Now, Order, RefusedError


@frozen
class Change:
    """An order just after one change, as the stream tells it."""

    order: Order
    moment: Moment


@frozen
class End:
    """How an order that is filled or killed at once ends; rejected where there is a `message`."""

    filled: int = 0
    price: Decimal = ZERO
    message: str | None = None


Listener = Callable[[Change], None]
Record = Callable[[Sequence[Entry]], None]


class Exchange:
    """Accounts, orders, fills and positions; every change recorded, then told.

    Takes the names of its accounts, the wall clock, `record` (returns when the entries are
    safe from a kill) and `tell` (called once a change, in order).
    """

    def __init__(self, accounts: Iterable[str], now: Now, record: Record, tell: Listener) -> None:
        self.books = {name: AccountBook() for name in accounts}
        self.last_prices: dict[str, Decimal] = {}
        """Symbol to the price of its last trade."""
        self._orders: dict[str, Order] = {}
        self._resting: dict[str, dict[str, Order]] = {}
        self._now = now
        self._record = record
        self._tell = tell
        self._orders_made = 0
        self._trades_made = 0
        self._without_end: set[str] = set()

    def restore(self, entries: Iterable[Entry]) -> None:
        """Become the broker that wrote these entries, then finish what a kill cut short.

        An account that is no longer configured keeps its books.
        """
        for entry in entries:
            self._apply(entry)
        for order_id in sorted(self._without_end):
            order = self._orders[order_id]
            if order.last.book == "COMPLETE":
                self._commit(order, [self._entry("end", order_id, order.ask, "COMPLETE")])
            elif order.last.book == "VALIDATION PENDING":
                self.reject(order_id, "The exchange was interrupted")

    def order(self, order_id: str) -> Order:
        """One order. Raises RefusedError when there is none."""
        if order_id not in self._orders:
            raise RefusedError("Couldn't find that `order_id`.")
        return self._orders[order_id]

    def resting(self, symbol: str) -> list[Order]:
        """Give the open orders of every account in one symbol, oldest first."""
        return list(self._resting.get(symbol, {}).values())

    def reduces(self, ask: Ask) -> bool:
        """Whether it would bring an open position nearer to zero."""
        key = (ask.exchange, ask.tradingsymbol, ask.product)
        position = self.books[ask.account_id].net.get(key)
        return position is not None and (1 if ask.buys else -1) * position.quantity < 0

    def accept(self, ask: Ask, *, waits: bool = False) -> Order:
        """Take an order: OPEN, or TRIGGER PENDING when it waits for its trigger."""
        status = "TRIGGER PENDING" if waits else "OPEN"
        return self._commit(None, [self._entry("order", self._next_order_id(), ask, status)])

    def accept_and_reject(self, ask: Ask, message: str) -> Order:
        """Take an order that the exchange then rejects: one change, and never OPEN."""
        order_id = self._next_order_id()
        taken = self._entry("order", order_id, ask, "VALIDATION PENDING")
        ended = evolve(taken, event="end", status="REJECTED", message=message)
        return self._commit(None, [taken, ended])

    def combine(self, asks: Sequence[Ask], ends: Sequence[End]) -> tuple[str, list[Order]]:
        """Take orders as one, each ended at once: filled as far as its `End` says.

        Gives the id of the whole, and the orders. They are written down in one piece, so a kill
        leaves all of them or none.
        """
        first = self._orders_made + 1
        whole = self._order_id(first)
        changes: list[list[Entry]] = []
        lives: list[list[Entry]] = []
        for number, (ask, end) in enumerate(zip(asks, ends, strict=True), first + 1):
            leg = evolve(ask, parent=whole)
            taken, *life = self._life(self._order_id(number), leg, end)
            changes.append(taken)
            lives.extend(life)
        changes += lives
        self._record([entry for change in changes for entry in change])
        orders = [
            self._change(self._orders.get(entries[0].order_id), entries) for entries in changes
        ]
        return whole, orders[: len(asks)]

    def _life(self, order_id: str, ask: Ask, end: End) -> list[list[Entry]]:
        """Give the changes of an order that ends as soon as it is taken."""
        if end.message is not None:
            taken = self._entry("order", order_id, ask, "VALIDATION PENDING")
            rejected = evolve(taken, event="end", status="REJECTED", message=end.message)
            return [[taken, rejected]]
        status = "COMPLETE" if end.filled == ask.quantity else "CANCELLED"
        changes = [[self._entry("order", order_id, ask, "OPEN")]]
        ended = self._entry("end", order_id, ask, status)
        if end.filled:
            word = "COMPLETE" if status == "COMPLETE" else "OPEN"
            traded = self._entry("fill", order_id, ask, word)
            changes.append([evolve(traded, quantity=end.filled, price=end.price)])
        if status == "COMPLETE":
            changes[-1].append(ended)
        else:
            changes.append([ended])
        return changes

    def reject(self, order_id: str, message: str) -> None:
        """End an order that was taken and not yet open."""
        order = self.order(order_id)
        ended = self._entry("end", order_id, order.ask, "REJECTED")
        self._commit(order, [evolve(ended, message=message)])

    def fill(self, order_id: str, quantity: int, price: Decimal) -> None:
        """Trade a part of an open order, or the rest of it. Raises RefusedError when too much."""
        order = self._open(order_id)
        left = order.last.pending - quantity
        if quantity <= 0 or left < 0:
            raise RefusedError(f"Cannot fill {quantity} of {order.last.pending}")
        status = "OPEN" if left else "COMPLETE"
        traded = evolve(
            self._entry("fill", order_id, order.ask, status), quantity=quantity, price=price
        )
        ended = [] if left else [self._entry("end", order_id, order.ask, status)]
        self._commit(order, [traded, *ended])

    def trigger(self, order_id: str) -> None:
        """Bring a stop order to the market. Raises RefusedError when it waits for no trigger."""
        order = self._open(order_id)
        if order.last.book != "TRIGGER PENDING":
            raise RefusedError("The order waits for no trigger.")
        self._commit(order, [self._entry("trigger", order_id, order.ask, "OPEN")])

    def modify(self, order_id: str, wanted: Ask) -> None:
        """Change quantity, prices, type or validity of an open order. Raises RefusedError."""
        order = self._open(order_id)
        if wanted.quantity <= order.last.filled:
            raise RefusedError("Quantity cannot be at or below what is already filled.")
        self._commit(order, [self._entry("modify", order_id, wanted, order.last.book)])

    def cancel(self, order_id: str) -> None:
        """End what is open of an order. Raises RefusedError when nothing is."""
        order = self._open(order_id)
        self._commit(order, [self._entry("end", order_id, order.ask, "CANCELLED")])

    def _open(self, order_id: str) -> Order:
        order = self.order(order_id)
        if order.last.ended:
            raise RefusedError(
                f"Order cannot be changed as it is already {order.last.book.lower()}."
            )
        return order

    def _next_order_id(self) -> str:
        return self._order_id(self._orders_made + 1)

    def _order_id(self, number: int) -> str:
        # The day of the exchange, then a number that runs on over days and restarts.
        return f"{self._now().astimezone(IST):%y%m%d}{number:09d}"

    def _entry(self, event: str, order_id: str, ask: Ask, status: str) -> Entry:
        now = self._now()
        # The ledger keeps milliseconds: the running broker must not know more than it.
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return Entry(event, order_id, ask, ask.quantity, ask.price, status, at)

    def _commit(self, order: Order | None, entries: Sequence[Entry]) -> Order:
        self._record(entries)
        return self._change(order, entries)

    def _change(self, order: Order | None, entries: Sequence[Entry]) -> Order:
        before = len(order.history) if order else 0
        for entry in entries:
            changed = self._apply(entry)
        if len(changed.history) > before:
            self._tell(Change(changed, changed.last))
        return changed

    def _apply(self, entry: Entry) -> Order:
        if entry.event == "order":
            return self._apply_order(entry)
        order = self._orders[entry.order_id]
        match entry.event:
            case "fill":
                self._apply_fill(order, entry)
            case "modify":
                order.history.append(
                    evolve(order.last, status="UPDATE", at=entry.at, ask=entry.ask, modified=True)
                )
            case "trigger":
                order.history.append(
                    evolve(order.last, status=entry.status, book=entry.status, at=entry.at)
                )
            case _:
                self._apply_end(order, entry)
        if order.last.ended:
            self.books[order.ask.account_id].open.pop(order.order_id, None)
            self._resting[order.ask.tradingsymbol].pop(order.order_id, None)
        return order

    def _apply_order(self, entry: Entry) -> Order:
        ask = entry.ask
        self._orders_made = max(self._orders_made + 1, int(entry.order_id[6:]))
        order = Order(entry.order_id, self._orders_made)
        passed = ["PUT ORDER REQ RECEIVED", "VALIDATION PENDING"]
        if entry.status == "OPEN":
            passed.append("OPEN PENDING")
        if entry.status not in passed:
            passed.append(entry.status)
        order.history.extend(Moment(status, status, entry.at, ask) for status in passed)
        book = self.books.setdefault(ask.account_id, AccountBook())
        book.orders[order.order_id] = self._orders[order.order_id] = order
        book.open[order.order_id] = order
        self._resting.setdefault(ask.tradingsymbol, {})[order.order_id] = order
        self._without_end.add(order.order_id)
        return order

    def _apply_fill(self, order: Order, entry: Entry) -> None:
        last = order.last
        filled = last.filled + entry.quantity
        ended = filled == last.ask.quantity
        order.history.append(
            evolve(
                last,
                status="COMPLETE" if ended else "UPDATE",
                book="COMPLETE" if ended else "OPEN",
                at=entry.at,
                filled=filled,
                value=last.value + entry.quantity * entry.price,
            )
        )
        self._trades_made += 1
        trade_id = str(100_000_000 + self._trades_made)
        fill = Fill(trade_id, order.order_id, last.ask, entry.quantity, entry.price, entry.at)
        order.fills.append(fill)
        self.last_prices[last.ask.tradingsymbol] = entry.price
        self.books[last.ask.account_id].apply(fill)

    def _apply_end(self, order: Order, entry: Entry) -> None:
        self._without_end.discard(order.order_id)
        if order.last.book not in ENDED:
            order.history.append(
                evolve(
                    order.last,
                    status=entry.status,
                    book=entry.status,
                    at=entry.at,
                    message=entry.message,
                )
            )
