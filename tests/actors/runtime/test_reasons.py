"""Why a connection failed is told in the system's words, with where, and with no key."""

import errno
import os
import socket

import pytest
import trio

from actors.runtime.reasons import LOOKED_AT_MAX, host_of, reason_of, unopened, unreached

REFUSED = OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def caused(error, cause):
    """An error that another was the reason of."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (REFUSED, "Connection refused"),
        (caused(OSError("all attempts failed"), REFUSED), "Connection refused"),
        (
            caused(OSError("all attempts failed"), ExceptionGroup("", [OSError(), REFUSED])),
            "Connection refused",
        ),
        (caused(RuntimeError("connect"), caused(OSError("all"), REFUSED)), "Connection refused"),
        (
            OSError(errno.ECONNREFUSED, "Error connecting to ('::1', 1): Connection refused"),
            "Connection refused",
        ),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (trio.TooSlowError(), "no answer in time"),
        (caused(RuntimeError("connect"), trio.TooSlowError()), "no answer in time"),
        (OSError("who knows"), "OSError"),
    ],
)
def test_a_reason_is_found_however_deep(error, reason):
    """Trio tells that all attempts failed; why each did stands behind that, in a group."""
    assert reason_of(error) == reason


def test_errors_that_stand_behind_each_other_have_an_end():
    """P20: two errors that are each other's cause are looked at a few times."""
    one, other = RuntimeError(), RuntimeError()
    one.__cause__, other.__cause__ = other, one
    assert reason_of(one) == "RuntimeError"
    chain = REFUSED
    for _ in range(LOOKED_AT_MAX):
        chain = caused(RuntimeError(), chain)
    assert reason_of(chain) == "RuntimeError"


def test_where_is_told_without_what_may_be_secret():
    """P21: of an address the host and the port are told: a key may stand in all the rest."""
    url = "wss://user:hunter2@ws.broker.test:8443/hunter2?api_key=hunter2"
    assert host_of(url) == "ws.broker.test:8443"
    assert unreached(REFUSED, url) == (
        "the broker at ws.broker.test:8443 cannot be reached: Connection refused"
    )
    assert unopened(REFUSED, "h:1") == "the stream at h:1 cannot be opened: Connection refused"
    assert unopened(REFUSED) == "the stream cannot be opened: Connection refused"
