import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from actors.domain.errors import BadRequest
from actors.domain.frames import OURS as OUR_DIALECT
from actors.domain.frames import Dialect
from actors.domain.ids import LogPosition
from actors.feed import Selection
from web.wishes import (
    EVENT_TYPES,
    OURS,
    NotUnderstood,
    Opening,
    Wish,
    Words,
    granted,
    read_opening,
    read_wish,
)

BOTH = frozenset({"primary", "hedge"})
ALL = frozenset(EVENT_TYPES)


def test_a_bare_url_asks_for_everything_from_now():
    """All accounts that one may read, all types of event, no snapshot, no resumption."""
    wanted = Opening(Selection(BOTH, ALL), None, with_snapshot=False)
    assert read_opening(MultiDict(), BOTH) == wanted


def test_a_url_says_what_it_wants():
    """types, accounts and since are read; policy=every is the usual policy."""
    args = MultiDict(
        {"types": "order_update,correction", "accounts": "hedge", "since": "e1:7"}
        | {"policy": "every", "snapshot": "false"}
    )
    wanted = Selection(frozenset({"hedge"}), frozenset({"order_update", "correction"}))
    assert read_opening(args, BOTH) == Opening(wanted, LogPosition("e1", 7), with_snapshot=False)


def test_a_snapshot_makes_since_moot():
    """?snapshot=true begins anew, wherever the client was."""
    opening = read_opening(MultiDict({"since": "e1:7", "snapshot": "true"}), BOTH)
    assert (opening.since, opening.with_snapshot) == (None, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("types", "orders"), ("types", ""), ("types", "order_update,"), ("accounts", "other")),
        *(("accounts", ""), ("policy", "last"), ("policy", ""), ("snapshot", "yes")),
        *(("since", ""), ("since", "7"), ("since", "e1:-1"), ("since", "e1:x"), ("since", ":7")),
        *(("since", "e1:" + "9" * 30), ("at", "7"), ("snapshot", "True")),
    ],
)
def test_a_bad_parameter_of_a_url_is_named(name, text):
    """What cannot be read is refused by its name, before the websocket is accepted."""
    with pytest.raises(BadRequest) as refusal:
        read_opening(MultiDict({name: text}), BOTH)
    assert refusal.value.faults[0].path == f"?{name}"


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("ping", Wish("ping")),
        ('{"action":"get_status","id":7}', Wish("get_status", request_id=7)),
        ('{"action":"snapshot","id":"a"}', Wish("snapshot", request_id="a")),
        (
            '{"action":"subscribe","types":["message"],"accounts":["hedge"]}',
            Wish("subscribe", frozenset({"message"}), frozenset({"hedge"})),
        ),
        ('{"action":"unsubscribe","types":[]}', Wish("unsubscribe", frozenset())),
    ],
)
def test_a_wish_is_read(text, wish):
    """The contract's frames are understood."""
    assert read_wish(text, BOTH) == wish


@pytest.mark.parametrize(
    "text",
    [
        *("", "pong", "PING", "[]", "1", "null", "{}", '{"action":"ping"}', '{"action":1}'),
        *('{"action":"subscribe"}', '{"action":"subscribe","types":"message"}'),
        *('{"action":"subscribe","types":["orders"]}', '{"action":"subscribe","types":[["a"]]}'),
        *('{"action":"subscribe","accounts":["other"]}', '{"action":"get_status","types":[]}'),
        *('{"action":"get_status","id":1.5}', '{"action":"get_status","id":{}}'),
        *('{"action":"get_status","id":true}', '{"action":"get_status","more":1}'),
        '{"action":"get_status","action":"snapshot"}',
    ],
)
def test_what_means_nothing_is_told_so(text):
    """Anything else is not understood; nothing is guessed."""
    with pytest.raises(NotUnderstood):
        read_wish(text, BOTH)


def test_the_id_comes_back_even_with_a_fault():
    """A client that numbers its frames learns which of them was wrong."""
    with pytest.raises(NotUnderstood) as refusal:
        read_wish('{"action":"fly","id":"a7"}', BOTH)
    assert refusal.value.request_id == "a7"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(
    st.text()
    | JSON.map(json.dumps)
    | st.dictionaries(st.sampled_from(["action", "types", "accounts", "id"]), JSON).map(json.dumps)
)
@example("\ud800")
@example('{"action":"get_status","id":"\\ud800"}')
@example("[" * 5000)
def test_any_text_is_a_wish_or_not_understood(text):
    """P19: whatever a client sends, it is one or the other, and nothing else escapes."""
    try:
        assert isinstance(read_wish(text, BOTH), Wish)
    except NotUnderstood as error:
        assert str(error)


def test_subscribing_adds_and_unsubscribing_takes_away():
    """The new selection is the old one, more or less what the wish names."""
    one = Selection(frozenset({"hedge"}), frozenset({"message"}))
    more = granted(one, read_wish('{"action":"subscribe","types":["correction"]}', BOTH))
    assert more == Selection(one.accounts, frozenset({"message", "correction"}))
    less = granted(more, read_wish('{"action":"unsubscribe","accounts":["hedge"]}', BOTH))
    assert less == Selection(frozenset(), more.types)


def test_a_selection_shows_itself_sorted():
    """An answer names types and accounts; what is named takes in nothing but itself."""
    shown = OURS.row(Selection(BOTH, frozenset({"trade_update", "message"})))
    assert shown == {"types": ["message", "trade_update"], "accounts": ["hedge", "primary"]}


def test_another_surface_has_other_words():
    """A field and names of its own, each for several types; ours mean nothing there."""
    words = Words("kinds", {"life": frozenset({"order_update", "correction"})})
    wish = read_wish('{"action":"subscribe","kinds":["life"]}', BOTH, words)
    assert wish.types == frozenset({"order_update", "correction"})
    assert words.names(wish.types) == ["life"]
    assert words.names(frozenset({"order_update"})) == []
    for text in (
        *('{"action":"subscribe","types":["life"]}', '{"action":"get_status","kinds":[]}'),
        *('{"action":"subscribe","kinds":["message"]}', '{"action":"subscribe"}'),
    ):
        with pytest.raises(NotUnderstood):
            read_wish(text, BOTH, words)


def test_a_subscription_keeps_its_dialect():
    """What a client hears changes; in which words it hears it does not."""
    mine = Selection(BOTH, frozenset(), Dialect("mine", OUR_DIALECT.head, OUR_DIALECT.row))
    wish = read_wish('{"action":"subscribe","types":["message"]}', BOTH)
    assert granted(mine, wish).dialect is mine.dialect
