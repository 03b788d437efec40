from tests.web.sandbox.given import Clock
from tests.web.sandbox.kite.given import call, form, listen, placed, updates
from web.sandbox.paper import PaperOptions, open_paper


async def test_one_order_from_placement_to_cancel(autojump_clock, nursery, tmp_path):
    """Over REST and socket, and in the ledger: the same order, and the same broker afterwards."""
    options = PaperOptions(upstream="kite", ledger=tmp_path / "ledger")
    async with open_paper(options, now=Clock()) as broker:
        client = await listen(nursery, broker)
        order_id = await placed(broker, form("PARTIAL1", tag="abc"))
        await call(broker, "DELETE", f"/orders/regular/{order_id}")
        told = await updates(client, 3)
        assert [row["status"] for row in told] == ["UPDATE", "CANCELLED", "CANCELLED"]
        assert {row["order_id"] for row in told} == {order_id}
        before = await call(broker, "GET", "/orders")
        events = [line.split(b'"')[3] for line in options.ledger.read_bytes().splitlines()]
        assert events == [b"order", b"fill", b"end"]
    async with open_paper(options, now=Clock()) as broker:
        assert await call(broker, "GET", "/orders") == before
        assert await placed(broker, form()) != order_id
