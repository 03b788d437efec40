"""A load is offered in full and on time, and what a busy hub holds up is not forgiven."""

from tests.load import pace
from tests.load.pace import OVERTIME_NS, STAMP, Pace

MS = 1_000_000


def test_each_event_is_given_once_when_it_is_due():
    """At 1,000 a second one is due at once and one more each millisecond, to the end."""
    load = Pace(0, rate=1000, seconds=0.01)
    assert [len(load.take(now_ms * MS)) for now_ms in range(12)] == [1] * 10 + [0, 0]
    assert load.is_over(0)


def test_what_was_held_up_counts_from_when_it_was_due():
    """A stamp is now, unless the event fell due while another was still being handed over."""
    load = Pace(0, rate=1000, seconds=1)
    load.held_until_ns = 8 * MS
    assert load.take(10 * MS) == [each * MS for each in range(8)] + [10 * MS] * 3


def test_a_load_ends_though_the_hub_never_took_it():
    """When its time is long up the rest is not offered: it counts as not delivered."""
    load = Pace(0, rate=1000, seconds=1)
    assert len(load.take(1000 * MS, most=100)) == 100
    assert not load.is_over(1000 * MS)
    assert load.is_over(1000 * MS + OVERTIME_NS)


class Clock:
    """Time that passes only in sleep."""

    def __init__(self):
        self.now_ns = 5 * MS

    def monotonic_ns(self):
        return self.now_ns

    def sleep(self, seconds):
        self.now_ns += round(seconds * 1e9)


def test_the_pacer_writes_a_stamp_an_event(monkeypatch):
    """Load after load, as they are asked for on its stdin, and no more often than each tick."""
    written = []
    monkeypatch.setattr(pace, "time", Clock())
    monkeypatch.setattr(pace.sys, "stdin", ["5000000 1000 0.05\n", "100000000 10000 0.05\n"])
    monkeypatch.setattr(pace.os, "write", lambda _, data: written.append(data))
    pace.main()
    stamps = [stamp for (stamp,) in STAMP.iter_unpack(b"".join(written))]
    assert stamps[:50] == [(5 + each) * MS for each in range(50)]
    assert len(stamps) == 550
    assert stamps == sorted(stamps)
    assert len(written) <= 50 + 0.05 / pace.TICK_S + 1
