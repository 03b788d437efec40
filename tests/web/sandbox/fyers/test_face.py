from tests.web.sandbox.fyers.given import book, call, listen, placed, told, wanted
from tests.web.sandbox.given import Clock
from web.sandbox.paper import PaperOptions, open_paper


async def test_one_order_from_placement_to_cancel(autojump_clock, nursery, tmp_path):
    """Over REST and socket, and in the ledger: the same order, and the same broker afterwards."""
    options = PaperOptions(upstream="fyers", ledger=tmp_path / "ledger")
    async with open_paper(options, now=Clock()) as broker:
        client = await listen(nursery, broker, "orders")
        order_id = await placed(broker, wanted("NSE:PARTIAL1-EQ", orderTag="a" * 30))
        await call(broker, "DELETE", "/orders/sync", {"id": order_id})
        rows = [row for _, row in await told(client, 4)]
        assert [row["org_ord_status"] for row in rows] == [4, 6, 6, 1]
        assert {row["id"] for row in rows} == {order_id}
        before = await book(broker)
        events = [line.split(b'"')[3] for line in options.ledger.read_bytes().splitlines()]
        assert events == [b"order", b"fill", b"end"]
    async with open_paper(options, now=Clock()) as broker:
        assert await book(broker) == before
        assert before[0]["orderTag"] == f"1:{'a' * 30}"
        assert await placed(broker, wanted()) != order_id
