import pytest
import trio

from tests.web.sandbox.given import Clock, body
from tests.web.sandbox.wire import call
from web.sandbox.paper import PaperOptions, open_paper


@pytest.fixture
async def broker(autojump_clock):
    async with open_paper(PaperOptions(), now=Clock()) as running:
        yield running


async def batch(broker, *orders, **more):
    return await call(broker, "POST", "/advanced/batch-orders", {"orders": list(orders), **more})


def statuses(broker):
    return [order.last.book for order in broker.exchange.books["primary"].orders.values()]


async def test_a_batch_that_goes_well_has_no_order_ids(autojump_clock, broker):
    """201 with the published fields, and none that would name an order."""
    status, said = await batch(broker, body("FILL1"), body("REST1"))
    assert status == 201
    assert sorted(said) == [
        "batch_id", "completed_at", "created_at", "error", "failed", "succeeded", "success",
        "total_orders",
    ]  # fmt: skip
    assert (said["success"], said["total_orders"], said["succeeded"], said["failed"]) == (
        True,
        2,
        2,
        0,
    )


async def test_a_rollback_is_reported_whatever_became_of_it(autojump_clock, broker):
    """The first leg had filled and cannot be cancelled; the answer says that all was rolled back."""
    _, said = await batch(broker, body("FILL1"), body("REST1"), body("REFUSE1"))
    assert (said["success"], said["succeeded"], said["failed"]) == (False, 0, 3)
    assert said["error"].startswith("Order 3 failed: ")
    assert said["error"].endswith("Rolled back 2 orders.")
    assert statuses(broker) == ["COMPLETE", "CANCELLED"]


async def test_without_rollback_the_earlier_legs_stand(autojump_clock, broker):
    """`rollback_on_failure: false` keeps what was placed, and stops at the failure."""
    _, said = await batch(
        broker, body("REST1"), body("REFUSE1"), body("REST2"), rollback_on_failure=False
    )
    assert (said["succeeded"], said["failed"]) == (1, 2)
    assert statuses(broker) == ["OPEN"]


async def test_a_leg_that_timed_out_is_left_behind(autojump_clock, broker):
    """A leg without an answer fails after 30 s, and its order stays: the published ghost."""
    began = trio.current_time()
    _, said = await batch(broker, body("REST1"), body("LOST1"))
    assert trio.current_time() - began == 30
    assert said["error"] == "Order 2 failed: not accepted within 30s. Rolled back 1 orders."
    assert statuses(broker) == ["CANCELLED", "OPEN"]


async def test_a_tagged_batch_is_refused_by_kite(autojump_clock, broker):
    """The tag that it makes has underscores and more than 20 characters."""
    _, said = await batch(broker, body("REST1", tag="abc"))
    assert said["error"] == "Order 1 failed: Invalid `tag`. Rolled back 0 orders."


@pytest.mark.parametrize(
    ("orders", "detail"),
    [
        ([body("REST1"), body("REST1", price=None)], "Order 2: LIMIT orders require a price"),
        ([7], "Order 1: not an object"),
        ([], "A batch has 1 to 20 orders."),
        ([body("REST1")] * 21, "A batch has 1 to 20 orders."),
    ],
)
async def test_a_leg_that_is_not_well_formed_refuses_the_batch(
    autojump_clock, broker, orders, detail
):
    """400 that names the leg, and nothing is placed."""
    assert await batch(broker, *orders) == (400, {"detail": detail})
    assert statuses(broker) == []


async def test_an_unknown_account_is_refused(autojump_clock, broker):
    """400, and nothing is placed."""
    assert (await batch(broker, body("REST1"), account_id="nobody"))[0] == 400
