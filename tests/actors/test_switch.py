import pytest
import trio

from actors.switch import Switch


def by_turns():
    """Give a switch, what runs by it, and what was heard."""
    heard = []

    def saying(word):
        async def say():
            heard.append(word)
            await trio.sleep_forever()

        return say

    return Switch(), saying("on"), saying("off"), heard


async def test_what_was_asked_for_last_runs(nursery, autojump_clock):
    """Each turn ends what runs and begins what is wanted, also the same anew."""
    switch, on, off, heard = by_turns()
    nursery.start_soon(switch.run, on, off)
    for wanted in (False, False, True, True):
        await trio.sleep(1)
        switch.turn(on=wanted)
    await trio.sleep(1)
    assert heard == ["on", "off", "off", "on", "on"]


async def test_a_turn_before_the_start_counts():
    """What was turned off before it ran is off."""
    switch, on, off, heard = by_turns()
    switch.turn(on=False)
    with trio.move_on_after(0.01):
        await switch.run(on, off)
    assert heard == ["off"]


async def test_an_error_comes_out():
    """A defect is nobody's to swallow."""

    async def falls():
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        await Switch().run(falls, falls)
