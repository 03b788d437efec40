import pytest
from attrs import evolve

from actors.domain.config import ServerConfig
from actors.domain.errors import Refused
from tests.web.fakes import a_key
from web import allowances as module
from web.allowances import BUSY_S, WRONG_KEYS, Allowances, Buckets, Rate

KEY = a_key("k", requests_per_s=2.0, requests_burst=10, connections_max=3)
PLAIN = {"urgent": False, "stream": False}
URGENT = {"urgent": True, "stream": False}
STREAM = {"urgent": False, "stream": True}


def until_refused(call):
    """Call until it is refused: how often it was not, and the refusal."""
    for n in range(10_000):
        try:
            call()
        except Refused as refusal:
            return n, refusal
    raise AssertionError("it is never refused")


def test_a_bucket_gives_a_burst_and_then_its_rate():
    """Ten at once, then two a second; a rest fills it to its brim and no further."""
    buckets, rate = Buckets(), Rate(2.0, 10)
    assert [buckets.take("a", rate, 0.0) for _ in range(10)] == [0.0] * 10
    assert buckets.take("a", rate, 0.0) == 0.5
    assert buckets.take("a", rate, 0.25) == 0.25
    assert buckets.take("a", rate, 0.5) == 0.0
    assert buckets.left("a", rate, 1000.0) == 10
    assert buckets.take("b", rate, 0.5) == 0.0


def test_buckets_are_bounded(monkeypatch):
    """P20: of too many names the one that was used longest ago is forgotten, and begins anew."""
    monkeypatch.setattr(module, "BUCKETS_MAX", 3)
    buckets, rate = Buckets(), Rate(1.0, 2)
    for name in ("a", "b", "a", "c", "d", "e"):
        buckets.take(name, rate, 0.0)
    assert len(buckets) == 3
    assert buckets.left("a", rate, 0.0) == 2
    assert buckets.left("c", rate, 0.0) == 1


def test_a_key_that_polls_leaves_room_for_a_cancel():
    """A fifth of a burst is kept for what lessens risk, and filled first."""
    allowances = Allowances()
    take = allowances.take_of_key
    plain, refusal = until_refused(lambda: take("desk", KEY, 0.0, **PLAIN))
    assert (plain, refusal.status, refusal.retry_after_s) == (8, 429, 1)
    urgent, _ = until_refused(lambda: take("desk", KEY, 0.0, **URGENT))
    assert urgent == 2
    take("desk", KEY, 0.5, **URGENT)
    assert until_refused(lambda: take("desk", KEY, 1.0, **PLAIN))[0] == 0
    assert allowances.refused["key"] == 3


def test_a_burst_of_one_is_one():
    """The reserve never takes the only request that a key may make."""
    key = evolve(KEY, requests_burst=1)
    allowances = Allowances()
    assert until_refused(lambda: allowances.take_of_key("desk", key, 0.0, **PLAIN))[0] == 1


def test_a_limit_that_was_changed_holds_at_once():
    """After SIGHUP a lower burst holds for a bucket that was fuller."""
    allowances = Allowances()
    allowances.take_of_key("desk", KEY, 0.0, **PLAIN)
    key = evolve(KEY, requests_burst=5)
    assert until_refused(lambda: allowances.take_of_key("desk", key, 0.0, **PLAIN))[0] == 4


def test_streams_may_all_come_at_once():
    """After a restart as many may open at once as may be held; then at the rate of requests."""
    allowances = Allowances()
    opened, _ = until_refused(lambda: allowances.take_of_key("desk", KEY, 0.0, **STREAM))
    assert opened == 3
    allowances.take_of_key("desk", KEY, 0.5, **STREAM)
    allowances.take_of_key("desk", KEY, 0.5, **PLAIN)


def test_an_address_has_two_seconds_worth():
    """Whatever keys it has: its rate, with a reserve; other addresses have their own."""
    allowances = Allowances(ServerConfig(requests_per_address_s=5.0, connections_per_address_max=4))
    take = allowances.take_of_address
    assert until_refused(lambda: take("a", 0.0, **PLAIN))[0] == 8
    assert until_refused(lambda: take("a", 0.0, **URGENT))[0] == 2
    assert until_refused(lambda: take("a", 0.0, **STREAM))[0] == 4
    take("b", 0.0, **PLAIN)
    assert allowances.refused["address"] == 3


def test_the_open_demo_has_no_limits():
    """Who is on this machine could stop the demo anyway."""
    allowances = Allowances()
    for _ in range(10_000):
        allowances.take_of_address("127.0.0.1", 0.0, **PLAIN)
        allowances.take_of_key("anyone here", None, 0.0, **PLAIN)
    allowances.check_connection("anyone here", None)


def test_wrong_keys_are_slowed_down_by_address():
    """P21: after ten at once, one in five seconds; at the login none is even looked at."""
    allowances = Allowances()
    wrong, refusal = until_refused(lambda: allowances.count_wrong_key("a", 0.0))
    assert (wrong, refusal.retry_after_s) == (WRONG_KEYS.burst, 5)
    allowances.check_login("a", 0.0)
    for _ in range(WRONG_KEYS.burst):
        allowances.count_wrong_login("a", 0.0)
    with pytest.raises(Refused) as refused:
        allowances.check_login("a", 1.0)
    assert (refused.value.status, refused.value.retry_after_s) == (429, 4)
    allowances.check_login("b", 1.0)
    allowances.check_login("a", 5.0)


def test_a_keys_streams_are_counted():
    """One too many is 429 before it has begun; one that ends makes room; other keys have theirs."""
    allowances = Allowances()
    with allowances.connection("desk"), allowances.connection("desk"):
        allowances.check_connection("desk", KEY)
        with allowances.connection("desk"):
            with pytest.raises(Refused) as refused:
                allowances.check_connection("desk", KEY)
            allowances.check_connection("eye", KEY)
            assert allowances.connections["desk"] == 3
        allowances.check_connection("desk", KEY)
    assert (refused.value.status, refused.value.retry_after_s) == (429, BUSY_S)
    assert len(allowances.connections) == 0


def test_the_bucket_that_has_least_is_known():
    """P20: how near any address is to its bound; what nobody has used yet is full."""
    rate, buckets = Rate(per_s=1, burst=10), Buckets()
    assert buckets.least_left(rate, 0.0) == 10
    buckets.take("a", rate, 0.0)
    for _ in range(3):
        buckets.take("b", rate, 0.0)
    assert buckets.least_left(rate, 0.0) == 7
    assert buckets.least_left(rate, 2.0) == 9
    assert buckets.least_left(rate, 60.0) == 10
