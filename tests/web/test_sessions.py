import json
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from tests.web.fakes import a_key
from web.sessions import SESSION_S, SESSIONS_MAX, SESSIONS_PER_KEY_MAX, Sessions

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HALF_DAY = timedelta(seconds=SESSION_S)
KEY = a_key("k")
KEYS = {"desk": KEY}


def test_a_session_is_found_by_its_token_for_twelve_hours():
    """What was begun goes on until its time is over, not at it; no other token finds it."""
    sessions = Sessions()
    token, session = sessions.begin("desk", KEY, NOW)
    assert sessions.find(token, NOW) == session
    assert sessions.find(token, NOW + HALF_DAY - timedelta(seconds=1)) == session
    assert sessions.find(token, NOW + HALF_DAY) is None
    assert sessions.find(token + "x", NOW) is None
    sessions.end(session.id)
    assert sessions.find(token, NOW) is None


def test_no_session_outlives_its_key():
    """A key that ends in an hour gives a session of an hour."""
    key = evolve(KEY, expires_at=NOW + timedelta(hours=1))
    assert Sessions().begin("desk", key, NOW)[1].until == key.expires_at


def test_sessions_of_a_key_that_is_gone_end():
    """P21: another key under the same name is another key; other limits are the same one."""
    sessions = Sessions()
    token, _ = sessions.begin("desk", KEY, NOW)
    sessions.keep_only({"desk": evolve(KEY, requests_burst=1), "eye": a_key("e")})
    assert sessions.find(token, NOW) is not None
    sessions.keep_only({"desk": a_key("other")})
    assert sessions.find(token, NOW) is None


def test_there_are_never_too_many():
    """P20: of one key, and of all, the oldest session ends for a new one."""
    sessions = Sessions()
    first, _ = sessions.begin("desk", KEY, NOW)
    other, _ = sessions.begin("eye", KEY, NOW)
    for _ in range(SESSIONS_PER_KEY_MAX):
        last, _ = sessions.begin("desk", KEY, NOW)
    assert len(sessions) == SESSIONS_PER_KEY_MAX + 1
    assert sessions.find(first, NOW) is None
    assert sessions.find(other, NOW) is not None
    assert sessions.find(last, NOW) is not None
    for n in range(SESSIONS_MAX):
        sessions.begin(f"key{n}", KEY, NOW)
    assert len(sessions) == SESSIONS_MAX
    sessions.begin("desk", KEY, NOW + HALF_DAY)
    assert len(sessions) == 1


def test_what_was_written_down_goes_on():
    """A restart logs out none but those whose time is over or whose key is gone."""
    sessions, again = Sessions(), Sessions()
    token, session = sessions.begin("desk", KEY, NOW)
    gone, _ = sessions.begin("eye", KEY, NOW)
    again.load(sessions.dump(), KEYS, NOW)
    assert again.find(token, NOW) == session
    assert again.find(gone, NOW) is None
    late = Sessions()
    late.load(sessions.dump(), KEYS, NOW + HALF_DAY)
    assert len(late) == 0


def test_the_file_logs_nobody_in():
    """P21: of a token the file has the digest alone, and so has what a session shows of itself."""
    sessions = Sessions()
    token, session = sessions.begin("desk", KEY, NOW)
    assert token not in sessions.dump().decode()
    assert token not in repr(session)
    assert KEY.sha256 not in repr(session)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row | {"until": "soon"},
        lambda row: row | {"until": "2026-11-20T09:00:00"},
        lambda row: row | {"id": 7},
        lambda row: {"id": row["id"]},
        lambda row: [row],
    ],
)
def test_what_is_not_ours_is_not_taken(change):
    """P19: one row that is wrong, and nothing of the file is used."""
    sessions = Sessions()
    sessions.begin("desk", KEY, NOW)
    (row,) = json.loads(sessions.dump())["sessions"]
    again = Sessions()
    with pytest.raises(ValueError, match=r"."):
        again.load(json.dumps({"sessions": [row, change(row)]}).encode(), KEYS, NOW)
    assert len(again) == 0


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"sessions": {}}', b"\xff", b"7"])
def test_another_file_in_its_place_is_told(raw):
    """P19: what is no file of sessions is an error, not a defect."""
    with pytest.raises(ValueError, match=r"."):
        Sessions().load(raw, KEYS, NOW)
