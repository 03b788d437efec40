import trio

from web.sandbox import sockets as module
from web.sandbox.faults import FrameFate
from web.sandbox.sockets import SOCKETS_MAX, Hub, Outbox, Parcel


async def test_frames_wait_in_order():
    """What is put is taken in order, with the times that its fate gives it."""
    outbox = Outbox()
    outbox.put("a", FrameFate(), 5.0)
    outbox.put("b", FrameFate(delay_s=2, hold_s=1), 5.0)
    outbox.put("c", FrameFate(silent=True), 5.0)
    outbox.put("d", FrameFate(copies=2), 6.0)
    taken = [await outbox.take() for _ in range(4)]
    assert taken == [Parcel("a", 5), Parcel("b", 7, 1), Parcel("d", 6), Parcel("d", 6)]


async def test_a_dropped_frame_cuts_the_socket():
    """The fault `drop` ends the socket's life without a farewell."""
    outbox = Outbox()
    with outbox.scope:
        outbox.put("a", FrameFate(drop=True), 0.0)
        await trio.sleep_forever()
    assert outbox.cut
    assert outbox.farewell is None


async def test_a_full_outbox_cuts_the_socket(monkeypatch):
    """P20: a socket for which too many frames wait is cut, never silently short of one."""
    monkeypatch.setattr(module, "FRAMES_MAX", 2)
    outbox = Outbox()
    for text in "ab":
        outbox.put(text, FrameFate(), 0.0)
    assert not outbox.cut
    outbox.put("c", FrameFate(), 0.0)
    assert outbox.cut


def test_the_hub_knows_who_listens():
    """Outboxes come in order, leave at their end, and are counted an account."""
    hub = Hub()
    with hub.join("a") as first, hub.join("a") as second, hub.join("b"):
        assert hub.of("a") == [first, second]
        assert len(hub) == 3
    assert hub.of("a") == []
    assert len(hub) == 0


def test_an_account_has_a_hundred_sockets_at_most():
    """As published: the hundredth socket fills an account."""
    hub = Hub()
    joins = [hub.join("a") for _ in range(SOCKETS_MAX)]
    assert SOCKETS_MAX == 100
    for join in joins:
        assert not hub.full("a")
        join.__enter__()
    assert hub.full("a")
    assert not hub.full("b")
