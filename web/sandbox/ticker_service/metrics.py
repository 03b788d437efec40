"""A few of ticker_service's own metrics, in its own names and labels.

counters ──▶ Prometheus text
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from web.sandbox.desk import Desk


def metrics_text(
    desk: Desk, requests: Counter[tuple[str, str, int]], orders: Counter[tuple[str, str]]
) -> str:
    """Give the exposition: requests by method, route, status; orders by operation, account."""
    lines = list(
        _family(
            "http_requests_total",
            "counter",
            (
                ({"method": method, "endpoint": path, "status": status}, count)
                for (method, path, status), count in sorted(requests.items())
            ),
        )
    )
    lines += _family(
        "order_requests_total",
        "counter",
        (
            ({"operation": operation, "account_id": account}, count)
            for (operation, account), count in sorted(orders.items())
        ),
    )
    lines += _family(
        "circuit_breaker_state", "gauge", (({"account_id": each}, 0) for each in desk.accounts)
    )
    lines += _family("task_queue_depth", "gauge", iter([({"status": "pending"}, 0)]))
    lines += _family(
        "websocket_connections_total",
        "gauge",
        iter([({"connection_type": "orders"}, len(desk.hub))]),
    )
    return "\n".join(lines) + "\n"


def _family(name: str, kind: str, samples: Iterator[tuple[dict[str, Any], int]]) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        named = ",".join(f'{key}="{_escaped(str(label))}"' for key, label in labels.items())
        yield f"{name}{{{named}}} {value}"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
