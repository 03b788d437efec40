import json

import pytest
import trio

from tests.web.sandbox.given import NOON, body
from tests.web.sandbox.wire import connect, frames, placed
from web.sandbox.desk import frame
from web.sandbox.paper import PaperOptions, open_paper


def test_a_frame_is_type_account_and_time():
    """The first frame of ticker_service, literally; the time is UTC with milliseconds."""
    assert json.loads(frame("connected", "primary", NOON)) == {
        "type": "connected",
        "account_id": "primary",
        "timestamp": "2026-11-23T06:30:15.123Z",
    }


async def test_only_the_key_is_known():
    """The API key, and no other, and not none."""
    async with open_paper(PaperOptions(api_key="séame")) as broker:
        assert broker.desk.knows("séame")
        assert not broker.desk.knows("open")
        assert not broker.desk.knows("")
        assert not broker.desk.knows(None)


async def test_frames_take_their_half_of_the_latency(autojump_clock, nursery):
    """At 200 ms the order is there after 100, is told of after 100 more, as its caller is answered."""
    async with open_paper(PaperOptions(latency_ms=200)) as broker:
        client = await connect(nursery, broker, "/advanced/ws/orders/primary?api_key=paper")
        await frames(client, 1)
        began = trio.current_time()
        nursery.start_soon(placed, broker, body("FILL1"))
        (opened,) = await frames(client, 1)
        assert opened["data"]["status"] == "OPEN"
        assert trio.current_time() - began == pytest.approx(0.2)
