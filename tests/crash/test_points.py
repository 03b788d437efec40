from random import Random

import pytest

from .points import POINTS, SIGHTS, schedule

HEAD = "ow123456789abcdef"


def line(event, index=0, **more):
    """A line of the ledger, of the batch's n-th order."""
    side = {"transaction_type": "BUY", "quantity": 10}
    return {"event": event, "tag": f"{HEAD}{index:03d}", "status": "OPEN", **side, **more}


def step(state, *, symbol="FILL7A", order_id=None, outcome=None, rollback=()):
    """A batch of one leg, as it was made durable."""
    leg = {"tradingsymbol": symbol, "broker_tag": f"{HEAD}000", "state": state}
    return {"legs": [{**leg, "order_id": order_id}], "outcome": outcome, "rollback": rollback}


CANCEL = {"action": "cancel", "of": 0, "state": "submitted"}
REFUSED = step("rejected", symbol="REFUSE7A")

MOMENTS = {
    "intent": ([], [step("submitted")]),
    "order": ([line("order", i) for i in range(4)], []),
    "fill": ([line("fill")], [REFUSED]),
    "rollback": ([], [step("accepted", rollback=[CANCEL])]),
    "cancelled": ([line("fill"), line("end", 1, status="CANCELLED")], []),
    "flatten": ([line("order", 1)], [step("filled")]),
    "end": ([], [step("filled", outcome="unwound")]),
}
OTHERS = {
    "intent": ([line("order")], [step("submitted"), step("submitted", order_id="1")]),
    "order": ([line("fill"), line("end")], [step("submitted")]),
    "fill": ([line("fill")], [step("submitted")]),
    "rollback": ([], [step("accepted", rollback=[{**CANCEL, "state": "cancelled"}])]),
    "cancelled": ([line("end", 1, status="CANCELLED"), line("end", status="COMPLETE")], []),
    "flatten": ([line("order", 0)], [step("submitted")]),
    "end": ([], [step("filled", outcome="complete"), step("submitted", outcome="unknown")]),
}


@pytest.mark.parametrize("name", SIGHTS)
def test_a_sight_knows_its_moment(name):
    """Each named point is recognised when it is there, and not in what looks like it."""
    assert SIGHTS[name](Random(1))(*MOMENTS[name])
    assert not SIGHTS[name](Random(1))(*OTHERS[name])
    assert not SIGHTS[name](Random(1))([], [])


def test_a_schedule_comes_to_every_point():
    """As many kills as there are points come to each of them once, whatever the seed."""
    assert sorted(schedule(Random(3), len(POINTS))) == sorted(POINTS)
