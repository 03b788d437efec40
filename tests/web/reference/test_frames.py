import pytest

from actors.domain.model import Note
from actors.domain.wire import encode
from tests.actors.fakes import a_position, a_row, a_trade
from tests.web.fakes import dial, serving
from tests.web.reference.judge import Judge, kinds_of
from web.conversation import error_frame
from web.dialect import WORDS
from web.reference.frames import DIALECTS, END, OURS, STREAM
from web.wishes import ACTIONS, EVENT_TYPES

PATHS = {
    "orders": "/ws/orders?snapshot=true",
    "order-stream": "/api/order-stream/stream?snapshot=true"
    + "".join(f"&event_types={name}" for name in WORDS.takes),
}


def test_every_kind_of_event_is_told():
    """Each type of event has its frame, in both dialects, and each action its form."""
    ours = {kind for form in OURS.out for kind in kinds_of(form)}
    assert set(EVENT_TYPES) <= ours
    assert set(WORDS.takes) <= {kind for form in STREAM.out for kind in kinds_of(form)}
    for dialect in DIALECTS:
        actions = [form.fields["action"]["enum"][0] for form in dialect.taken]
        assert actions == list(ACTIONS)


def test_what_a_client_may_send_is_what_is_read():
    """Beside `action` and `id` a client's frame has the fields that the surface reads."""
    for dialect, field in ((OURS, "types"), (STREAM, WORDS.field)):
        for form in dialect.taken:
            lists = set(form.fields) - {"action", "id"}
            assert lists in (set(), {field, "accounts"})


def test_the_end_of_a_stream_is_told():
    """`/events/stream` ends with a reason, one of those that its surface has."""
    assert kinds_of(END) == ["end"]
    assert END.fields["reason"]["enum"] == ["restarting", "key_gone", "expired"]


def test_a_fault_in_what_was_sent_fits():
    """The answer to what cannot be understood is as it is written down, with an id or without."""
    for dialect in DIALECTS:
        Judge().frame(dialect, error_frame("no"))
        Judge().frame(dialect, error_frame("no", 7))


@pytest.mark.process
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
async def test_every_frame_of_a_real_websocket_fits(gateway, dialect):
    """All that a client is told, asked for or not, is written down, and has no field beside."""
    judge, kinds = Judge(), set()

    async def hear(client, last):
        while True:
            text = await client.get_message()
            judge.frame(dialect, text)
            kinds.add(text.partition(",")[0])
            if last in text:
                return

    async with serving(gateway) as url, dial(url, PATHS[dialect.name]) as client:
        await gateway.tell(a_row("1", filled_quantity=0), Note("info", "read this"), events=2)
        await gateway.tell(a_trade("t1"), a_position(), events=2)
        await client.send_message("ping")
        await hear(client, "pong")
        for form in dialect.taken:
            wish = {"action": form.fields["action"]["enum"][0], "id": form.name}
            if len(form.fields) > 2:
                wish["accounts"] = ["hedge"]
            await client.send_message(encode(wish).decode())
            await hear(client, f'"id":"{form.name}"')
    assert len(kinds) >= 9
