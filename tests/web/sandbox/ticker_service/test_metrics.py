from collections import Counter

from web.sandbox.paper import PaperOptions, open_paper
from web.sandbox.ticker_service.metrics import metrics_text


async def test_the_names_are_ticker_services():
    """The published names and labels, in Prometheus text."""
    async with open_paper(PaperOptions()) as broker:
        text = metrics_text(
            broker.desk,
            Counter({("GET", '/a"b', 200): 2}),
            Counter({("place", "primary"): 3}),
        )
    assert text.splitlines() == [
        "# TYPE http_requests_total counter",
        r'http_requests_total{method="GET",endpoint="/a\"b",status="200"} 2',
        "# TYPE order_requests_total counter",
        'order_requests_total{operation="place",account_id="primary"} 3',
        "# TYPE circuit_breaker_state gauge",
        'circuit_breaker_state{account_id="primary"} 0',
        "# TYPE task_queue_depth gauge",
        'task_queue_depth{status="pending"} 0',
        "# TYPE websocket_connections_total gauge",
        'websocket_connections_total{connection_type="orders"} 0',
    ]
