import socket

import pytest
import trio
import trio_websocket

from web.client.line import Refused, open_stream, opened, why_ended


def rejected(status, body=b""):
    """A handshake that was answered in plain HTTP."""
    return trio_websocket.ConnectionRejected(status, (), body)


def closed(code, reason):
    """A websocket that its other end closed."""
    return trio_websocket.ConnectionClosed(trio_websocket._impl.CloseReason(code, reason))


def trio_deep():
    """What Trio makes of an address where nobody listens: the system's word stands far inside."""
    told = OSError("all attempts to connect to h:1 failed")
    refused = ConnectionRefusedError(111, "Error connecting to ('h', 1): Connection refused")
    told.__cause__ = ExceptionGroup("", [refused])
    return told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (closed(1012, "e1:5"), "closed with 1012 e1:5"),
        (closed(1011, None), "closed with 1011"),
        (trio_websocket.ConnectionClosed(None), "gone without a word"),
        (rejected(503), "answered with 503"),
        (rejected(429), "answered with 429"),
        (trio.TooSlowError(), "silent for too long"),
        (
            ConnectionRefusedError(111, "Connection refused"),
            "cannot be reached (Connection refused)",
        ),
        (trio.BrokenResourceError(), "cannot be reached (BrokenResourceError)"),
        (ExceptionGroup("", [ExceptionGroup("", [OSError()])]), "cannot be reached (OSError)"),
        (trio_deep(), "cannot be reached (Connection refused)"),
        (
            socket.gaierror(-2, "Name or service not known"),
            "cannot be reached (Name or service not known)",
        ),
        (ZeroDivisionError(), None),
    ],
)
def test_it_says_why_a_line_ended(error, words):
    """What may pass is told in words; None is a defect, and no reason to try again."""
    assert why_ended(error) == words


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (rejected(401), 401, "key"),
        (rejected(403), 403, "not allowed"),
        (rejected(404), 404, "no such account"),
        (rejected(400), 400, "refused with 400"),
        (
            rejected(422, b'{"detail":"d","errors":[{"path":"?types","message":"not known"}]}'),
            *(422, r"refused with 422 \(\?types: not known\)"),
        ),
        (rejected(410, b'{"detail":"gone"}'), 410, r"refused with 410 \(gone\)"),
        (rejected(410, b'{"errors":1}'), 410, "refused with 410$"),
        (closed(4001, "revoked"), 401, "revoked"),
    ],
)
def test_what_would_be_refused_again_is_raised(error, status, words):
    """A wrong key, account or parameter is not tried again; a problem's own words are told."""
    with pytest.raises(Refused, match=words) as told:
        why_ended(error)
    assert told.value.status == status


@pytest.mark.process
async def test_its_socket_is_closed_however_the_block_ends():
    """No socket outlives the block: the other end sees it close."""
    seen = trio.Event()

    async def handle(request):
        socket = await request.accept()
        with pytest.raises(trio_websocket.ConnectionClosed):
            await socket.get_message()
        seen.set()

    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            serving = await nursery.start(
                trio_websocket.serve_websocket, handle, "127.0.0.1", 0, None
            )
            with pytest.raises(ExceptionGroup):
                async with opened(f"ws://127.0.0.1:{serving.port}/x", [], open_stream):
                    raise ValueError
            await seen.wait()
            nursery.cancel_scope.cancel()
