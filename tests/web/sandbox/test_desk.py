import json

from tests.web.sandbox.given import NOON
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
