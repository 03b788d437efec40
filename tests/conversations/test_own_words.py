"""What one broker says and no other, in its own wire format, told to the whole system.

    gateway ── HTTP ──▶ between ──▶ paper broker      the answer is made another, or none is given
                           └─▶ what went out, and when

Who is in doubt asks, and sends nothing again; who is told to be quiet is quiet.
"""

import json
import re
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest
import trio

from actors.domain.config_accounts import BROKERS_LIMITS, LimitsConfig
from actors.runtime.seams import HttpResponse
from tests.actors.upstream.fyers.samples import NO_ACK
from tests.actors.upstream.kite.samples import ASK_FIRST
from tests.sim.mortal import tag_placed

from .simulated import open_simulated
from .tell import read_ledger

SILENT = ("the broker dies", "the broker is back, and its stream says nothing")
FYERS_MINUTE_MAX = 200
ROUNDS = 24  # three seconds each
KITE_CHANGES_MAX = 25
TAGS = {"kite": r"[A-Za-z0-9]{1,20}", "fyers": r"[A-Za-z0-9]{1,30}"}
DOUBTS = {
    "fyers": HttpResponse(200, {}, NO_ACK),
    "kite": HttpResponse(
        400,
        {},
        json.dumps(
            {"status": "error", "message": ASK_FIRST, "data": None, "error_type": "OrderException"}
        ).encode(),
    ),
}
CANCELLED = {
    "fyers": b'{"s":"ok","code":1103,"message":"Successfully cancelled order","id":"7"}',
    "kite": b'{"status":"success","data":{"order_id":"7"}}',
}


def leg(symbol, side="BUY", order_type="LIMIT", **more):
    """A leg of ten."""
    price = {"price": 100} if order_type == "LIMIT" else {}
    plain = {"exchange": "NFO", "product": "NRML", "quantity": 10, "order_type": order_type}
    return {"tradingsymbol": symbol, "transaction_type": side, **plain, **price, **more}


async def placed(world, *legs, **more):
    """Place a batch, and wait for its end."""
    body = {"orders": legs, "wait_s": 120, **more}
    came = await asked(world, "POST", "/accounts/primary/batch-orders", body)
    assert came.status == 200, came.body
    return came.body


async def asked(world, method, path, body=None):
    """Ask the gateway."""
    raw = None if body is None else json.dumps(body).encode()
    return await world.request(method, path, {"Content-Type": "application/json"}, raw)


def tags_sent(world):
    """The tag of each placement that went out, in order."""
    return [tag for _, request in world.network.sent if (tag := tag_placed(request)) is not None]


@pytest.mark.parametrize("tells", [True, False], ids=["the stream tells", "the stream is silent"])
@pytest.mark.parametrize("is_placed", [True, False], ids=["was placed", "was not placed"])
@pytest.mark.parametrize("upstream", DOUBTS)
async def test_words_of_doubt_are_no_failure(upstream, is_placed, tells, tmp_path, autojump_clock):
    """P9: Fyers' code 201 (no acknowledgement) and Kite's 400 that says "timed out, check the order
    book" prove nothing: nothing is sent again, and the book says by our tag what became of it.
    """

    async def between(request, carry):
        if tag_placed(request) is None:
            return await carry(request)
        if is_placed:
            await carry(request)
        return DOUBTS[upstream]

    async with open_simulated(tmp_path, upstream=upstream) as world:
        for event in () if tells else SILENT:
            await world.happen(event)
        world.network.between = between
        batch = await placed(world, leg("RESTDOUBT"))
        (told,) = batch["legs"]
        if is_placed:
            assert (batch["outcome"], told["state"]) == ("complete", "accepted")
        else:
            assert (batch["outcome"], told["denials"]) == ("rejected_clean", 2)
        assert tags_sent(world) == [told["broker_tag"]]
        assert read_ledger(world.ledger(), "RESTDOUBT", "BUY")[0] == int(is_placed)


@pytest.mark.parametrize("upstream", CANCELLED)
async def test_a_cancel_that_is_confirmed_is_not_believed(upstream, tmp_path, autojump_clock):
    """P10: a broker may answer that it has cancelled what had just filled; the fill is flattened."""

    async def between(request, carry):
        answer = await carry(request)
        if request.method != "DELETE":
            return answer
        return HttpResponse(200, {}, CANCELLED[upstream])

    async with open_simulated(tmp_path, upstream=upstream) as world:
        world.network.between = between
        batch = await placed(world, leg("LATECANCEL"), leg("REFUSECANCEL", "SELL"))
        assert batch["outcome"] == "unwound"
        assert batch["legs"][0]["state"] == "filled"
        assert read_ledger(world.ledger(), "LATECANCEL", "BUY") == (1, 0, True)


async def test_fyers_is_left_in_peace_for_as_long_as_it_says(tmp_path, autojump_clock):
    """P10, P20: a 429 to the order that closes a fill: for `X-Retry-After-Ms` nothing at all goes
    out, not even another try, and then the way out goes on to its end.
    """
    told_s = []

    async def between(request, carry):
        if tag_placed(request) is None or len(tags_sent(world)) != 3 or told_s:
            return await carry(request)
        told_s.append(trio.current_time())
        headers = {"retry-after": "3", "x-retry-after-ms": "2500"}
        said = b'{"s":"error","code":-429,"message":"request limit reached"}'
        return HttpResponse(429, headers, said)

    async with open_simulated(tmp_path, upstream="fyers") as world:
        world.network.between = between
        batch = await placed(world, leg("FILLQUIET"), leg("REFUSEQUIET", "SELL"))
        assert batch["outcome"] == "unwound"
        flattens = [each["state"] for each in batch["rollback"] if each["action"] == "flatten"]
        assert flattens == ["rejected", "filled"]
        (quiet_s,) = told_s
        sent_s = [at_s for at_s, request in world.network.sent if "primary" in who(request)]
        assert not [at_s for at_s in sent_s if quiet_s < at_s < quiet_s + 2.5]
        assert read_ledger(world.ledger(), "FILLQUIET", "BUY") == (1, 0, True)


async def test_kite_is_not_asked_again_in_the_same_second(tmp_path, autojump_clock):
    """P10: a 429 of Kite's does not say for how long; the order that closes a fill is tried again
    when the second is over, so a moment's crowding does not leave a batch exposed.
    """
    told_s = []

    async def between(request, carry):
        now_s = trio.current_time()
        if tag_placed(request) is None or len(tags_sent(world)) < 3:
            return await carry(request)
        if told_s and now_s > told_s[0] + 0.9:
            return await carry(request)
        told_s.append(now_s)
        return HttpResponse(429, {}, b'{"status":"error","message":"Too many requests"}')

    async with open_simulated(tmp_path, upstream="kite") as world:
        world.network.between = between
        batch = await placed(world, leg("FILLCROWD"), leg("REFUSECROWD", "SELL"))
        assert (batch["outcome"], len(told_s)) == ("unwound", 1)


async def test_fyers_minute_is_never_used_up(tmp_path, autojump_clock):
    """P20: who goes over 200 calls a minute more than three times is blocked for the day, so nobody
    goes over it once. With a silent stream, answers that are lost and a desk that places all that
    is taken, an account's orders and questions together stay below it in every minute.
    """
    symbols = ("FILL", "GONE", "REST", "REFUSE", "PARTIAL", "LATE", "REJECT")
    answers = Counter()

    async def trade(world, worker):
        for i in range(ROUNDS):
            legs = [leg(f"{symbols[(i + worker + n) % 7]}M{worker}N{i}L{n}") for n in range(3)]
            body = {"orders": legs, "wait_s": 1}
            came = await asked(world, "POST", "/accounts/primary/batch-orders", body)
            answers[came.status] += 1
            await trio.sleep(3)

    limits = LimitsConfig(**BROKERS_LIMITS["fyers"])
    async with open_simulated(tmp_path, upstream="fyers", limits=limits) as world:
        for event in SILENT:
            await world.happen(event)
        async with trio.open_nursery() as nursery:
            for worker in range(2):
                nursery.start_soon(trade, world, worker)
        mine_s = [at_s for at_s, request in world.network.sent if "primary" in who(request)]
    busiest = max(sum(at_s <= one < at_s + 60 for one in mine_s) for at_s in mine_s)
    assert min(answers[202], answers[429]) > 10
    assert FYERS_MINUTE_MAX / 2 < busiest <= FYERS_MINUTE_MAX


async def test_kite_protects_what_has_no_price(tmp_path, autojump_clock):
    """P10: each MARKET order carries `market_protection`, the way out's too, and no other does."""
    async with open_simulated(tmp_path, upstream="kite", flatten="market") as world:
        market = leg("FILLPROTECT", order_type="MARKET")
        batch = await placed(world, market, leg("REJECTPROTECT", "SELL"))
        assert batch["outcome"] == "unwound"
        forms = [
            dict(parse_qsl(request.body.decode()))
            for _, request in world.network.sent
            if tag_placed(request) is not None
        ]
        told = [(form["order_type"], form.get("market_protection")) for form in forms]
        assert sorted(told, key=str) == [("LIMIT", None), ("MARKET", "-1"), ("MARKET", "-1")]


@pytest.mark.parametrize("upstream", TAGS)
async def test_tags_are_what_the_broker_takes(upstream, tmp_path, autojump_clock):
    """P9: letters and digits alone, 20 at Kite and 30 at Fyers, whatever the caller's own tag is;
    what the broker echoes, at Fyers with `1:` before it, is read as ours.
    """
    async with open_simulated(tmp_path, upstream=upstream) as world:
        legs = [leg(f"REST{i}TAG", tag=f"desk 7/{i}, Ωmega, the caller's own") for i in range(9)]
        batch = await placed(world, *legs, leg("FILLTAG"))
        tags = tags_sent(world)
        assert sorted(tags) == [row["broker_tag"] for row in batch["legs"]]
        assert len(set(tags)) == 10
        assert all(re.fullmatch(TAGS[upstream], tag) for tag in tags)
        rows = (await asked(world, "GET", "/accounts/primary/orders")).body["data"]
        named = {row["broker_tag"]: (row["origin"], row["tag"]) for row in rows}
        owns = [one.get("tag") for one in (*legs, {})]
        assert named == {
            row["broker_tag"]: ("orderwire", own)
            for row, own in zip(batch["legs"], owns, strict=True)
        }


async def test_kite_lets_an_order_be_changed_so_often(tmp_path, autojump_clock):
    """P8: the 26th change of an order is refused in Kite's words; the order is as the 25th left it,
    and can be cancelled.
    """
    async with open_simulated(tmp_path, upstream="kite") as world:
        batch = await placed(world, leg("RESTOFTEN"))
        path = f"/accounts/primary/orders/{batch['order_ids'][0]}"
        for i in range(KITE_CHANGES_MAX):
            came = await asked(world, "PUT", path, {"price": 101 + i})
            assert (came.status, came.body["data"]["price"]) == (200, 101 + i)
        came = await asked(world, "PUT", path, {"price": 99})
        assert came.status >= 400
        assert "modifications exceeded" in came.body["detail"]
        row = (await asked(world, "GET", path)).body["data"]
        assert (row["status"], row["price"]) == ("OPEN", 125)
        came = await asked(world, "DELETE", path)
        assert (came.status, came.body["data"]["status"]) == (200, "CANCELLED")


def who(request):
    """Whose a call is: the accounts of a world differ by what they log in with."""
    assert urlsplit(request.url).hostname == "broker.test"
    return request.headers["Authorization"]
