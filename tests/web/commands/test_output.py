import os

import pytest
import trio

from web.commands import output
from web.commands.output import LINES_MAX, STDERR, STDOUT, Output


@pytest.fixture
def written(monkeypatch):
    """What is written, in its order: (descriptor, text)."""
    found = []
    monkeypatch.setattr(
        output, "write_all", lambda descriptor, data: found.append((descriptor, data.decode()))
    )
    monkeypatch.setattr(trio.to_thread, "run_sync", inline)
    monkeypatch.setattr(output.stat, "S_ISFIFO", lambda _: False)
    return found


async def inline(call, *given, abandon_on_cancel):
    """Call it here: no thread under a virtual clock."""
    return call(*given)


async def test_lines_and_notices_keep_their_order(written, nursery, autojump_clock):
    """What was said between two events is read between them; what waits is written at once."""
    out = Output()
    await out.put("a\n", "e:1")
    await out.put("b\n", "e:2")
    out.note("lost\n")
    await out.put("c\n", "e:3")
    nursery.start_soon(out.run, trio.Event())
    await trio.sleep(1)
    assert written == [(STDOUT, "a\nb\n"), (STDERR, "lost\n"), (STDOUT, "c\n")]
    assert out.shown == "e:3"


async def test_the_place_is_that_of_what_was_written(written, nursery, autojump_clock):
    """P4: what waits unwritten is not behind the place with which one goes on."""
    out = Output(shown="e:0")
    await out.put("a\n", "e:1")
    out.at("e:7")
    assert out.shown == "e:0"
    nursery.start_soon(out.run, trio.Event())
    await trio.sleep(1)
    assert out.shown == "e:7"


async def test_a_notice_is_not_held_up_by_a_full_queue(written, autojump_clock):
    """P20: the queue is bounded; a notice that finds no room is written past it."""
    out = Output()
    for _ in range(LINES_MAX):
        await out.put("x\n")
    out.at("e:1")
    out.note("lost\n")
    assert written == [(STDERR, "lost\n")]
    with trio.move_on_after(1) as scope:
        await out.put("one more\n")
    assert scope.cancelled_caught


async def test_a_reader_who_left_ends_it(written, monkeypatch, nursery, autojump_clock):
    """`| head` has had enough: `stop` is set, and it is known why. A lost stderr ends nothing."""

    def broken(descriptor, _data):
        if descriptor == STDERR:
            raise BrokenPipeError
        if descriptor == STDOUT and stop_at:
            raise BrokenPipeError

    monkeypatch.setattr(output, "write_all", broken)
    stop_at, stop, out = [], trio.Event(), Output()
    nursery.start_soon(out.run, stop)
    out.note("lost\n")
    await out.put("a\n", "e:1")
    await trio.sleep(1)
    assert (out.shown, stop.is_set()) == ("e:1", False)
    stop_at.append(True)
    await out.put("b\n", "e:2")
    await trio.sleep(1)
    assert (out.shown, out.is_unread, stop.is_set()) == ("e:1", True, True)


def test_it_writes_all_however_little_is_taken_at_once(monkeypatch):
    """A pipe may take a part."""
    taken = []

    def some(_descriptor, data):
        taken.append(bytes(data[:3]))
        return len(taken[-1])

    monkeypatch.setattr(os, "write", some)
    output.write_all(STDOUT, b"abcdefgh")
    assert taken == [b"abc", b"def", b"gh"]
