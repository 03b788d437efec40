"""Every small batch, every way that placing and cancelling may go, a crash at every step.

1-4 legs x (accepted, rejected, timeout but there, timeout and absent)
         x (cancelled, already filled, timeout cancelled, timeout filled)
         x a crash after each durable step, before and after what it calls for
"""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest

from actors.domain.batch import FAILED, STANDING
from actors.domain.unwind import CANCELS_MAX

from .given_saga import drive

# What placing did, then what cancelling would do; where nothing rests nothing is cancelled.
CANCELS = ("works", "fills", "unanswered", "unanswered fill")
KINDS = [
    *product(("rest", "lost"), CANCELS),
    ("reject", "works"),
    ("gone", "works"),
]
POLICIES = ("keep", "cancel_open", "cancel_and_flatten", "hold")
FLATTENS = ("fill", "rest", "reject", "lost fill")


def check(given):
    """Hold a batch's word against what the exchange really has."""
    batch, exchange = given.batch, given.exchange
    assert len(exchange.sent) == len(set(exchange.sent)), "P9: sent twice"
    assert all(exchange.cancelled.count(i) <= CANCELS_MAX + 1 for i in exchange.cancelled)
    still_open = any(order.status == "OPEN" for order in exchange.orders.values())
    net = exchange.net()
    match batch.outcome:
        case "complete":
            assert all(leg.state in STANDING for leg in batch.legs)
            assert not exchange.cancelled
        case "kept":
            unfilled = batch.advance_on == "filled" and "not filled within" in batch.cause
            assert unfilled or any(leg.state in FAILED for leg in batch.legs)
            assert batch.on_failure in ("keep", "hold")
        case "rejected_clean":
            assert not exchange.ever_open
        case "rolled_back_clean":
            assert exchange.ever_open
            assert not net
            assert not still_open
        case "unwound":
            assert not net
            assert not still_open
            assert any(leg.filled_quantity for leg in batch.legs)
        case "exposed":
            assert net or still_open
        case other:
            raise AssertionError(other)
    told = {rest.tradingsymbol: rest.quantity for rest in batch.residual}
    assert told == ({} if batch.outcome in ("complete", "kept") else net)
    assert (batch.cause is None) == (batch.outcome == "complete")
    assert batch.succeeded + batch.failed + batch.pending == len(batch.legs)


def crashed_everywhere(kinds, **options):
    """Drive a batch without a crash, then with one at each of its steps; give how many drives."""
    given = {
        "cancels": tuple(cancel for _, cancel in kinds),
        **options,
    }
    places = [place for place, _ in kinds]
    whole = drive(*places, **given)
    check(whole)
    steps = len(whole.durable)
    for crash_at in range(steps):
        for before in (False, True):
            check(drive(*places, crash_at=crash_at, before=before, **given))
    return 1 + 2 * steps


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_batch_ends_truly_wherever_it_crashes(size):
    """P9, P10: every batch of 1-4 legs placed side by side, legs that are alike counted once, none
    left out: nothing is sent twice, each ends, and the residual is what the exchange has.
    """
    batches = list(combinations_with_replacement(KINDS, size))
    drives = sum(map(crashed_everywhere, batches))
    assert len(batches) == {1: 10, 2: 55, 3: 220, 4: 715}[size]
    assert drives > 5 * len(batches)


@pytest.mark.parametrize("mode", ["sequential", "hedge_first"])
@pytest.mark.parametrize("advance_on", ["accepted", "filled"])
def test_every_order_of_sending_ends_truly(mode, advance_on):
    """P9, P10: the same where the order of the legs matters: each sequence of 1-3 kinds."""
    options = {"mode": mode, "advance_on": advance_on, "fill_wait_s": 3}
    kinds = [
        ("fill", "works"),
        *(kind for kind in KINDS if kind[1] in ("works", "unanswered fill")),
    ]
    for size in (1, 2, 3):
        for batch in product(kinds, repeat=size):
            sides = ("SELL", "BUY", "SELL")[:size]
            if advance_on == "accepted" or size < 3:
                crashed_everywhere(batch, options=options, sides=sides)
            else:
                places, cancels = zip(*batch, strict=True)
                check(drive(*places, cancels=cancels, options=options, sides=sides))


@pytest.mark.parametrize("on_failure", POLICIES)
def test_every_policy_ends_truly(on_failure):
    """P9, P10: 1 and 2 legs by every policy, and by what becomes of the orders that unwind."""
    places = ("refuse", "reject", "gone", "lost", "lost fill", "partial", "rest", "fill")
    kinds = list(product(places, ("works", "fills", "refused")))
    for flattens in FLATTENS if on_failure == "cancel_and_flatten" else ("fill",):
        for size in (1, 2):
            for batch in combinations_with_replacement(kinds, size):
                crashed_everywhere(batch, on_failure=on_failure, flattens=flattens)
