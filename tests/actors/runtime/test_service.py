"""Services live as long as their block and end after it, the inner ones first."""

import pytest
import trio

from actors.runtime.service import running


def recorder(trace, name):
    """Give a service that says when it begins and when it ends."""

    async def serve():
        trace.append(f"{name} begins")
        try:
            await trio.sleep_forever()
        finally:
            trace.append(f"{name} ends")

    return serve


async def test_the_inner_services_end_before_the_outer_ones(autojump_clock):
    """P18: streams end while the writer still writes."""
    trace = []
    async with running(recorder(trace, "writer")), running(recorder(trace, "stream")):
        await trio.sleep(1)
        trace.append("block ends")
    assert trace[-3:] == ["block ends", "stream ends", "writer ends"]


async def test_a_cancellation_reaches_the_block_before_the_services(autojump_clock):
    """P18: the block closes in its own order: its services are alive while it cleans up."""
    trace = []
    with trio.move_on_after(1):
        async with running(recorder(trace, "writer")):
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(1)
                trace.append("block cleaned up")
    assert trace == ["writer begins", "block cleaned up", "writer ends"]


async def test_the_blocks_own_error_comes_out_as_it_is(autojump_clock):
    """Whoever opened the block catches plain errors, not groups."""
    trace = []

    async def block():
        async with running(recorder(trace, "writer")):
            await trio.sleep(1)
            raise KeyError("plain")

    with pytest.raises(KeyError, match="plain"):
        await block()
    assert trace[-1] == "writer ends"


async def test_a_service_that_falls_cancels_the_block(autojump_clock):
    """Nothing runs on half a tree: the block is cancelled and the error comes out in a group."""

    async def falls():
        await trio.sleep(3)
        raise ValueError("defect")

    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="defect")):
        async with running(falls):
            await trio.sleep_forever()
    assert trio.current_time() == 3
