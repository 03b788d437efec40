import pytest

from . import packets
from .catalogue import FRAMES, HUNG_UP, OPEN, PACKETS, SLOW
from .place import Place
from .wire import CLOSE, PONG, TEXT, Frames, frame

SAID = []


@pytest.mark.process
def test_no_packet_hurts_the_process_or_its_subscribers():
    """P19, P21: every packet of the catalogue and mutants of them: each answered as it should be,
    the process lives, 20 subscribers miss nothing, and nothing was its own fault.
    """
    packets.run(SAID.append, count=160, patient=False)


def test_the_catalogue_has_what_was_asked_for():
    """At least sixty packets, each with a name of its own and an answer that is right."""
    every = (*PACKETS, *FRAMES, *SLOW)
    assert len(PACKETS + FRAMES) >= 60
    assert len({each.name for each in PACKETS + FRAMES}) == len(PACKETS + FRAMES)
    assert all(each.answers <= packets.KNOWN for each in every)
    assert 500 not in packets.KNOWN


def test_what_comes_back_is_read():
    """An answer by its status, a close by its code, and nothing is nothing."""
    assert packets.status_of(b"HTTP/1.1 413 Content Too Large\r\n") == 413
    assert packets.status_of(b"\x81\x02hi") is None
    assert packets.closed_with(b"\x81\x02hi\x88\x02\x03\xf4") == 1012
    assert packets.closed_with(b"\x81\x02hi") is None
    assert (packets.told(OPEN), packets.told(HUNG_UP)) == (
        *("nothing, and it stays open", "a hang-up"),
    )


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 70000])
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_frames_are_put_together(size, step):
    """A server's frames of every length are found, however the bytes come in pieces."""
    payload = bytes(size)
    data = frame(TEXT, payload, masked=False) + frame(PONG, b"x", masked=False)
    step = max(step, size // 1000)
    frames = Frames()
    found = [each for at in range(0, len(data), step) for each in frames.take(data[at : at + step])]
    assert found == [(TEXT, payload), (PONG, b"x")]
    assert frames.take(frame(CLOSE, masked=False)) == [(CLOSE, b"")]


def event(offset, prev, **more):
    """An event frame as short as a place reads it."""
    return {"type": "message", "epoch": "e", "offset": offset, "prev": prev} | more


@pytest.mark.parametrize(
    "frame",
    [
        event(7, 6),
        event(7, 5),
        event(5, 4),
        event(6, 5, epoch="f"),
        event(9, 8, type="heartbeat"),
        event(5, 5, type="connection_established", recovered=False),
        event(4, 4, type="connection_established", recovered=True),
    ],
)
def test_a_place_notices_what_is_not_the_next(frame):
    """P1, P3, P4, P5: a hole, a repetition, another epoch or a resumption elsewhere is seen."""
    place = Place()
    place.take({"type": "connection_established", "epoch": "e", "offset": 4})
    place.take(event(5, 4))
    assert (place.since, place.told) == ("e:5", 1)
    with pytest.raises(AssertionError):
        place.take(frame)
