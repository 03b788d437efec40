"""The client's REST: what it sends, and what it makes of every kind of answer."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import trio

from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.upstream.kite import rows as kite_rows
from tests.actors.upstream.memory import KEY, answer
from tests.actors.upstream.samples import (
    ORDER_ROW,
    ORDERS,
    REJECTED_ROW,
    TRADE_ROW,
)


async def test_a_snapshot_asks_for_orders_then_trades_then_positions(service, http):
    """P7: one day as the broker has it, each list under the account's name, with the key in a
    header alone.
    """
    day = await service.snapshot()
    assert http.calls() == [
        "GET /orders/",
        "GET /orders/trades/all",
        "GET /portfolio/positions",
    ]
    assert [one.order_id for one in day.orders] == ["251123000123456", "251123000123457"]
    assert [one.trade_id for one in day.trades] == ["75894751"]
    assert [one.id for one in day.positions] == ["NFO:NIFTY26NOVFUT:NRML"]
    assert day.notes == ()
    for request in http.requests:
        assert parse_qs(urlsplit(request.url).query) == {"account_id": ["primary"]}
        assert request.headers["X-API-Key"] == KEY
        assert KEY not in request.url
    assert http.timeouts_s == [10.0] * 3


async def test_fills_ask_for_no_orders(service, http):
    """After many fills, trades and positions are asked for, and nothing is said of orders."""
    day = await service.fills([f"{n}" for n in range(5)])
    assert http.calls() == ["GET /orders/trades/all", "GET /portfolio/positions"]
    assert (day.orders, len(day.trades), len(day.positions)) == ((), 1, 1)


async def test_a_row_that_did_not_change_is_read_once(service, http, monkeypatch):
    """Most of a day never changes again: only rows that the last answer did not have are read,
    and a row that changed is never taken for the one before it.
    """
    read = []
    real = kite_rows.order_report

    def counted(row):
        read.append(row["status"])
        return real(row)

    monkeypatch.setattr(kite_rows, "order_report", counted)
    first = await service.snapshot()
    assert await service.snapshot() == first
    assert read == ["COMPLETE", "REJECTED"]
    http.lay("GET /orders/", answer(ORDERS.replace(b"REJECTED", b"CANCELLED")))
    third = await service.snapshot()
    assert [one.status for one in third.orders] == ["COMPLETE", "CANCELLED"]
    assert read == ["COMPLETE", "REJECTED", "CANCELLED"]
    http.lay("GET /orders/", answer(ORDERS))
    assert await service.snapshot() == first
    assert read[3:] == ["REJECTED"]


async def test_a_row_that_cannot_be_read_is_left_out_and_told(service, http):
    """P7: one bad row costs the snapshot that row, and a note says which and why."""
    bad = ORDER_ROW.replace('"quantity":50', '"quantity":"50"')
    http.lay("GET /orders/", answer(f"[{bad},{REJECTED_ROW}]".encode()))
    day = await service.snapshot()
    assert [one.order_id for one in day.orders] == ["251123000123457"]
    assert [note.text for note in day.notes] == [
        "a row of the broker's answer could not be read: $[0].quantity: a whole number is needed"
    ]


async def test_a_large_snapshot_does_not_hold_the_loop(service, http):
    """5,000 rows are read 200 at a time, and other tasks run in between."""
    rows = [json.loads(ORDER_ROW) | {"order_id": str(i)} for i in range(5000)]
    http.lay("GET /orders/", answer({"orders": rows}))
    turns = 0

    async def neighbour():
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(neighbour)
        day = await service.snapshot()
        nursery.cancel_scope.cancel()
    assert len(day.orders) == 5000
    assert turns >= 25


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer({"status": "success"}), BrokerProtocol),
        (answer(b"<html>"), BrokerProtocol),
        (answer({"status": "error", "message": "Down"}), BrokerRefused),
        (answer({"status": "error", "message": "Down", "data": []}), BrokerRefused),
        (answer(b'{"status":"error","data":[}'), BrokerProtocol),
        (answer({"detail": "Missing API key"}, 401), NeedsLogin),
        (answer({"detail": "Forbidden"}, 403), NeedsLogin),
        (answer({"detail": "No such account"}, 404), BrokerRefused),
        (answer({}, 429), BrokerRefused),
        (answer(b"oops", 502), BrokerUnknown),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
@pytest.mark.parametrize("path", ["/orders/", "/orders/trades/all", "/portfolio/positions"])
async def test_each_failure_of_a_snapshot_has_its_error(service, http, path, reply, error):
    """A list that cannot be had fails the snapshot with the error that says what is known."""
    http.lay(f"GET {path}", reply)
    with pytest.raises(error) as caught:
        await service.snapshot()
    assert type(caught.value) is error


async def test_a_history_is_whole_or_an_error(service, http):
    """Every state that an order passed through, in the broker's order; none is left out."""
    rows = [ORDER_ROW.replace("COMPLETE", status) for status in ("OPEN", "UPDATE", "COMPLETE")]
    call = "GET /orders/2511%2F1/history"
    http.lay(call, answer(f'{{"data":[{",".join(rows)}]}}'.encode()))
    states = await service.history("2511/1")
    assert [one.status for one in states] == ["OPEN", "UPDATE", "COMPLETE"]
    http.lay(call, answer(f'{{"data":[{rows[0]},{{"order_id":"1"}}]}}'.encode()))
    with pytest.raises(BrokerProtocol, match=r"\$\.data\[1\]\.status: required field missing"):
        await service.history("2511/1")


async def test_an_order_is_found_by_its_exact_tag(service, http):
    """P9: asked by tag, the answer is the orders of that tag, or none."""
    assert [one.order_id for one in await service.find("ow01abc")] == ["251123000123456"]
    assert await service.find("ow01ab") == ()
    assert http.calls() == ["GET /orders/"] * 2 + ["GET /orders/trades/all"]


async def test_an_order_is_found_by_the_tag_that_the_batch_endpoint_lengthened(service, http):
    """P9: as published that endpoint puts a suffix behind each tag; a stranger's stays as it is."""
    http.lay("GET /orders/trades/all", answer([]))
    for tag, found in (("ow01abc_batch_5e-1_2", 1), ("mine_batch_5e_1", 0), ("ow01abc_b", 0)):
        http.lay("GET /orders/", answer([{"order_id": "1", "status": "OPEN", "tag": tag}]))
        assert len(await service.find("ow01abc")) == found


async def test_no_order_is_denied_while_the_trades_tell_of_an_unknown_one(service, http):
    """P9: book and trades have to agree; a trade of an order that the book lacks may be ours."""
    http.lay("GET /orders/", answer([]))
    http.lay("GET /orders/trades/all", answer(f'{{"data":[{TRADE_ROW}]}}'.encode()))
    with pytest.raises(BrokerProtocol, match="has traded and is not in the book"):
        await service.find("ow01abc")


async def test_no_order_is_denied_while_a_tag_is_unreadable(service, http):
    """P9: a row that might be ours and cannot be read is an error, never "no such order"."""
    http.lay("GET /orders/", answer([{"order_id": "1", "status": "OPEN"}]))
    with pytest.raises(BrokerProtocol, match=r"\$\[0\]\.tag: required field missing"):
        await service.find("ow01abc")
    http.lay("GET /orders/", answer([{"order_id": 1, "tag": "else"}]))
    http.lay("GET /orders/trades/all", answer([]))
    assert await service.find("ow01abc") == ()
