import json

import pytest

from tests.web.fakes import a_gateway, a_key
from tests.web.reference.judge import Judge
from web.reference.desk import HAND, LOGINS, WAY_IN

BODIES = {
    "deadman": {"seconds": 30, "cancel_open": True},
    "halt": {"reason": "x"},
    "log_in": {"key": "k"},
    "token": {"access_token": "t"},
}


@pytest.mark.parametrize(
    "call", [*HAND.calls, *LOGINS.calls, *WAY_IN.calls], ids=lambda call: call.endpoint
)
async def test_what_the_desk_says_is_answered_as_it_is_told(tmp_path, autojump_clock, call):
    """Halts, streams, logins and tickets answer in the form that is written down."""
    keys = {"desk": a_key("k", rights=("read", "trade", "admin"))}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        body = BODIES.get(call.endpoint)
        answer = await gateway.app.test_client(use_cookies=False).open(
            call.path.format(account_id="primary"),
            method=call.method,
            data=b"" if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": "k"},
        )
        text = await answer.get_data(as_text=True)
        Judge().answer(call.endpoint, answer.status_code, answer.content_type, text)
        assert answer.status_code in ((400, 409) if call in LOGINS.calls else (200,))
