from tests.web.sandbox.given import Clock, body
from tests.web.sandbox.wire import call, connect, frames, placed
from web.sandbox.paper import PaperOptions, open_paper


async def test_one_order_from_placement_to_cancel(autojump_clock, nursery, tmp_path):
    """Over REST and socket: tasks, updates, the book, and the same task after a restart."""
    options = PaperOptions(ledger=tmp_path / "ledger")
    async with open_paper(options, now=Clock()) as broker:
        client = await connect(nursery, broker, "/advanced/ws/orders/primary?api_key=paper")
        await frames(client, 1)
        _, said = await call(broker, "POST", "/orders/place", body("PARTIAL1"))
        heard = [(each["data"]["status"]) for each in await frames(client, 3)]
        assert heard == ["OPEN", "UPDATE", "completed"]
        (row,) = (await call(broker, "GET", "/orders/"))[1]
        await call(broker, "DELETE", "/orders/cancel", {"order_id": row["order_id"]})
        assert (await frames(client, 1))[0]["data"]["status"] == "CANCELLED"
    async with open_paper(options, now=Clock()) as broker:
        _, task = await call(broker, "GET", f"/orders/tasks/{said['task_id']}")
        assert task["result"]["order_id"] == row["order_id"]
        assert await placed(broker, body("REST1")) != row["order_id"]
