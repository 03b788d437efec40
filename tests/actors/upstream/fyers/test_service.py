"""Questions to Fyers: what is asked, and what is made of every kind of answer."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
import trio

from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.runtime.seams import HttpResponse
from actors.upstream.fyers import rows as fyers_rows
from tests.actors.upstream.fyers.given import APP, SECRET, TOKEN, service_of
from tests.actors.upstream.fyers.samples import (
    ORDER_ROW,
    ORDERS,
    PAN,
    PERSON,
    REJECTED_ROW,
    TRADE_ROW,
)
from tests.actors.upstream.memory import HttpTable, answer

BOOK = "GET /api/v3/orders"
TRADEBOOK = "GET /api/v3/tradebook"
POSITIONBOOK = "GET /api/v3/positions"


def book(*rows):
    return answer(f'{{"s":"ok","code":200,"message":"","orderBook":[{",".join(rows)}]}}'.encode())


def trades(*rows):
    return answer(f'{{"s":"ok","code":200,"message":"","tradeBook":[{",".join(rows)}]}}'.encode())


def queries(http):
    return [dict(parse_qsl(urlsplit(one.url).query)) for one in http.requests]


async def test_a_snapshot_asks_for_orders_then_trades_then_positions(service, http):
    """P7: one day as the broker has it, in our symbols and words, with the keys in a header alone."""
    day = await service.snapshot()
    assert http.calls() == [BOOK, TRADEBOOK, POSITIONBOOK]
    assert [(one.order_id, one.status) for one in day.orders] == [
        ("23030900015105", "COMPLETE"),
        ("23030900015106", "REJECTED"),
    ]
    assert [one.trade_id for one in day.trades] == ["23030900015105-52605023"]
    assert [one.id for one in day.positions] == ["MCX:SILVERMIC20AUGFUT:NRML"]
    assert day.notes == ()
    for request in http.requests:
        assert request.headers["Authorization"] == f"{APP}:{TOKEN}"
        assert not any(secret in request.url for secret in (APP, TOKEN))
    assert http.timeouts_s == [10.0] * 3


async def test_a_snapshot_holds_nothing_of_a_person(service):
    """P21: client ids and PANs of the day's rows are in no value that it gives."""
    text = repr(await service.snapshot())
    assert PERSON not in text
    assert PAN not in text


async def test_fills_ask_for_the_days_trades_and_positions(service, http):
    """Fyers gives no order's trades alone: two questions, however many orders were filled."""
    day = await service.fills(["1", "2"])
    assert http.calls() == [TRADEBOOK, POSITIONBOOK]
    assert (day.orders, len(day.trades), len(day.positions)) == ((), 1, 1)


async def test_a_row_that_did_not_change_is_read_once(service, http, monkeypatch, autojump_clock):
    """Most of a day never changes again: only rows that the last answer did not have are read."""
    read = []
    real = fyers_rows.order_report

    def counted(row):
        read.append(row["status"])
        return real(row)

    monkeypatch.setattr(fyers_rows, "order_report", counted)
    first = await service.snapshot()
    assert await service.snapshot() == first
    assert read == [2, 5]
    http.lay(BOOK, answer(ORDERS.replace(b'"status":5', b'"status":1')))
    assert [one.status for one in (await service.snapshot()).orders] == ["COMPLETE", "CANCELLED"]
    assert read == [2, 5, 1]


async def test_a_row_that_cannot_be_read_is_left_out_and_told(service, http):
    """P7: one bad row costs the snapshot that row, and a note says which and why."""
    http.lay(BOOK, book(ORDER_ROW.replace('"qty":1', '"qty":"1"'), REJECTED_ROW))
    day = await service.snapshot()
    assert [one.order_id for one in day.orders] == ["23030900015106"]
    assert [note.text for note in day.notes] == [
        "a row of the broker's answer could not be read: $.orderBook[0].qty: a whole number is needed"
    ]


async def test_a_large_snapshot_does_not_hold_the_loop(service, http):
    """5,000 rows are read 200 at a time, and other tasks run in between."""
    rows = [json.dumps(json.loads(ORDER_ROW) | {"id": str(i)}) for i in range(5000)]
    http.lay(BOOK, book(*rows))
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
        (answer({"s": "ok"}), BrokerProtocol),
        (answer({"orderBook": [], "tradeBook": [], "netPositions": []}), BrokerProtocol),
        (answer(b"<html>"), BrokerProtocol),
        (answer(b'{"s":"ok","orderBook":{}}'), BrokerProtocol),
        (answer({"s": "error", "code": -50, "message": "x", "orderBook": []}), BrokerRefused),
        (answer({"s": "error", "code": -50, "tradeBook": [], "netPositions": []}), BrokerRefused),
        (answer({"s": "error", "code": -16, "message": f"{APP}:{TOKEN}"}), NeedsLogin),
        (answer({"s": "error", "code": -8}, 401), NeedsLogin),
        (answer({"s": "error", "code": -429}, 429), BrokerRefused),
        (answer(b"<html>", 403), BrokerRefused),
        (answer(b"oops", 502), BrokerProtocol),
        (BrokerUnreachable("no"), BrokerUnreachable),
        (BrokerUnknown("no answer"), BrokerUnknown),
    ],
)
@pytest.mark.parametrize("call", [BOOK, TRADEBOOK, POSITIONBOOK])
async def test_each_failure_of_a_snapshot_has_its_error(service, http, call, reply, error):
    """P7: a list that cannot be had is an error, and never an empty list; no key is in its words."""
    http.lay(call, reply)
    with pytest.raises(error) as caught:
        await service.snapshot()
    assert type(caught.value) is error
    assert not any(secret in str(caught.value) for secret in (APP, TOKEN, SECRET))


async def test_after_a_429_the_account_rests(service, http, autojump_clock):
    """P20: `X-Retry-After-Ms` is kept to: until then no question goes out."""
    http.lay(BOOK, HttpResponse(429, {"x-retry-after-ms": "2500"}, b""), answer(ORDERS))
    with pytest.raises(BrokerRefused, match="rate limit"):
        await service.snapshot()
    with pytest.raises(BrokerRefused, match=r"2\.5 s of quiet"):
        await service.snapshot()
    assert http.calls() == [BOOK]
    await trio.sleep(2.5)
    assert len((await service.snapshot()).orders) == 2


async def test_a_history_is_the_last_state(service, http, autojump_clock):
    """Fyers keeps none: the state in the book, asked for by id, or the one that the snapshot had."""
    http.lay(BOOK, book(ORDER_ROW))
    (state,) = await service.history("23030900015105")
    assert state.status == "COMPLETE"
    assert queries(http) == [{"id": "23030900015105"}]
    assert await service.history("77") == ()
    day = await service.snapshot()
    asked = len(http.requests)
    assert await service.history("23030900015105") == (day.orders[0],)
    assert len(http.requests) == asked
    http.lay(BOOK, book('{"id":"78"}'))
    with pytest.raises(BrokerProtocol, match=r"\$\.orderBook\[0\]"):
        await service.history("78")


async def test_an_order_is_found_by_its_exact_tag(service, http):
    """P9: `1:` and the tag, as Fyers echoes it; found is found, with one question, and whatever
    stands beside it.
    """
    assert [one.order_id for one in await service.find("ow01abc")] == ["23030900015105"]
    assert http.calls() == [BOOK]
    http.lay(BOOK, book('{"id":"1"}', ORDER_ROW))
    assert [one.order_id for one in await service.find("ow01abc")] == ["23030900015105"]


async def test_no_order_is_denied_on_the_word_of_a_filter(service, http, autojump_clock):
    """P9: before saying that there is none, the whole book is asked for, and the trades: a filter
    may not know an order yet, or understand its tag in another way.
    """
    assert await service.find("ow01ab") == ()
    assert http.calls() == [BOOK, TRADEBOOK]
    assert queries(http) == [{}, {}]
    http.lay(BOOK, answer({"s": "error", "code": -50, "message": "no orders"}, 400))
    with pytest.raises(BrokerRefused):
        await service.find("ow01abc")


async def test_one_book_answers_for_every_order_that_is_looked_for(service, http, autojump_clock):
    """P10, P20: ten orders in doubt at once cost little more than one does, not twenty calls of the
    ninety that a minute has for questions.
    """
    http.takes_s = 0.05  # as at any broker, the next one asks before the first has its answer
    async with trio.open_nursery() as nursery:
        for i in range(10):
            nursery.start_soon(service.find, f"ow02ab{i}")
    assert http.calls().count(BOOK) == 1
    assert http.calls().count(TRADEBOOK) == 2


async def test_no_order_is_denied_while_the_trades_tell_of_an_unknown_one(service, http):
    """P9: book and trades have to agree; a trade of an order that the book lacks may be ours."""
    http.lay(BOOK, book())
    http.lay(TRADEBOOK, trades(TRADE_ROW))
    with pytest.raises(BrokerProtocol, match="has traded and is not in the book"):
        await service.find("ow01xyz")


async def test_no_order_is_denied_while_a_row_may_be_ours(service, http, autojump_clock):
    """P9: a row whose tag, or a trade whose order, cannot be read is an error, never "no"."""
    http.lay(BOOK, book('{"id":"1"}'))
    with pytest.raises(BrokerProtocol, match="orderTag: required field missing"):
        await service.find("ow01xyz")
    http.lay(BOOK, book('{"id":1,"orderTag":"2:Untagged"}'))
    http.lay(TRADEBOOK, trades('{"orderNumber":7}'))
    with pytest.raises(BrokerProtocol):
        await service.find("ow01xyz")
    http.lay(TRADEBOOK, trades())
    assert await service.find("ow01xyz") == ()


async def test_several_accounts_live_in_one_process(http):
    """Each has keys, a connection and a memory of its own; a 429 of one does not quiet the other."""
    other = HttpTable(dict(http.answers))
    one, _ = service_of(http=http)
    two, _ = service_of(http=other, token="another")
    http.lay(BOOK, HttpResponse(429, {}, b""))
    with pytest.raises(BrokerRefused):
        await one.snapshot()
    assert len((await two.snapshot()).orders) == 2
    assert other.requests[0].headers["Authorization"] == f"{APP}:another"
    two.login.use("")
    assert one.login.keys.access_token == TOKEN


async def test_the_keys_are_shown_nowhere(service):
    """P21: neither the account nor its parts show a key."""
    assert not any(secret in repr(service) for secret in (APP, TOKEN, SECRET))
