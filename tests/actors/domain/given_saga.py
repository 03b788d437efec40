"""A saga driven without a gateway: a broker in a few lines, and crashes where one likes.

decide ─▶ commit ─┬▶ act ─┬▶ learn ─▶ decide …
                  ✗       ✗               ✗ a crash: what was not committed is forgotten
"""

from __future__ import annotations

from attrs import define, evolve, field

from actors.domain import exposure, legs, saga
from actors.domain.batch import Batch, WayOut
from actors.domain.ids import AccountId, OrderId
from actors.domain.merge import begin, merge
from actors.domain.model import Order, OrderReport
from actors.domain.unwind import tag_for

from .given import a_batch, a_leg, after

ROUNDS_MAX = 400
PLACED = {
    "reject": ("REJECTED", 0.0),
    "rest": ("OPEN", 0.0),
    "partial": ("OPEN", 0.5),
    "fill": ("COMPLETE", 1.0),
    "lost": ("OPEN", 0.0),
    "lost fill": ("COMPLETE", 1.0),
    "none": ("CANCELLED", 0.0),
    "half": ("CANCELLED", 0.5),
}


@define
class Exchange:
    """What the broker really has. Legs do what `places` says of their index, cancels `cancels`."""

    places: tuple[str, ...]
    cancels: str | tuple[str, ...] = "works"  # works, unanswered, refused, fills, unanswered fill
    flattens: str = "fill"
    orders: dict[OrderId, Order] = field(factory=dict)
    sent: list[str] = field(factory=list)
    sides: list[str] = field(factory=list)
    cancelled: list[OrderId] = field(factory=list)
    ever_open: set[int] = field(factory=set)

    def place(self, leg, legs_count):
        """Take an order; give the fact that comes back, or None when no answer does."""
        self.sent.append(leg.broker_tag)
        self.sides.append(leg.transaction_type)
        does = self.places[leg.index] if leg.index < legs_count else self.flattens
        if does == "refuse":
            return lambda batch: legs.refused(batch, leg.broker_tag, "refused")
        if does == "gone":
            return lambda batch: legs.unclear(batch, leg.broker_tag, "no answer")
        order_id = self.take(leg, does).order_id
        if does.startswith("lost"):
            return lambda batch: legs.unclear(batch, leg.broker_tag, "no answer")
        return lambda batch: legs.answered(batch, leg.broker_tag, order_id)

    def take(self, leg, does):
        """Put an order in the broker's book."""
        status, share = PLACED[does]
        order_id = OrderId(f"{leg.index}.{len(self.orders)}")
        if status != "REJECTED":
            self.ever_open.add(leg.index)
        filled = int(leg.quantity * share)
        report = OrderReport(
            order_id, status, filled_quantity=filled, quantity=leg.quantity, tag=leg.broker_tag
        )
        order = evolve(
            merge(begin(report, AccountId("primary")), report, status, {}),
            tradingsymbol=leg.tradingsymbol,
            transaction_type=leg.transaction_type,
            broker_tag=leg.broker_tag,
        )
        self.orders[order_id] = order
        return order

    def cancel(self, order_id):
        """Take a cancel; give the fact that comes back."""
        self.cancelled.append(order_id)
        order, does = self.orders[order_id], self._cancel_of(order_id)
        if order.status == "OPEN" and does in ("works", "unanswered"):
            self.orders[order_id] = evolve(order, status="CANCELLED")
        elif order.status == "OPEN" and does in ("fills", "unanswered fill"):
            self.fill(order_id)
        if does == "works":
            return lambda batch: batch
        return lambda batch: legs.cancel_failed(batch, order_id)

    def fill(self, order_id):
        """Fill what is open of an order."""
        order = self.orders[order_id]
        done = {"status": "COMPLETE", "filled_quantity": order.quantity}
        self.orders[order_id] = evolve(order, **done)

    def find(self, tag):
        """Give the fact of having asked for a tag."""
        for order in self.orders.values():
            if order.broker_tag == tag:
                return lambda batch: legs.answered(batch, tag, order.order_id)
        return lambda batch: legs.denied(batch, tag)

    def net(self):
        """Give what is really held, by symbol."""
        net = {}
        for order in self.orders.values():
            sign = 1 if order.transaction_type == "BUY" else -1
            symbol = order.tradingsymbol
            net[symbol] = net.get(symbol, 0) + sign * order.filled_quantity
        return {symbol: quantity for symbol, quantity in net.items() if quantity}

    def _cancel_of(self, order_id):
        if isinstance(self.cancels, str):
            return self.cancels
        index = int(order_id.partition(".")[0])
        return self.cancels[index] if index < len(self.cancels) else "works"


@define
class Drive:
    """Drives one batch to its end, crashing at most once: before or after the n-th step's acts."""

    exchange: Exchange
    batch: Batch
    crash_at: int | None = None
    crash_before: bool = False
    durable: list[Batch] = field(factory=list)
    seconds: int = 0
    since_s: int = 0

    def run(self):
        """Run to the end; give the batch."""
        facts = []
        for _ in range(ROUNDS_MAX):
            batch = self.batch
            for fact in facts:
                batch = fact(batch)
            for order in self.exchange.orders.values():
                batch = legs.learn(batch, order)
            now = after(self.seconds)
            if self.batch.ended:
                batch = exposure.revised(self.batch, batch, now)
            step = saga.decide(batch, saga.Scene(now, since=after(self.since_s)))
            facts = []
            if step.batch != self.batch or not self.durable:
                self.batch = step.batch
                self.durable.append(step.batch)
            crashes = self.crash_at == len(self.durable) - 1
            if crashes:
                self.crash_at = None
                self.since_s = self.seconds + 1
            if not (crashes and self.crash_before):
                facts = [self._act(action) for action in step.actions]
            if crashes:
                facts = []
            if self.batch.ended and not step.actions:
                return self.batch
            self.seconds += 1
        raise AssertionError("the batch never ended")

    def _act(self, action):
        match action:
            case saga.Send(leg):
                return self.exchange.place(leg, len(self.batch.legs))
            case saga.Ask(tag):
                return self.exchange.find(tag)
            case saga.Cancel(order_id):
                return self.exchange.cancel(order_id)


def ready(*sides, on_failure="cancel_and_flatten", **changes):
    """Give a batch not begun, of one leg a side, each in a symbol of its own."""
    batch = a_batch(on_failure=on_failure, **changes)
    made = tuple(
        a_leg(
            i,
            broker_tag=tag_for(batch.batch_id, i),
            tradingsymbol=f"S{i}",
            transaction_type=side,
        )
        for i, side in enumerate(sides)
    )
    flattens = on_failure == "cancel_and_flatten"
    return evolve(batch, legs=made, way_out=WayOut(flattens=flattens))


def drive(*places, crash_at=None, before=False, sides=None, options=None, **exchange):
    """Drive a batch of one leg a word to its end."""
    options = dict(options or {})
    if "on_failure" in exchange:
        options["on_failure"] = exchange.pop("on_failure")
    batch = ready(*(sides or ("BUY",) * len(places)), **options)
    given = Drive(Exchange(places, **exchange), batch, crash_at, before)
    given.run()
    return given
