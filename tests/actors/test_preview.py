"""A margin preview: asked in the order of sending, and never in the way of a dry run."""

from decimal import Decimal
from functools import partial

import pytest
import trio
import trio.testing
from attrs import evolve

from actors.domain.batch import BatchRequest
from actors.domain.config import LimitsConfig
from actors.domain.errors import (
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    BrokerUnreachable,
    NeedsLogin,
)
from actors.domain.rehearsal import Margin
from actors.preview import ANSWER_WITHIN_S

from .domain.given import PRIMARY
from .fakes import a_leg_request
from .given_desk import Desk, desk_at_work, means_of

SELL = evolve(a_leg_request("A"), transaction_type="SELL")
REQUEST = BatchRequest((SELL, a_leg_request("B")), mode="hedge_first")


async def test_it_is_asked_in_the_order_in_which_legs_would_go_out(autojump_clock):
    """The hedge before the short; one question, and nothing of the minute or the day."""
    async with desk_at_work() as desk:
        told = await desk.desk.dry_run(PRIMARY, REQUEST)
        assert told.margin == Margin(Decimal(1000), Decimal(5000))
        assert told.margin_error is None
        assert desk.line.broker.asked("margin") == [["B", "A"]]
        use = means_of(desk).gate.budget.use(desk.seams.now())
        assert (use.minute, use.day, use.reserved) == (0, 0, 0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BrokerRefused("no such symbol"), "the broker refused to say: no such symbol"),
        (BrokerUnreachable("no way there"), "the broker was not reached: no way there"),
        (BrokerUnknown("silence"), "the broker did not answer: silence"),
        (NeedsLogin("dead"), "the broker wants a login: dead"),
        (BrokerProtocol("$.data: what?"), "the broker's answer means nothing: $.data: what?"),
    ],
)
async def test_what_keeps_it_from_being_known_is_told_and_fails_nothing(
    error, words, autojump_clock
):
    """Whose fault it is; the rest of the dry run is there all the same."""
    async with desk_at_work() as desk:
        desk.line.broker.margin_is = error
        told = await desk.desk.dry_run(PRIMARY, REQUEST)
        assert (told.margin, told.margin_error) == (None, words)
        assert told.stages == ((1,), (0,))


async def test_it_is_waited_for_no_longer_than_a_few_seconds(autojump_clock):
    """P20: a broker that is silent, and an account whose pace has no turn, are told apart."""
    desk = Desk(limits=LimitsConfig(calls_per_second=1))
    async with desk_at_work(desk):
        desk.line.broker.margin_answers_s = 60
        began_s = trio.current_time()
        told = await desk.desk.dry_run(PRIMARY, REQUEST)
        assert trio.current_time() - began_s == pytest.approx(ANSWER_WITHIN_S)
        assert told.margin_error == "the broker did not answer: nothing came within 4 s"
        gate = means_of(desk).gate
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(partial(gate.turn, urgent=True))
            await trio.testing.wait_all_tasks_blocked()
            told = await desk.desk.dry_run(PRIMARY, REQUEST)
            assert told.margin_error == "the gateway did not ask: no turn came within 4 s"
