"""How much: requests a second and open streams, of each key and of each address. Pure.

    request ──▶ of its address ──▶ of its key ──▶ on, or 429 with Retry-After
    stream ───▶ the same ──▶ one of the key's connections, for as long as it lasts

Each key and each address has a bucket: a burst at once, and a rate on the whole. The last fifth of
it is kept for calls that lessen risk (`is_urgent`: cancel, halt, flatten, and the deadman's sign of
life), so that a screen which polls too much does not hold the desk's hand. A stream's opening takes
from another bucket, as deep as the streams that may be held: after a restart all come at once.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from attrs import define, field, frozen

from actors.domain.config import KeyConfig, ServerConfig
from actors.domain.errors import Refused

RESERVE: Final = 0.2  # of a burst, for urgent calls alone
BURST_S: Final = 2.0  # an address may have so many seconds' worth at once
BUCKETS_MAX: Final = 10_000  # of a kind; of more, the one that was used longest ago is forgotten
BUSY_S: Final = 5  # when to come again for a connection: nobody knows when one will be free


@frozen
class Rate:
    """So many a second on the whole, and so many at once."""

    per_s: float
    burst: float

    @property
    def kept(self) -> float:
        """Give what is left for urgent calls; a burst of one leaves nothing."""
        return min(self.burst * RESERVE, self.burst - 1)

    def grown(self, left: float, for_s: float) -> float:
        """Give what is in a bucket that had so much, and was left alone for so long."""
        return min(self.burst, left + for_s * self.per_s)


WRONG_KEYS: Final = Rate(per_s=0.2, burst=10)  # from an address


@define
class Bucket:
    """One bucket of one rate, full at first."""

    rate: Rate
    at_s: float
    _left: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._left = self.rate.burst

    def used(self, now_s: float) -> float:
        """Say how much of the burst is used up."""
        return self.rate.burst - self.rate.grown(self._left, now_s - self.at_s)

    def take(self, now_s: float) -> bool:
        """Take one, if there is one."""
        self._left, self.at_s = self.rate.grown(self._left, now_s - self.at_s), now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


@define
class Buckets:
    """One bucket a name, made full at first use; never more than BUCKETS_MAX."""

    _left: OrderedDict[str, tuple[float, float]] = field(factory=OrderedDict, init=False)

    def __len__(self) -> int:
        return len(self._left)

    def left(self, name: str, rate: Rate, now_s: float) -> float:
        """Say how much is in a bucket."""
        left, at_s = self._left.get(name, (rate.burst, now_s))
        return rate.grown(left, now_s - at_s)

    def least_left(self, rate: Rate, now_s: float) -> float:
        """Say how much is in the bucket that has least."""
        return min((self.left(name, rate, now_s) for name in self._left), default=rate.burst)

    def wait_s(self, name: str, rate: Rate, now_s: float, kept: float = 0.0) -> float:
        """Say in how many seconds one may be taken, when so much is to be kept; 0: now."""
        return max(0.0, (1 + kept - self.left(name, rate, now_s)) / rate.per_s)

    def take(self, name: str, rate: Rate, now_s: float, kept: float = 0.0) -> float:
        """Take one, if `wait_s` is 0; give that."""
        if (wait_s := self.wait_s(name, rate, now_s, kept)) == 0:
            self._left[name] = self.left(name, rate, now_s) - 1, now_s
            self._left.move_to_end(name)
            while len(self._left) > BUCKETS_MAX:
                self._left.popitem(last=False)
        return wait_s


@define
class Allowances:
    """What all keys and addresses have left. Without `server` no address has a limit."""

    server: ServerConfig | None = None
    refused: Counter[str] = field(factory=Counter, init=False)  # by what they had too much of
    of_address: Buckets = field(factory=Buckets, init=False)
    of_key: Buckets = field(factory=Buckets, init=False)
    streams_of_address: Buckets = field(factory=Buckets, init=False)
    streams_of_key: Buckets = field(factory=Buckets, init=False)
    wrong_keys: Buckets = field(factory=Buckets, init=False)
    wrong_logins: Buckets = field(factory=Buckets, init=False)
    connections: Counter[str] = field(factory=Counter, init=False)  # open streams, by the key

    def take_of_address(self, address: str, now_s: float, *, urgent: bool, stream: bool) -> None:
        """Count a request of an address; Refused (429) when it had its share."""
        if self.server is None:
            return
        if stream:
            wait_s = self.streams_of_address.take(address, opening_rate(self.server), now_s)
        else:
            rate = request_rate(self.server)
            wait_s = self.of_address.take(address, rate, now_s, 0.0 if urgent else rate.kept)
        self._refuse_until(wait_s, "address", "too many requests from this address")

    def take_of_key(
        self, name: str, key: KeyConfig | None, now_s: float, *, urgent: bool, stream: bool
    ) -> None:
        """Count a request of a key; Refused (429) when it had its share."""
        if key is None:
            return
        if stream:
            rate = Rate(key.requests_per_s, key.connections_max)
            wait_s = self.streams_of_key.take(name, rate, now_s)
        else:
            rate = rate_of(key)
            wait_s = self.of_key.take(name, rate, now_s, 0.0 if urgent else rate.kept)
        self._refuse_until(wait_s, "key", f"too many requests by {name}")

    def count_wrong_key(self, address: str, now_s: float) -> None:
        """Count a wrong key in a header; Refused (429) after too many.

        A right key is let in all the same: a neighbour's guesses do not shut the desk out.
        """
        wait_s = self.wrong_keys.take(address, WRONG_KEYS, now_s)
        self._refuse_until(wait_s, "wrong_key", "too many wrong keys from this address")

    def check_login(self, address: str, now_s: float) -> None:
        """Refuse (429) to look at another key when too many from an address were wrong."""
        wait_s = self.wrong_logins.wait_s(address, WRONG_KEYS, now_s)
        self._refuse_until(wait_s, "login", "too many wrong keys from this address")

    def count_wrong_login(self, address: str, now_s: float) -> None:
        """Count a wrong key at the login."""
        self.wrong_logins.take(address, WRONG_KEYS, now_s)

    def check_connection(self, name: str, key: KeyConfig | None) -> None:
        """Refuse (429) another stream to a key that has all it may have; before it has begun."""
        if key is not None and self.connections[name] >= key.connections_max:
            self.refused["connections"] += 1
            detail = f"{name} has {key.connections_max} streams open, and may have no more"
            raise Refused(429, detail, retry_after_s=BUSY_S)

    @contextmanager
    def connection(self, name: str) -> Iterator[None]:
        """Count a stream as open for the length of the block."""
        self.connections[name] += 1
        try:
            yield
        finally:
            self.connections[name] -= 1
            if not self.connections[name]:
                del self.connections[name]

    def _refuse_until(self, wait_s: float, kind: str, detail: str) -> None:
        if wait_s > 0:
            self.refused[kind] += 1
            raise Refused(429, detail, retry_after_s=math.ceil(wait_s))


def rate_of(key: KeyConfig) -> Rate:
    """Give the rate of a key's requests."""
    return Rate(key.requests_per_s, key.requests_burst)


def request_rate(server: ServerConfig) -> Rate:
    """Give the rate of an address's requests."""
    return Rate(server.requests_per_address_s, server.requests_per_address_s * BURST_S)


def opening_rate(server: ServerConfig) -> Rate:
    """Give the rate at which an address may open streams."""
    return Rate(server.requests_per_address_s, server.connections_per_address_max)
