from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.books import AccountBook
from actors.domain.errors import Refused
from actors.domain.ids import AccountId, Offset
from actors.domain.model import AccountStatus, Draft, Message
from actors.writer import number
from tests.actors.domain.given import NINE_FIFTEEN, POSITION, TRADE, a_batch, an_order
from tests.web.fakes import exact
from web.auth import Caller
from web.dialect import WORDS
from web.order_stream_state import CALLERS_MAX, TABLES, Usual, chosen, page_of_books
from web.query import Page

TRADES = WORDS.types(["OnTrades"])
THINGS = {
    "order_update": lambda n: an_order(order_id=n),
    "trade_update": lambda _: TRADE,
    "position_update": lambda _: POSITION,
    "batch_update": lambda n: a_batch("filled", batch_id=n),
    "message": lambda n: Message(n, "info", "word", None, NINE_FIFTEEN),
    "stream_status": lambda _: AccountStatus.at_start("fyers", NINE_FIFTEEN),
}
GENERAL = ("batch_update", "message")


def someone(name="desk", *accounts, rights=("read",)):
    """Give a caller."""
    return Caller(name, frozenset(accounts or ("primary",)), frozenset(rights), is_everywhere=False)


def books_of(happened):
    """Fold (kind, account) pairs into two books, each pair one new thing."""
    books = {name: AccountBook(AccountId(name)) for name in ("primary", "hedge")}
    for n, (kind, name) in enumerate(happened):
        value = THINGS[kind](str(n))
        at = NINE_FIFTEEN + timedelta(seconds=n)
        draft = Draft(kind, AccountId(name), str(n), value, at)
        books[name].fold(*number([draft], after=Offset(n)))
    return list(books.values())


def walk(name, books, limit):
    """Give every row of a table, page by page."""
    rows, before = [], None
    while True:
        data, before = page_of_books(name, books, Page(limit, before, None, None))
        assert len(data) <= limit
        rows += map(exact, data)
        if before is None:
            return rows


@given(
    st.lists(st.tuples(st.sampled_from([*THINGS]), st.sampled_from(["primary", "hedge"]))),
    st.integers(1, 5),
)
def test_pages_over_all_accounts_give_every_row_once(happened, limit):
    """However rows fall to accounts and pages, each is met once, newest first."""
    books = books_of(happened)
    newest = list(reversed(list(enumerate(happened))))
    orders = [str(n) for n, (kind, _) in newest if kind == "order_update"]
    assert [row["order_id"] for row in walk("orders", books, limit)] == orders
    said = [
        row.get("id") or row["batch"]["batch_id"]
        for row in walk("general", books, limit)
        if row["type"] != "stream_status"
    ]
    assert said == [str(n) for n, (kind, _) in newest if kind in GENERAL]
    for name, (_, count) in TABLES.items():
        assert len(walk(name, books, limit)) == sum(map(count, books))


def test_general_has_the_status_of_each_stream():
    """Messages, batches and how each stream is now stand in one list, newest first."""
    happened = [("stream_status", "primary"), ("message", "hedge"), ("batch_update", "primary")]
    rows = walk("general", books_of([*happened, ("stream_status", "hedge")]), 10)
    assert [(row["type"], row["account_id"]) for row in rows] == [
        ("stream_status", "hedge"),
        ("batch", "primary"),
        ("system", "hedge"),
        ("stream_status", "primary"),
    ]


def test_a_callers_types_are_none_until_he_subscribes():
    """Each caller has his own; what he puts replaces what was."""
    usual, one, other = Usual(), someone("one"), someone("other")
    assert usual.of(one) == frozenset()
    usual.put(one, TRADES)
    assert (usual.of(one), usual.of(other)) == (TRADES, frozenset())
    usual.put(one, frozenset())
    assert usual.of(one) == frozenset()


def test_each_login_has_types_of_its_own():
    """Two who logged in by one key do not choose for each other, nor for the key's programs."""
    usual, program = Usual(), someone("desk")
    one, other = evolve(program, session="one"), evolve(program, session="other")
    usual.put(one, TRADES)
    assert (usual.of(one), usual.of(other), usual.of(program)) == (TRADES, frozenset(), frozenset())


def test_what_is_remembered_is_bounded():
    """P20: of too many callers the one who chose longest ago is forgotten, and no other."""
    usual = Usual()
    names, late = [str(n) for n in range(CALLERS_MAX)], ["new", "newer", "newest"]
    for name in [*names, "1", *late]:
        usual.put(someone(name), TRADES)
    forgotten = [name for name in [*names, *late] if not usual.of(someone(name))]
    assert forgotten == ["0", "2", "3"]


def test_accounts_are_chosen_among_those_that_one_may_read():
    """P21: without a name all of them; with one, that one, or a refusal."""
    who = someone("desk", "primary", "hedge")
    assert chosen(who, {}) == (None, frozenset({"primary", "hedge"}))
    assert chosen(who, {"account_id": "hedge"}) == ("hedge", frozenset({"hedge"}))
    for caller, args in ((who, {"account_id": "other"}), (someone(rights=("trade",)), {})):
        with pytest.raises(Refused) as refusal:
            chosen(caller, args)
        assert refusal.value.status == 403
