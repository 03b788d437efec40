import json

import pytest
import trio
import trio_websocket

from web.commands.faults import CannotRun
from web.commands.follow import Place, Target, follow, frame_of, pause_s


def event(offset, prev, epoch="e1"):
    """An event frame."""
    return {"type": "order_update", "epoch": epoch, "offset": offset, "prev": prev, "data": {}}


def established(offset, epoch="e1", **more):
    """The first frame of a connection."""
    return {"type": "connection_established", "epoch": epoch, "offset": offset, **more}


def test_each_event_is_shown_once():
    """P4: an event at or before the place that was reached is not shown again."""
    place = Place()
    assert place.take(established(4)) == (False, None)
    assert place.take(event(5, 4)) == (True, None)
    assert place.take(event(5, 4)) == (False, None)
    assert (place.since, Place().since) == ("e1:5", None)


def test_answers_and_heartbeats_move_the_place_and_are_not_shown():
    """A position is the greatest offset that any frame gave."""
    place = Place("e1", 5)
    assert place.take({"type": "heartbeat", "epoch": "e1", "offset": 9, "prev": 5}) == (False, None)
    assert place.take({"type": "pong", "epoch": "e1", "offset": 10}) == (False, None)
    assert place.take({"type": "error", "message": "what?"}) == (False, None)
    assert place.since == "e1:10"


def test_what_was_missed_is_told():
    """P3: a `prev` beyond the place, and a resumption that was refused, are said aloud."""
    place = Place("e1", 5)
    assert "missed" in place.take(event(9, 8))[1]
    _, note = place.take(established(2, epoch="e2", recovered=False, reason="epoch"))
    assert "e1:9" in note
    assert "epoch" in note
    assert place.since == "e2:2"
    assert place.take(established(2, epoch="e2", recovered=True)) == (False, None)


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, b"\xff", '{"epoch": 1}'])
def test_a_frame_that_is_none_says_nothing(text):
    """P19: whatever a gateway sends, the follower does not fall over it."""
    place = Place("e1", 5)
    assert place.take(frame_of(text)) == (False, None)
    assert place.since == "e1:5"


def test_the_address_carries_the_place_and_never_the_key():
    """`http` becomes `ws`, a path before the gateway's own is kept, the key is a header."""
    target = Target("https://desk.example/ow/", "primary", "k")
    assert target.socket_url(Place("e", 3)) == (
        "wss://desk.example/ow/ws/orders/primary?since=e%3A3"
    )
    assert Target("http://h:1").socket_url(Place()) == "ws://h:1/ws/orders"
    assert target.headers() == [(b"Authorization", b"Bearer k")]
    assert Target("http://h:1").headers() == []


def test_pauses_grow_and_are_bounded():
    """Half a second at first, ten at most, each shortened by chance up to a half."""
    assert [pause_s(attempt, 1.0) for attempt in (0, 1, 2, 99)] == [0.5, 1.0, 2.0, 10.0]
    assert pause_s(0, 0.0) == 0.25


async def served(handle, nursery):
    """A websocket server on loopback; its URL."""
    serving = await nursery.start(trio_websocket.serve_websocket, handle, "127.0.0.1", 0, None)
    return f"http://127.0.0.1:{serving.port}"


@pytest.mark.process
async def test_it_comes_back_with_since_and_gives_each_event_once():
    """P4: cut off after each event, it resumes where it was; what is told twice is given once."""
    asked, given, said = [], [], []

    async def handle(request):
        asked.append(request.path)
        socket = await request.accept()
        at = len(asked)
        await socket.send_message(json.dumps(established(at - 1, recovered=True)))
        for offset in (at - 1, at):
            await socket.send_message(json.dumps(event(offset, offset - 1)))
        await socket.aclose(1012, "restarting")

    async def on_event(_, frame):
        given.append(frame["offset"])
        if len(given) == 3:
            nursery.cancel_scope.cancel()

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            url = await served(handle, nursery)
            await follow(Target(url), Place(), on_event, said.append, patience_s=5)
    assert given == [1, 2, 3]
    assert asked == ["/ws/orders", "/ws/orders?since=e1%3A1", "/ws/orders?since=e1%3A2"]
    assert said == [f"{url}: closed with 1012 restarting; trying again"] * 2


@pytest.mark.process
@pytest.mark.parametrize("status", [401, 403, 404, 400])
async def test_a_refusal_ends_it(status):
    """A wrong key or account is not tried again: one line says what the gateway answered."""

    async def handle(request):
        await request.reject(status)

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            url = await served(handle, nursery)
            with pytest.raises(CannotRun) as told:
                await follow(Target(url), Place(), None, print, patience_s=5)
            nursery.cancel_scope.cancel()
    assert len(told.value.lines) == 1


@pytest.mark.process
async def test_a_revoked_key_ends_it():
    """4001 is not tried again either."""

    async def handle(request):
        await (await request.accept()).aclose(4001, "key revoked")

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            url = await served(handle, nursery)
            with pytest.raises(CannotRun, match="key revoked"):
                await follow(Target(url), Place(), None, print, patience_s=5)
            nursery.cancel_scope.cancel()
