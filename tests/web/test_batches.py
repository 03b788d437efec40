from decimal import Decimal

import pytest
import trio

from tests.web.fakes import a_gateway, a_key, exact
from web.auth import Caller
from web.batches import canonical, claim_of

PATH = "/accounts/primary/batch-orders"


def leg(symbol="FILL1", **changes):
    """A leg of the brief's example."""
    return {
        "tradingsymbol": symbol,
        "exchange": "NFO",
        "transaction_type": "BUY",
        "quantity": 50,
        "order_type": "MARKET",
        "product": "NRML",
        **changes,
    }


def body(*symbols, **changes):
    """A batch of market orders."""
    return {"orders": [leg(symbol) for symbol in symbols or ("FILL1",)], **changes}


async def test_a_batch_that_ended_is_200_with_the_briefs_fields(gateway, autojump_clock):
    """The brief's request gives the brief's answer, and the contract's fields, at a position."""
    wanted = {
        "orders": [leg("FILL1"), leg("REST2", order_type="LIMIT", price=45500.0, quantity=25)],
        "rollback_on_failure": True,
    }
    answer = await gateway.post(PATH, wanted)
    assert (answer["status"], answer["outcome"], answer["residual"]) == ("success", "complete", [])
    assert (answer["total_orders"], answer["succeeded"], answer["failed"]) == (2, 2, 0)
    assert answer["pending"] == 0
    assert len(answer["order_ids"]) == 2
    assert [row["state"] for row in answer["legs"]] == ["filled", "accepted"]
    assert str(answer["legs"][1]["price"]) == "45500.0"
    for name in ("created_at", "completed_at"):
        assert answer[name].endswith("Z")
    journal = gateway.system.journal
    assert (answer["epoch"], answer["offset"]) == (journal.epoch, journal.end)
    again = await gateway.get(f"{PATH}/{answer['batch_id']}")
    assert again == {**answer, "offset": again["offset"]}


async def test_a_batch_that_runs_on_is_202_with_its_place(gateway, autojump_clock):
    """After wait_s a batch that still runs is 202, with a Location that gives it."""
    wanted = body("LOST1", wait_s=1)
    gateway.brokers["primary"].tells = False
    client = gateway.app.test_client()
    answer = await client.post(PATH, json=wanted)
    assert answer.status_code == 202
    running = exact(await answer.get_data())
    assert (running["status"], running["outcome"]) == ("running", None)
    place = answer.headers["Location"]
    assert place == f"{PATH}/{running['batch_id']}"
    assert (await gateway.get(place))["batch_id"] == running["batch_id"]


async def test_an_earlier_answer_may_be_preferred(gateway, autojump_clock):
    """P11: `Prefer: wait=` answers before `wait_s`, and is no part of what makes it this batch."""
    gateway.brokers["primary"].tells = False
    client, headers = gateway.app.test_client(), {"Idempotency-Key": "k"}
    started_s = trio.current_time()
    for prefer in ("wait=2", "respond-async, wait=0"):
        told = {**headers, "Prefer": prefer}
        answer = await client.post(PATH, json=body("LOST1", wait_s=30), headers=told)
        assert answer.status_code == 202
    assert trio.current_time() - started_s < 3
    bad = await client.post(PATH, json=body(wait_s=999), headers={"Prefer": "wait=1"})
    assert bad.status_code == 422


async def test_batches_are_listed_newest_first(gateway, autojump_clock):
    """The list has each batch's whole answer, newest first, in pages, by status and symbol."""
    first = await gateway.post(PATH, body("FILL1"))
    second = await gateway.post(PATH, body("REJECT2"))
    answer = await gateway.get(PATH)
    assert [row["batch_id"] for row in answer["data"]] == [second["batch_id"], first["batch_id"]]
    page = await gateway.get(f"{PATH}?limit=1")
    rest = await gateway.get(f"{PATH}?limit=1&before={page['next']}")
    assert (rest["data"][0]["batch_id"], rest["next"]) == (first["batch_id"], None)
    assert (await gateway.get(f"{PATH}?status=failed"))["count"] == 1
    assert (await gateway.get(f"{PATH}?symbol=FILL1"))["count"] == 1


@pytest.mark.parametrize(
    ("raw", "status", "path"),
    [
        (b"", 400, "$"),
        (b"{", 400, "$"),
        (b'{"orders": NaN}', 400, "$"),
        (b'{"orders": [], "orders": []}', 400, "$"),
        (b"[" * 100_000, 400, "$"),
        (b"[]", 422, "$"),
        (b'{"orders": null}', 422, "$.orders"),
        (b'{"orders": []}', 422, "$.orders"),
        (b'{"order": []}', 422, "$"),
    ],
)
async def test_a_body_that_is_no_batch_is_refused(gateway, autojump_clock, raw, status, path):
    """P19: no JSON is 400, another shape is 422, and the place of the fault is named."""
    answer = await gateway.post(PATH, raw, status)
    assert answer["errors"][-1]["path"].startswith(path)
    assert gateway.brokers["primary"].asked("place") == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"quantity": None}, "$.orders[0].quantity"),
        ({"quantity": "7"}, "$.orders[0].quantity"),
        ({"quantity": 7.0}, "$.orders[0].quantity"),
        ({"quantity": 0}, "$.orders[0].quantity"),
        ({"order_type": "LIMIT"}, "$.orders[0].price"),
        ({"side": "BUY"}, "$.orders[0]"),
        ({"transaction_type": "buy"}, "$.orders[0].transaction_type"),
    ],
)
async def test_a_leg_at_fault_refuses_the_batch_by_its_field(
    gateway, autojump_clock, changes, path
):
    """A leg that breaks a rule is 422 with its path and nothing is sent of any leg."""
    answer = await gateway.post(PATH, {"orders": [leg(**changes), leg("FILL2")]}, 422)
    assert [fault["path"] for fault in answer["errors"]] == [path]
    assert gateway.brokers["primary"].asked("place") == []


async def test_a_body_too_large_is_413(gateway, autojump_clock):
    """P20: a body over 256 KiB is refused before it is parsed."""
    answer = await gateway.post(PATH, b" " * (256 * 1024 + 1), 413)
    assert answer["title"] == "Content Too Large"


@pytest.mark.parametrize("query", ["dry_run=yes", "dry_run=", "dry_run=true&dry_run=true", "dry=1"])
async def test_what_is_not_understood_is_not_silently_done(gateway, autojump_clock, query):
    """A parameter that is not known, or not true or false, is 422 and no order leaves."""
    answer = await gateway.post(f"{PATH}?{query}", body(), 422)
    assert answer["errors"][0]["path"] == "?" + query.partition("=")[0]
    assert gateway.brokers["primary"].asked("place") == []


async def test_a_dry_run_says_what_it_would_do_and_sends_nothing(gateway, autojump_clock):
    """P11: it is checked like a batch, leaves no batch, and uses no Idempotency-Key up."""
    journal = gateway.system.journal
    end = journal.end
    path = f"{PATH}?dry_run=true"
    answer = await gateway.post(path, body("FILL1", "REST2"), Idempotency_Key="k")
    assert (answer["status"], answer["total_orders"]) == ("dry_run", 2)
    assert answer["margin"] == {"required": 1000, "available": 5000}
    assert answer["margin_error"] is None
    assert [order["transaction_type"] for order in answer["way_out"]] == ["SELL", "SELL"]
    assert (answer["epoch"], answer["offset"], journal.end) == (journal.epoch, end, end)
    assert gateway.brokers["primary"].asked("place") == []
    assert (await gateway.get(PATH))["count"] == 0
    await gateway.post(path, {"orders": [leg(quantity=0)]}, 422)
    placed = await gateway.post(f"{PATH}?dry_run=false", body("FILL3"), Idempotency_Key="k")
    assert placed["outcome"] == "complete"


async def an_exposed_batch(gateway):
    """Place a batch whose first leg fills and whose way out rests, until it is given up."""
    batch = await gateway.post(PATH, body("STUCK1", "REFUSE2", wait_s=120))
    assert batch["outcome"] == "exposed"
    return batch


async def test_what_a_batch_left_can_be_acknowledged(gateway, autojump_clock):
    """The answer is the batch, its exposure cleared; again it is the same."""
    batch = await an_exposed_batch(gateway)
    path = f"{PATH}/{batch['batch_id']}/acknowledge"
    answer = await gateway.post(path, b"")
    assert (answer["outcome"], answer["cleared_by"]) == ("exposed", "acknowledged")
    assert (await gateway.post(path, {}))["cleared_at"] == answer["cleared_at"]
    await gateway.post(path, {"reason": "mine"}, 422)
    await gateway.post(f"{PATH}/{batch['batch_id']}/flatten", b"", 409)


async def test_what_a_batch_left_can_be_flattened_again(gateway, autojump_clock):
    """Once its way out fills, the batch is unwound, and told anew."""
    batch = await an_exposed_batch(gateway)
    path = f"{PATH}/{batch['batch_id']}/flatten"
    gateway.brokers["primary"]._net.clear()  # what closes it no longer reduces: it fills
    answer = await gateway.post(path, {"wait_s": 60})
    assert (answer["outcome"], answer["residual"]) == ("unwound", [])
    assert answer["revised_at"] is not None
    await gateway.post(path, b"", 409)


@pytest.mark.parametrize("act", ["acknowledge", "flatten"])
async def test_there_must_be_something_to_act_on(gateway, autojump_clock, act):
    """404 for no such batch, 409 for one that left nothing, 405 for a mere look."""
    batch = await gateway.post(PATH, body("FILL1"))
    await gateway.post(f"{PATH}/none/{act}", b"", 404)
    await gateway.post(f"{PATH}/{batch['batch_id']}/{act}", b"", 409)
    await gateway.get(f"{PATH}/{batch['batch_id']}/{act}", 405)


@pytest.mark.parametrize(
    ("wait_s", "path"), [(-1, "$.wait_s"), (121, "$.wait_s"), ("1", "$.wait_s")]
)
async def test_flattening_is_waited_for_only_so_long(gateway, autojump_clock, wait_s, path):
    """P20: at most two minutes; other times are refused by their field."""
    answer = await gateway.post(f"{PATH}/any/flatten", {"wait_s": wait_s}, 422)
    assert [fault["path"] for fault in answer["errors"]] == [path]


@pytest.mark.parametrize("act", ["acknowledge", "flatten"])
async def test_acting_on_a_batch_needs_the_right_to_trade(tmp_path, autojump_clock, act):
    """P21: 403 for who only reads, 404 for who may not know of it."""
    keys = {
        "all": a_key("a", rights=("read", "trade")),
        "eye": a_key("r"),
        "far": a_key("t", "hedge", rights=("read", "trade")),
    }
    async with a_gateway(tmp_path, keys=keys) as gateway:
        batch = await gateway.post(PATH, body(), X_API_Key="a")
        path = f"{PATH}/{batch['batch_id']}/{act}"
        await gateway.post(path, b"", 401)
        await gateway.post(path, b"", 403, X_API_Key="r")
        await gateway.post(path, b"", 404, X_API_Key="t")


async def test_the_same_key_and_body_are_the_same_batch(gateway, autojump_clock):
    """P11: a replay gives the batch and sends nothing; spelling and spaces make no other body."""
    first = await gateway.post(PATH, body("REST1"), Idempotency_Key="k1")
    raw = b'{"rollback_on_failure" : true, "orders": [{"quantity":50, "tradingsymbol":"REST1",'
    raw += b'"exchange":"NFO","transaction_type":"BUY","order_type":"MARKET","product":"NRML"}]}'
    with_default = {**body("REST1"), "rollback_on_failure": True}
    second = await gateway.post(PATH, body("REST1"), Idempotency_Key="k1")
    assert second["batch_id"] == first["batch_id"]
    await gateway.post(PATH, with_default, Idempotency_Key="k2")
    await gateway.post(PATH, raw, Idempotency_Key="k2")
    assert len(gateway.brokers["primary"].asked("place")) == 2


async def test_a_twin_waits_with_the_first(gateway, autojump_clock):
    """P11: two requests of one key at one time are one batch, and both get its end."""
    answers = []

    async def post():
        answers.append(await gateway.post(PATH, body("FILL1"), Idempotency_Key="k"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(post)
        nursery.start_soon(post)
    assert answers[0]["batch_id"] == answers[1]["batch_id"]
    assert {answer["outcome"] for answer in answers} == {"complete"}
    assert len(gateway.brokers["primary"].asked("place")) == 1


async def test_the_same_key_with_another_body_is_409(gateway, autojump_clock):
    """P11: a key stands for one request."""
    await gateway.post(PATH, body("FILL1"), Idempotency_Key="k1")
    await gateway.post(PATH, body("FILL2"), 409, Idempotency_Key="k1")


async def test_a_refusal_does_not_use_the_key_up(gateway, autojump_clock):
    """A 422 is not stored: the mended request goes through under the same key."""
    await gateway.post(PATH, {"orders": [leg(quantity=0)]}, 422, Idempotency_Key="k1")
    await gateway.post(PATH, body("FILL1"), 200, Idempotency_Key="k1")


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_has_a_length(gateway, autojump_clock, key):
    """An Idempotency-Key of no or of more than 255 characters is 422, and nothing is sent."""
    for path in (PATH, f"{PATH}?dry_run=true"):
        answer = await gateway.post(path, body(), 422, Idempotency_Key=key)
        assert answer["errors"][0]["path"] == "Idempotency-Key"
    assert gateway.brokers["primary"].asked("place") == []


def test_a_claim_belongs_to_caller_account_and_key():
    """P11: what one caller's key stands for is nobody else's; numbers count by their value."""
    one, other = (Caller(n, frozenset({"a"}), frozenset(), is_everywhere=True) for n in "xy")
    claims = {claim_of("k", c, a, {}).key_sha256 for c in (one, other) for a in ("a", "b")}
    assert len(claims) == 4
    assert canonical({"b": Decimal("1.50"), "a": True}) == canonical(
        {"a": True, "b": Decimal("1.5")}
    )
    assert canonical([True]) != canonical([1])
    assert claim_of(None, one, "a", {}) is None


async def test_placing_needs_the_right_to_trade(tmp_path, autojump_clock):
    """P21: 401 without a key; 403 with one that only reads, or that trades elsewhere."""
    keys = {"eye": a_key("r"), "far": a_key("t", "hedge", rights=("trade",))}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.post(PATH, body(), 401)
        await gateway.post(PATH, body(), 403, X_API_Key="r")
        await gateway.post(PATH, body(), 403, X_API_Key="t")
        await gateway.post(PATH.replace("primary", "hedge"), body(), 200, X_API_Key="t")
        assert gateway.brokers["primary"].asked("place") == []


async def test_a_batch_of_anothers_account_is_404(tmp_path, autojump_clock):
    """P21: a batch that one may not read does not exist, nor does one that never was."""
    keys = {"all": a_key("a", rights=("read", "trade")), "desk": a_key("k", "hedge")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        batch = await gateway.post(PATH, body(), X_API_Key="a")
        await gateway.get(f"{PATH}/{batch['batch_id']}", 404, X_API_Key="k")
        await gateway.get(f"{PATH}/{batch['batch_id'][:-1]}", 404, X_API_Key="a")


async def test_an_account_that_is_not_ready_is_503(tmp_path, autojump_clock):
    """Before its first reconcile an account takes no batch: 503, nothing is sent."""
    async with a_gateway(tmp_path, settled=False) as gateway:
        answer = await gateway.post(PATH, body(), 503)
        assert answer["title"] == "Not available now"
        assert gateway.brokers["primary"].asked("place") == []
