from copy import deepcopy

import pytest

from tests.sim.checkers import Broken

from .judge import check_batch, check_door, check_intents, placed_by_tag
from .placer import Asked
from .plans import Plan, number_of

TAG = "ow123456789abcdef{:03d}"
SIDES = {"FILL7A": "BUY", "REST7B": "SELL"}


def line(event, index, symbol, **more):
    """A line of a ledger in which an order's id is its index; a flatten trades the other way."""
    side = SIDES[symbol] if index < 2 else {"BUY": "SELL", "SELL": "BUY"}[SIDES[symbol]]
    return {
        "event": event,
        "account_id": "primary",
        "order_id": f"id-{index}",
        "tag": TAG.format(index),
        "tradingsymbol": symbol,
        "transaction_type": side,
        "quantity": 10,
        "status": "OPEN",
        **more,
    }


def order(index, symbol, state, filled=0):
    """An order of a batch, that was sent."""
    return {
        "index": index,
        "broker_tag": TAG.format(index),
        "tradingsymbol": symbol,
        "transaction_type": line("order", index, symbol)["transaction_type"],
        "quantity": 10,
        "state": state,
        "order_id": f"id-{index}",
        "filled_quantity": filled,
        "sent_at": "2026-07-01T04:00:00.000Z",
    }


def unwound():
    """A batch whose second leg was cancelled and whose first leg was flattened; and its ledger."""
    flatten = order(2, "FILL7A", "filled", 10)
    batch = {
        "batch_id": "b",
        "account_id": "primary",
        "mode": "parallel",
        "on_failure": "cancel_and_flatten",
        "outcome": "unwound",
        "legs": [order(0, "FILL7A", "filled", 10), order(1, "REST7B", "cancelled")],
        "rollback": [{"action": "cancel", "of": 1}, {"action": "flatten", "order": flatten}],
        "residual": [],
        "succeeded": 1,
        "failed": 1,
        "pending": 0,
        "total_orders": 2,
    }
    ledger = [
        line("order", 0, "FILL7A"),
        line("fill", 0, "FILL7A"),
        line("end", 0, "FILL7A", status="COMPLETE"),
        line("order", 1, "REST7B"),
        line("end", 1, "REST7B", status="CANCELLED"),
        line("order", 2, "FILL7A"),
        line("fill", 2, "FILL7A"),
        line("end", 2, "FILL7A", status="COMPLETE"),
    ]
    return batch, ledger


def judge(batch, ledger):
    """Hold one batch against a ledger."""
    placed = placed_by_tag(ledger)
    check_intents(placed, [batch])
    check_batch(batch, placed)


def test_a_batch_that_ended_as_the_ledger_says_is_let_pass():
    """P10: the judge finds nothing where there is nothing."""
    judge(*unwound())


def not_ended(batch, _ledger):
    batch["outcome"] = None


def doubled(_batch, ledger):
    ledger += [{**line("order", 1, "REST7B"), "order_id": "id-9"}]


def untagged(_batch, ledger):
    ledger += [line("order", 1, "REST7B", tag=None, order_id="id-9")]


def nobodys(_batch, ledger):
    ledger += [line("order", 3, "FILL7A")]


def never_intended(batch, _ledger):
    batch["legs"][1] |= {"state": "pending", "sent_at": None}


def other_side(batch, _ledger):
    batch["legs"][0]["transaction_type"] = "SELL"


def leg_lost(_batch, ledger):
    del ledger[3:5]


def other_id(batch, _ledger):
    batch["legs"][1]["order_id"] = "id-9"


def left_open(_batch, ledger):
    del ledger[4]


def not_flattened(batch, ledger):
    del ledger[5:], batch["rollback"][1]


def residual_hidden(batch, ledger):
    batch["outcome"] = "exposed"
    del ledger[5:], batch["rollback"][1]


def residual_of_nothing(batch, _ledger):
    batch["outcome"], batch["residual"] = "exposed", [{"tradingsymbol": "FILL7A", "quantity": 10}]


def called_clean(batch, _ledger):
    batch["outcome"] = "rolled_back_clean"


def called_complete(batch, _ledger):
    batch["outcome"], batch["residual"] = "complete", [{"tradingsymbol": "X", "quantity": 1}]


def against_the_wish(batch, _ledger):
    batch["on_failure"] = "cancel_open"


def out_of_turn(batch, ledger):
    batch["mode"] = "sequential"
    ledger[0:3], ledger[3:5] = ledger[3:5], ledger[0:3]


def sale_before_hedge(batch, ledger):
    batch["mode"] = "hedge_first"
    ledger[0:3], ledger[3:5] = ledger[3:5], ledger[0:3]


def miscounted(batch, _ledger):
    batch["failed"] = 2


@pytest.mark.parametrize(
    "breaks",
    [
        not_ended,
        doubled,
        untagged,
        nobodys,
        never_intended,
        other_side,
        leg_lost,
        other_id,
        left_open,
        not_flattened,
        residual_hidden,
        residual_of_nothing,
        called_clean,
        called_complete,
        against_the_wish,
        out_of_turn,
        sale_before_hedge,
        miscounted,
    ],
)
def test_the_judge_notices(breaks):
    """P9, P10: what is doubled, lost, unintended, hidden or called by a wrong name is seen."""
    batch, ledger = unwound()
    breaks(batch, ledger)
    with pytest.raises(Broken):
        judge(batch, ledger)


def asked(told=("b",)):
    """The request that the batch was made of, and what it was told."""
    legs = [{"tradingsymbol": symbol} for symbol in SIDES]
    return Asked(Plan(7, "primary", "key-7", {"orders": legs}), set(told))


def test_the_judge_notices_a_door_that_is_not_idempotent():
    """P11: no batch, two batches, another answer, another body, or one that nobody asked for."""
    batch, _ = unwound()
    twin = {**deepcopy(batch), "batch_id": "c"}
    short = {**deepcopy(batch), "legs": batch["legs"][:1]}
    check_door([asked()], [batch])
    for requests, batches in (
        ([asked()], []),
        ([asked()], [batch, twin]),
        ([asked(told=("b", "c"))], [batch]),
        ([asked(told=())], [batch]),
        ([asked()], [short]),
        ([], [batch]),
    ):
        with pytest.raises(Broken):
            check_door(requests, batches)


def test_a_symbol_says_whose_it_is():
    """A batch's number is read from each of its symbols, whatever their fate."""
    assert [number_of(symbol) for symbol in ("FILL7A", "REJECT170B")] == [7, 170]
