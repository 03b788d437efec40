"""What a broker's REST and stream share: its books, its key, its clocks, its faults.

    frame of a change ──▶ push ──▶ the fate of each copy ──▶ every socket of the account
    a caller's token ──▶ lets_in ──▶ whether it is the day's; who is turned away is counted

Nothing here is any broker's own: how a change is written is the face's affair.
"""

import hmac
import logging
from collections import Counter
from datetime import date

import trio
from attrs import Factory, define

from web.sandbox.faults import Faults
from web.sandbox.market import Market
from web.sandbox.orders import IST, Fill, Moment, Now, Order
from web.sandbox.sockets import Hub

log = logging.getLogger(__name__)


@define(eq=False)
class Desk:
    """A broker's shared state. `started_s` is on Trio's clock; `latency_s` is there and back."""

    accounts: tuple[str, ...]
    api_key: str
    market: Market
    faults: Faults
    hub: Hub
    now: Now
    started_s: float
    latency_s: float = 0.0
    turned_away: Counter[str] = Factory(Counter)
    """How often each account came with a token that is not good."""

    def knows(self, key: str | None) -> bool:
        """Whether this is the API key."""
        return key is not None and hmac.compare_digest(key.encode(), self.api_key.encode())

    def account_of(self, login: str | None) -> str | None:
        """Give the account that an API key or an app id stands for; None for an unknown one.

        The name of an account is that account's, so that one broker can have several; the API
        key itself is the first account's.
        """
        if login is not None and login in self.accounts:
            return login
        return self.accounts[0] if self.knows(login) else None

    def token_of(self, account_id: str) -> str:
        """Give the account's token: the API key, until faults say that it is dead."""
        token = self.faults.token(account_id, self.elapsed_s())
        return self.api_key if token is None else token

    def lets_in(self, account_id: str, token: str | None, door: str) -> bool:
        """Whether this is the account's token of the day; `door` is what the log says otherwise."""
        good = self.token_of(account_id)
        if token is not None and hmac.compare_digest(token.encode(), good.encode()):
            return True
        self.turned_away[account_id] += 1
        log.info("turned away: account %s at %s", account_id, door)
        return False

    def is_still(self) -> bool:
        """Whether the market stands still."""
        return self.faults.is_still(self.elapsed_s())

    def elapsed_s(self) -> float:
        """Seconds since the broker started: the time that faults are in."""
        return trio.current_time() - self.started_s

    def push(self, account_id: str, frame: str, topic: str | None = None) -> None:
        """Send a frame to the account's sockets; with a topic, to those that asked for it."""
        for outbox in self.hub.of(account_id):
            if topic is None or topic in outbox.topics:
                fate = self.faults.frame(account_id, self.elapsed_s())
                outbox.put(frame, fate, trio.current_time() + self.latency_s / 2)

    def today(self) -> date:
        """Give the exchange's day."""
        return self.now().astimezone(IST).date()

    def orders_of(self, account_id: str) -> list[tuple[Order, Moment]]:
        """Give the orders that the account's book shows, each as it is now, oldest first."""
        orders = self.market.exchange.books[account_id].orders_of(self.today())
        # Orders and moments are taken together, so the list is of one instant.
        return [(order, order.last) for order in orders]

    def fills_of(self, account_id: str) -> list[tuple[Fill, Order]]:
        """Give the account's trades of the day with their orders, oldest first."""
        book = self.market.exchange.books[account_id]
        return [(fill, book.orders[fill.order_id]) for fill in book.fills_of(self.today())]
