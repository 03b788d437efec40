import json

import trio

from web.sandbox.answering import NO_ANSWER_S, ROWS_A_TURN, answered, json_array
from web.sandbox.faults import Fault
from web.sandbox.http import Request, Response, fault
from web.sandbox.paper import PaperOptions, open_paper

PLACE, READ = Request("POST", "/"), Request("GET", "/")


async def done():
    """Work that succeeds."""
    return Response(200)


async def silent():
    """Work whose answer never comes."""
    return


async def failed():
    """Work that is refused."""
    return Response(400)


async def took(desk, request, account_id, work):
    """The status of an answer, and the seconds that it took."""
    began = trio.current_time()
    response = await answered(desk, request, account_id, work, fault)
    return response.status, trio.current_time() - began


async def test_half_the_latency_goes_before_the_work_and_half_after(autojump_clock):
    """A call takes the latency; what it does is done in the middle of it."""
    async with open_paper(PaperOptions(latency_ms=200)) as broker:
        began, at = trio.current_time(), []

        async def work():
            at.append(trio.current_time() - began)
            return Response(200)

        assert await took(broker.desk, READ, None, work) == (200, 0.2)
        assert at == [0.1]


async def test_faults_are_of_a_kind_of_call_and_an_account(autojump_clock):
    """Refused at the door, late, or done and never answered; an error is answered all the same."""
    faults = (
        Fault("refuse", account="a", on=("reads",), status=429),
        Fault("late", account="b", on=("reads",), delay_s=7),
        Fault("lost", account="c"),
    )
    async with open_paper(PaperOptions(faults=faults)) as broker:
        desk = broker.desk
        assert await took(desk, READ, "a", done) == (429, 0)
        assert await took(desk, PLACE, "a", done) == (200, 0)
        assert await took(desk, READ, "b", done) == (200, 7)
        assert await took(desk, PLACE, "c", done) == (504, NO_ANSWER_S)
        assert await took(desk, PLACE, "c", failed) == (400, 0)


async def test_no_answer_ends_at_last(autojump_clock):
    """P20: who waits for an answer that never comes gets 504 after ten minutes."""
    async with open_paper(PaperOptions()) as broker:
        assert await took(broker.desk, PLACE, "a", silent) == (504, 600)


async def test_a_long_list_is_encoded_in_turns(autojump_clock):
    """The array is whole, and the rest of the world gets its turn in between."""
    rows = [{"n": n} for n in range(3 * ROWS_A_TURN + 1)]
    turns = []

    async def count():
        while True:
            turns.append(1)
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count)
        text = await json_array(iter(rows))
        nursery.cancel_scope.cancel()
    assert json.loads(text) == rows
    assert len(turns) >= 3
    assert await json_array(()) == "[]"
