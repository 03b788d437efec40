"""Lives of orders, asked for side by side."""

from __future__ import annotations

import trio

from actors.domain.errors import BrokerUnknown
from actors.upstream.histories import AT_ONCE, ask_histories


class Slow:
    """An upstream whose histories take a second, and one of which is not to be had."""

    def __init__(self):
        self.asking = self.most = 0

    async def history(self, order_id):
        self.asking += 1
        self.most = max(self.most, self.asking)
        await trio.sleep(1)
        self.asking -= 1
        if order_id == "3":
            raise BrokerUnknown("no answer")
        return (order_id,)


async def test_lives_are_asked_for_side_by_side_and_not_all_at_once(autojump_clock):
    """P20: ten lives take three rounds of four; one that is not had costs only itself."""
    slow = Slow()
    histories = await ask_histories(slow, [str(n) for n in range(10)])
    assert histories == {str(n): (str(n),) for n in range(10) if n != 3}
    assert slow.most == AT_ONCE
    assert trio.current_time() == 3
