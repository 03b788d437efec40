from tests.web.sandbox.given import Floor, ask
from web.sandbox.ticker_service import tasks as module
from web.sandbox.ticker_service.tasks import Tasks


def test_a_task_is_completed_with_its_order_id():
    """The published fields of a task, and the frame that tells of it."""
    order = Floor().exchange.accept(ask())
    task = Tasks().add("place", order)
    row = task.row()
    assert len(row.pop("idempotency_key")) == 64
    assert row == {
        "task_id": task.task_id, "operation": "place", "status": "completed", "attempts": 1,
        "max_attempts": 5, "last_error": None, "result": {"order_id": order.order_id},
        "account_id": "primary",
    }  # fmt: skip
    assert task.frame_data() == {
        "event": "task_status",
        "task_id": task.task_id,
        "status": "completed",
        "result": {"order_id": order.order_id},
    }


def test_task_ids_are_never_used_twice_and_survive_a_restart():
    """Each thing done to an order has an id of its own; that of a placement is its order's."""
    floor = Floor()
    order = floor.exchange.accept(ask())
    tasks = Tasks()
    ids = [tasks.add("place", order).task_id]
    for quantity in (11, 12):
        floor.exchange.modify(order.order_id, ask(quantity=quantity))
        ids.append(tasks.add("modify", order).task_id)
    floor.exchange.cancel(order.order_id)
    ids.append(tasks.add("cancel", order).task_id)
    assert len(set(ids)) == 4
    assert Tasks().add("place", order).task_id == ids[0]
    assert tasks.get(ids[2]).operation == "modify"


def test_the_published_key_ignores_price_and_tag():
    """As published, equal legs have equal keys within five minutes; here they stay two orders."""
    floor = Floor()
    tasks = Tasks()
    orders = [
        floor.exchange.accept(ask(price=price, tag=tag)) for price, tag in ((1, "a"), (2, "b"))
    ]
    first, second = (tasks.add("place", order) for order in orders)
    assert first.idempotency_key == second.idempotency_key
    assert first.order_id != second.order_id
    floor.clock.pass_s(300)
    third = tasks.add("place", floor.exchange.accept(ask()))
    assert third.idempotency_key != first.idempotency_key


def test_tasks_are_bounded(monkeypatch):
    """P20: the oldest tasks are forgotten first."""
    monkeypatch.setattr(module, "TASKS_MAX", 2)
    floor, tasks = Floor(), Tasks()
    made = [tasks.add("place", floor.exchange.accept(ask())) for _ in range(3)]
    assert len(tasks) == 2
    assert tasks.get(made[0].task_id) is None
    assert tasks.get(made[2].task_id) is made[2]
