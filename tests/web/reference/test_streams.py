import json

import pytest

from actors.domain.model import Note
from tests.actors.fakes import a_position, a_row, a_trade
from tests.web.reference.judge import Judge
from web.reference.streams import ORDER_STREAM, PAGES, RECORD

CALLS = [
    call
    for call in (*RECORD.calls, *ORDER_STREAM.calls, *PAGES.calls)
    if call.endpoint not in ("event_stream", "static")
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.endpoint)
async def test_what_is_answered_is_as_it_is_told(gateway, autojump_clock, call):
    """The record, the order stream and the pages answer in the form that is written down."""
    await gateway.tell(a_row("1"), Note("info", "read this"), events=2)
    await gateway.tell(a_trade("t1"), a_position(), events=2)
    needed = "&".join(f"{one.name}=OnOrders" for one in call.query if one.required)
    client = gateway.app.test_client()
    path = call.path.format(name="batches")
    answer = await client.open(f"{path}?{needed}", method=call.method)
    assert answer.status_code == 200
    text = await answer.get_data(as_text=True)
    Judge().answer(call.endpoint, 200, answer.content_type, text)
    if "json" in answer.content_type and "count" in json.loads(text):
        assert json.loads(text)["count"] > 0
