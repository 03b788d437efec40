from datetime import UTC, datetime, timedelta

import pytest

from actors.domain.errors import Refused
from tests.web.fakes import a_key
from web.tickets import TICKET_S, TICKETS_PER_KEY_MAX, Holder, Ticketed, Tickets, ticket_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DESK = Holder("desk", a_key("k"), None)
EYE = Holder("eye", a_key("e"), "session")


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def test_a_ticket_is_good_once():
    """It says whose it is, and then it is nobody's."""
    tickets = Tickets()
    ticket, until = tickets.issue(EYE, NOW)
    assert until == later(TICKET_S)
    assert tickets.take("other", NOW) is None
    assert tickets.take(ticket, NOW) == EYE
    assert tickets.take(ticket, NOW) is None


def test_a_ticket_is_good_for_half_a_minute():
    """Until its end, not at it."""
    tickets = Tickets()
    early, late = tickets.issue(DESK, NOW)[0], tickets.issue(DESK, NOW)[0]
    assert tickets.take(early, later(TICKET_S - 0.001)) == DESK
    assert tickets.take(late, later(TICKET_S)) is None
    assert len(tickets) == 0


def test_a_key_has_only_so_many():
    """P20: more are 429 until the oldest is over or one is used; other keys have their own."""
    tickets = Tickets()
    first, _ = tickets.issue(DESK, NOW)
    for _ in range(TICKETS_PER_KEY_MAX - 1):
        tickets.issue(DESK, later(10))
    with pytest.raises(Refused) as refusal:
        tickets.issue(DESK, later(20))
    assert (refusal.value.status, refusal.value.retry_after_s) == (429, TICKET_S - 20)
    assert tickets.most_of_one_key == TICKETS_PER_KEY_MAX
    tickets.issue(EYE, later(20))
    tickets.take(first, later(20))
    tickets.issue(DESK, later(20))
    for _ in range(TICKETS_PER_KEY_MAX - 1):
        tickets.issue(DESK, later(40))
    assert len(tickets) <= 2 * TICKETS_PER_KEY_MAX


async def seen(kind, path, query):
    """Give the scope that an app behind the wrapper sees."""
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)

    scope = {"type": kind, "path": path, "query_string": query}
    await Ticketed(app)(scope, None, None)
    assert scope["query_string"] == query
    return scopes[0]


@pytest.mark.parametrize(
    ("query", "rest", "ticket"),
    [
        *((b"", b"", None), (b"since=a%3A1", b"since=a%3A1", None)),
        *((b"ticket=T", b"", "T"), (b"since=a&ticket=T&x=1", b"since=a&x=1", "T")),
        *((b"%74icket=T", b"", "T"), (b"ticket=", b"", ""), (b"ticket", b"", "")),
        *((b"ticket=T&ticket=U", b"", ""), (b"ticket=%C3%28", b"", "\ufffd(")),
        *((b"tickets=T&=&&", b"tickets=T&=&&", None), (b"a=ticket=T", b"a=ticket=T", None)),
    ],
)
async def test_no_surface_sees_a_ticket(query, rest, ticket):
    """P21: a ticket is out of the URL before anything could write that down; of two none is good."""
    for kind, path in (("websocket", "/ws/orders"), ("http", "/events/stream")):
        scope = await seen(kind, path, query)
        assert (scope["query_string"], ticket_of(scope)) == (rest, ticket)


async def test_only_streams_take_a_ticket():
    """Elsewhere it is a parameter like any other that is not known."""
    scope = await seen("http", "/accounts", b"ticket=T")
    assert (scope["query_string"], ticket_of(scope)) == (b"ticket=T", None)
    assert (await seen("lifespan", "", b"ticket=T"))["query_string"] == b"ticket=T"
