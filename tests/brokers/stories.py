"""What befalls brokers, one or several at once; each ends with all books equal to all ledgers.

kill         kill -9, and started again on the same ledger
freeze       stopped for longer than two keep-alives: up, and silent
half_open    the relay loses what is sent, one way or both; new connections work
doubled      frames twice, and out of order: nothing is lost, nobody reconnects
noon         the day's token dies, and a new one comes
"""

import random
import time
from urllib.parse import parse_qsl, urlsplit

from tests.sim.checkers import Broken
from tests.web.commands.processes import until

from .relay import BOTH, DOWN, UP
from .world import UPSTREAMS

SYMBOLS = ("FILL1", "FILL2", "REST1", "PARTIAL1", "REJECT1", "FILL3")
LEGS_MAX = 2
DOUBLED_EVENTS = 12


def place(world, random, names=UPSTREAMS):
    """Place a small batch in each account; how each was answered."""
    answers = {}
    for name in names:
        symbols = random.sample(SYMBOLS, random.randint(1, LEGS_MAX))
        orders = [
            {
                "tradingsymbol": symbol,
                "exchange": "NSE",
                "transaction_type": random.choice(("BUY", "SELL")),
                "quantity": random.randint(1, 9) * 2,
                "order_type": "LIMIT",
                "product": "MIS",
                "price": 100,
            }
            for symbol in symbols
        ]
        body = {"orders": orders, "on_failure": "keep", "wait_s": 0}
        status, _, told = world.ask("POST", f"/accounts/{name}/batch-orders", body)
        # What cannot be placed now is refused with a word; nothing else may come of it.
        if status not in (200, 202, 429, 503):
            raise Broken(f"a batch in {name} was answered with {status}: {told}")
        answers[name] = status
    return answers


def kill(world, random, names):
    """Kill brokers, start them again on their ledgers; the seconds until they were live."""
    with world.undisturbed(others(names)):
        before = world.rows()
        for name in names:
            world.brokers[name].kill()
        place(world, random, (*others(names), names[0]))
        world.until_flows(others(names))
        for name in names:
            world.brokers[name].launch()
        for name in names:
            world.brokers[name].served()
        took_s = seconds(world.until_live, names, after=before)
        place(world, random)
    world.settle()
    return took_s


def freeze(world, random, names):
    """Stop brokers until the gateway knows; the seconds until it did, and until all were live."""
    with world.undisturbed(others(names)):
        before = world.rows()
        for name in names:
            world.brokers[name].freeze()
        place(world, random, others(names))
        known_s = seconds(world.until_lost, names)
        world.until_flows(others(names))
        for name in names:
            world.brokers[name].thaw()
        live_s = seconds(world.until_live, names, after=before)
        place(world, random)
    world.settle()
    return known_s, live_s


def half_open(world, random, names, ways=BOTH):
    """Lose what is sent on open lines until the gateway has others; the seconds that it took."""
    with world.undisturbed(others(names)):
        before = world.rows()
        for name in names:
            if not world.brokers[name].relay.hold(*ways):
                raise Broken(f"{name} had no connection to hold")
        place(world, random, others(names))
        took_s = seconds(world.until_live, names, after=before)
        world.until_flows(UPSTREAMS)
        place(world, random)
    world.settle()
    return took_s


def deaf(world, random, names):
    """Lose what the gateway says, not what it hears. That may be known or not: it must be right."""
    with world.undisturbed(others(names)):
        for name in names:
            world.brokers[name].relay.hold(UP)
        place(world, random)
        world.until_flows(UPSTREAMS)
    world.until_live()
    world.settle()


def frozen_and_half_open(world, random, frozen, held, ways=(DOWN,)):
    """One broker stands still while another's line is half open: two silences at once."""
    rest = others((frozen, held))
    with world.undisturbed(rest):
        before = world.rows()
        world.brokers[held].relay.hold(*ways)
        world.brokers[frozen].freeze()
        place(world, random, rest)
        known_s = seconds(world.until_lost, (frozen,))
        world.until_flows(rest)
        world.brokers[frozen].thaw()
        live_s = seconds(world.until_live, (frozen, held), after=before)
        world.until_flows(UPSTREAMS)
        place(world, random)
    world.settle()
    return known_s, live_s


def doubled(world, random, names, kinds=("double", "reorder")):
    """Have frames come twice and overtake each other, half of them; nobody is disturbed."""
    since = len(world.screen.frames)
    with world.undisturbed(UPSTREAMS):
        for name in names:
            world.brokers[name].meet(*({"kind": kind, "probability": 0.5} for kind in kinds))
        place(world, random)
        world.until_flows(UPSTREAMS, DOUBLED_EVENTS)
        place(world, random)
        for name in names:
            world.brokers[name].meet()
    world.settle()
    return len(world.screen.frames) - since


def noon(world, name, token, *, by_hand=True):
    """Have the day's token die, be refused, and bring the new one, by hand or by the broker's page.

    What the broker counted of refused attempts, and the seconds until it was known, and mended.
    """
    broker = world.brokers[name]
    with world.undisturbed(others((name,))):
        open_order = an_open_order(world, name)
        turned_away = broker.turned_away()
        broker.lose_token(token)
        began_s = time.monotonic()
        # Whatever is asked next is refused; a cancel is asked at once.
        status, _, _ = world.ask("DELETE", f"/accounts/{name}/orders/{open_order}")
        if status < 400:
            raise Broken(f"a cancel with a dead token was answered with {status}")
        until(lambda: world.rows()[name]["state"] == "needs_login", "needs_login")
        known_s = time.monotonic() - began_s
        world.until_flows(others((name,)), DOUBLED_EVENTS)
        place(world, random.Random(1), (name,))
        attempts = broker.turned_away() - turned_away
        began_s = time.monotonic()
        if by_hand:
            give(world, name, token)
        else:
            log_in(world, name, "planted-grant")
        world.until_live((name,))
        live_s = time.monotonic() - began_s
    world.settle()
    return attempts, known_s, live_s


def give(world, name, token):
    """Give an account a token by hand."""
    status, _, told = world.ask("POST", f"/accounts/{name}/token", {"access_token": token})
    if (status, told.get("stored")) != (200, True):
        raise Broken(f"a token was answered with {status}: {told}")


def log_in(world, name, grant, expected=303):
    """Go the way of a browser: out to the broker's page, and back with what the page gave."""
    status, headers, _ = world.ask("GET", f"/accounts/{name}/login")
    page = dict(parse_qsl(urlsplit(headers["location"]).query))
    page |= dict(parse_qsl(page.get("redirect_params", "")))
    back = {
        "fy": {"s": "ok", "code": "200", "auth_code": f"code-{grant}"},
        "zer": {"status": "success", "request_token": grant.replace("-", "")},
    }[name]
    back["state"] = page["state"]
    answered, _, told = world.ask("GET", "/login/back", **back)
    if (status, answered) != (302, expected):
        raise Broken(f"a login was answered with {status}, {answered}: {told}")


def an_open_order(world, name):
    """The id of an order that is open; there is always one."""

    def found():
        rows = world.table(name, "orders")
        return next((row["order_id"] for row in rows if row["status"] == "OPEN"), None)

    return until(found, f"an open order in {name}")


def others(names):
    """The accounts that nothing befalls."""
    return tuple(name for name in UPSTREAMS if name not in names)


def seconds(work, *args, **kwargs):
    """How long it took."""
    began_s = time.monotonic()
    work(*args, **kwargs)
    return time.monotonic() - began_s
