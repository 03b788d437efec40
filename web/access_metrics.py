"""What keys and addresses have used up, each bound beside its use, read for `/metrics`.

allowances, sessions, tickets ──▶ key_connections{key}, key_requests_left{key}, queue_used{name}, …
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import trio
from attrs import frozen
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from .allowances import BUCKETS_MAX, opening_rate, rate_of, request_rate
from .auth import Access
from .sessions import SESSIONS_MAX, SESSIONS_PER_KEY_MAX
from .tickets import TICKETS_PER_KEY_MAX

KINDS: Final = ("address", "key", "connections", "wrong_key", "login")


@frozen
class AccessReading:
    """The use of what `Access` bounds."""

    access: Access

    def read(self) -> Iterable[Metric]:
        """Read what stands at this moment."""
        yield from self._read_keys()
        allowances = self.access.allowances
        refused = CounterMetricFamily(
            "requests_refused", "Answered with 429, by what there was too much of.", labels=["of"]
        )
        for kind in KINDS:
            refused.add_metric([kind], allowances.refused[kind])
        yield refused
        buckets = max(
            map(
                len,
                (
                    *(allowances.of_address, allowances.streams_of_address),
                    *(allowances.wrong_keys, allowances.wrong_logins),
                ),
            )
        )
        used = by("access_used", "What is in a bounded place at the door.", "name")
        bound = by("access_bound", "What fits into it.", "name")
        for name, in_use, most in (
            ("sessions", len(self.access.sessions), SESSIONS_MAX),
            ("sessions_per_key", self.access.sessions.most_of_one_key, SESSIONS_PER_KEY_MAX),
            ("tickets_per_key", self.access.tickets.most_of_one_key, TICKETS_PER_KEY_MAX),
            ("addresses", buckets, BUCKETS_MAX),
            *self._of_one_address(),
        ):
            used.add_metric([name], in_use)
            bound.add_metric([name], most)
        yield from (used, bound)

    def _of_one_address(self) -> Iterator[tuple[str, float, float]]:
        """Give what the address that has least left has used of its bursts."""
        allowances, now_s = self.access.allowances, trio.current_time()
        if (server := allowances.server) is None:
            return
        for name, buckets, rate in (
            ("requests_per_address", allowances.of_address, request_rate(server)),
            ("openings_per_address", allowances.streams_of_address, opening_rate(server)),
        ):
            yield name, rate.burst - buckets.least_left(rate, now_s), rate.burst

    def _read_keys(self) -> Iterable[Metric]:
        allowances, now_s = self.access.allowances, trio.current_time()
        open_now = by("key_connections", "Streams that a key has open.", "key")
        open_max = by("key_connections_bound", "Streams that it may have open.", "key")
        left = by("key_requests_left", "Requests that a key may make at once.", "key")
        burst = by("key_requests_bound", "Requests that it may make after a rest.", "key")
        for name, key in self.access.keys.items():
            open_now.add_metric([name], allowances.connections[name])
            open_max.add_metric([name], key.connections_max)
            left.add_metric([name], allowances.of_key.left(name, rate_of(key), now_s))
            burst.add_metric([name], key.requests_burst)
        yield from (open_now, open_max, left, burst)


def by(name: str, documentation: str, label: str) -> GaugeMetricFamily:
    """Make a gauge that has a value for each of something."""
    return GaugeMetricFamily(name, documentation, labels=[label])
