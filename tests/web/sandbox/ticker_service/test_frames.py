import json

from tests.web.sandbox.given import NOON
from web.sandbox.ticker_service.frames import frame


def test_a_frame_is_type_account_and_time():
    """The first frame of ticker_service, literally; the time is UTC with milliseconds."""
    assert json.loads(frame("connected", "primary", NOON)) == {
        "type": "connected",
        "account_id": "primary",
        "timestamp": "2026-11-23T06:30:15.123Z",
    }
