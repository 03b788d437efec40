"""A socket listened to: what counts as silence, and what does not."""

from __future__ import annotations

import pytest
import trio

from actors.domain.errors import StreamLost
from actors.upstream.listening import Listener, kept_alive, send


class Says:
    """A socket that says each word at its moment, then nothing."""

    def __init__(self, *words):
        self.words = list(words)

    async def receive(self):
        """Wait for the next word."""
        if not self.words:
            await trio.sleep_forever()
        at_s, word = self.words[0]
        await trio.sleep(max(0.0, at_s - trio.current_time()))
        self.words.pop(0)
        if isinstance(word, Exception):
            raise word
        return word


@pytest.mark.parametrize("patience_s", [7, 50])
async def test_silence_ends_it_however_often_it_is_asked(autojump_clock, patience_s):
    """P7: a caller that gives up and comes back does not begin the silence anew."""
    listener = Listener(Says(), 20, "a byte")
    began_s = trio.current_time()
    with pytest.raises(StreamLost, match="nothing came for 20 s, not even a byte"):
        for _ in range(9):
            with trio.move_on_after(patience_s):
                await listener.frame()
    assert trio.current_time() - began_s == pytest.approx(20)


async def test_a_slow_caller_is_not_silence(autojump_clock):
    """Time spent elsewhere does not count; each frame begins the silence anew."""
    began_s = trio.current_time()
    listener = Listener(Says((began_s + 1, "a"), (began_s + 18, b"b")), 20, "a byte")
    assert await listener.frame() == "a"
    await trio.sleep(100)
    assert await listener.frame() == b"b"
    with pytest.raises(StreamLost):
        await listener.frame()
    assert trio.current_time() - began_s == pytest.approx(121)


async def test_an_end_comes_out_as_it_is(autojump_clock):
    """What ended the socket is said in the socket's own words."""
    listener = Listener(Says((0, StreamLost("closed: 1000"))), 20, "a byte")
    with pytest.raises(StreamLost, match="closed: 1000"):
        await listener.frame()


class Takes:
    """A socket that notes what it takes, and when; or never takes anything."""

    def __init__(self, *, is_stuck=False):
        self.taken, self.is_stuck = [], is_stuck

    async def send(self, text):
        """Take a frame."""
        if self.is_stuck:
            await trio.sleep_forever()
        self.taken.append((trio.current_time(), text))


async def test_a_socket_is_kept_alive_while_the_block_runs(autojump_clock):
    """P20: a word every so often; what the block raises comes out as it is, in no group."""
    socket, began_s = Takes(), trio.current_time()
    with pytest.raises(StreamLost, match="gone"):
        async with kept_alive(socket, "ping", 10):
            await trio.sleep(35)
            raise StreamLost("gone")
    assert socket.taken == [(began_s + each, "ping") for each in (10, 20, 30)]


async def test_a_socket_that_takes_nothing_is_lost_to_who_sends_and_harms_no_block(autojump_clock):
    """P20: a frame has its time; a ping that cannot be sent ends nothing, the silence will."""
    with pytest.raises(StreamLost, match="took nothing in for 5 s"):
        await send(Takes(is_stuck=True), "hello", 5)
    async with kept_alive(Takes(is_stuck=True), "ping", 10):
        await trio.sleep(100)
