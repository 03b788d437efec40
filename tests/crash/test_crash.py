import pytest

from tests.sim.checkers import Broken

from .rounds import run_round
from .witness import Witness

EPOCH = {"epoch": "e1"}


def event(offset, prev, **data):
    """An event frame as short as the witness reads it."""
    frame = {"type": "message", "account_id": "primary", "data": data}
    return {**frame, **EPOCH, "offset": offset, "prev": prev}


def established(offset, **more):
    """The first frame of a connection."""
    return {"type": "connection_established", **EPOCH, "offset": offset, **more}


def witness_at(offset):
    """A witness that has been told of one event."""
    witness = Witness()
    witness.take(established(offset - 1))
    witness.take(event(offset, offset - 1))
    return witness


@pytest.mark.parametrize(
    "frame",
    [
        event(7, 5),
        event(5, 4),
        event(7, 6),
        event(6, 5) | {"epoch": "e2"},
        established(5, recovered=False, reason="expired"),
        established(4, recovered=True),
        established(5),
        {"type": "heartbeat", **EPOCH, "offset": 9, "prev": 8},
    ],
)
def test_the_witness_notices_what_is_not_the_next(frame):
    """P1, P3, P4, P5: a hole, a repetition, another epoch or a resumption elsewhere is seen."""
    witness = witness_at(5)
    with pytest.raises(Broken):
        witness.take(frame)


def test_the_witness_notices_an_offset_used_twice():
    """P5: an offset means one event for good; the same again is no fault."""
    witness = witness_at(5)
    witness.log.take(event(5, 4))
    with pytest.raises(Broken):
        witness.log.take(event(5, 4, text="another"))


def test_the_witness_follows_what_is_as_it_should_be():
    """P4: events one by one, a resumption at the very place, a heartbeat at the end."""
    witness = witness_at(5)
    witness.take(established(5, recovered=True))
    witness.take(event(6, 5))
    witness.take({"type": "heartbeat", **EPOCH, "offset": 6, "prev": 6})
    assert (witness.told, witness.position, witness.resumed) == (2, 6, 1)


@pytest.mark.process
def test_kills_lose_nothing():
    """P4, P5, P7: kill -9 the broker, then the gateway several times at 200 updates a second: live
    in time, one epoch, no offset lost or used twice, every event once, books as the ledger.
    """
    measured = run_round(7, broker_kills=0, gateway_kills=4)
    assert (measured.kills, measured.resumed >= 4) == (5, True)
    assert measured.events == measured.last_offset - measured.first_offset
