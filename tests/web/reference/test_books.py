import json

import pytest

from actors.domain.model import Note
from tests.actors.fakes import a_position, a_row, a_trade
from tests.web.reference.judge import Judge
from web.reference.books import BOOKS, HOW_IT_IS

CALLS = (*HOW_IT_IS.calls, *BOOKS.calls)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.endpoint)
async def test_what_is_read_is_as_it_is_told(gateway, autojump_clock, call):
    """Each call that looks answers in the form that is written down, of books with rows in them."""
    await gateway.tell(a_row("1"), Note("info", "read this"), events=2)
    await gateway.tell(a_trade("t1"), a_position(), events=2)
    client = gateway.app.test_client()
    answer = await client.get(call.path.format(account_id="primary", order_id="1"))
    assert answer.status_code == 200
    text = await answer.get_data(as_text=True)
    Judge().answer(call.endpoint, 200, answer.content_type, text)
    if "json" in answer.content_type and "count" in json.loads(text):
        assert json.loads(text)["count"] > 0
