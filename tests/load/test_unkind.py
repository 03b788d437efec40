"""Unkind clients among healthy ones, in the shortest form; the measurement's words are true."""

from dataclasses import replace

import pytest

from tests.load.unkind import QUEUED_MAX_BYTES, cost_line, faults, lines, main, summary
from tests.load.unkind_runs import Cost, Load, Run, hall, load_among_unkind

SECONDS = 8.0


@pytest.mark.process
def test_each_ends_as_promised_and_the_healthy_miss_nothing():
    """P6: one that stops is told or cut, one that floods is closed, one that trickles goes through
    the store and back into the rounds with no hole by `prev`; the others get every event.
    """
    with hall(20, 200.0) as here:
        load, ends = load_among_unkind(here, SECONDS)
    assert list(faults(ends)) == []
    # What comes late is not in the load's figures; that nothing is lost is seen to in the hall.
    assert load.p99_ms > 0


def given_load(**more):
    load = {"p50_ms": 1.0, "p99_ms": 2.0, "delivered": 1.0, "rss_bytes": 70 << 20}
    return Load(**load | {"grown_bytes": 1 << 20, "hub_busy": 0.3, "client_busy": 0.5} | more)


def given_ends(*, queued_bytes=32_384, **more):
    trickling = {"end": ["kept", ""], "since": "e:9", "told": 9, "behind": 1400}
    ends = {
        "queued_bytes": queued_bytes,
        "stopped": {"end": [4008, "e:7"], "since": "e:7"},
        "stopped for good": {"end": ["cut", "ConnectionResetError"], "in_time": True},
        "trickling": trickling | {"store_reads": 3, "rejoined": True},
        "flooding": {"end": [4009, "too many messages"], "sent": 800_000, "seconds": 1.0},
        "evicted": {"stalled": 2, "flooding": 1},
    }
    return ends | {
        name.replace("_", " "): ends[name.replace("_", " ")] | how for name, how in more.items()
    }


def test_ends_as_promised_are_no_faults():
    """P6: one that goes on is told where it is; on a busy host it may be cut, or kept."""
    assert list(faults(given_ends())) == []
    assert list(faults(given_ends(stopped={"end": ["cut", "hung up"]}))) == []
    kept = given_ends(stopped={"end": ["kept", ""]}, evicted={"stalled": 1})
    assert list(faults(kept)) == []


@pytest.mark.parametrize(
    "how",
    [
        {"stopped": {"end": [4008, "e:6"]}},
        {"stopped": {"end": [1006, ""]}},
        {"stopped_for_good": {"end": ["kept", ""]}},
        {"stopped_for_good": {"in_time": False}},
        {"trickling": {"end": ["broken", "P3: 7 was missed"]}},
        {"trickling": {"store_reads": 0}},
        {"trickling": {"rejoined": False}},
        {"flooding": {"end": ["kept", ""]}},
        {"evicted": {"stalled": 3}},
        {"queued_bytes": QUEUED_MAX_BYTES + 1},
    ],
)
def test_any_other_end_is_a_fault(how):
    """P6: a position that is not the client's, an end that is none, a hole, a wrong count: named."""
    assert len(list(faults(given_ends(**how)))) == 1


def given_run(p99_ms=2.2, **more):
    return Run(given_load(), given_load(p99_ms=p99_ms, **more), given_ends())


def test_the_last_line_is_of_medians():
    """A run that went badly moves nothing; memory is that of the load with them."""
    runs = [given_run(2.2), given_run(9.0, grown_bytes=3 << 20), given_run(1.0)]
    assert summary(runs) == (
        "unkind/kind: p99 1.10x (2.20 ms, 2.00 ms)   memory +1.0 MiB (+1.0 without)"
    )


def test_it_says_how_each_ended_and_fails_when_one_did_not(capsys, monkeypatch):
    """The command's words, with the measuring left out; a fault is its exit."""
    monkeypatch.setattr("tests.load.unkind.measure", lambda *_, **__: given_run())
    monkeypatch.setattr("tests.load.unkind.cost_of_stopped", lambda _: Cost(51200, 102400))
    main(["--runs", "2"])
    printed = capsys.readouterr().out.splitlines()
    assert sum("4008" in line and "4009" in line for line in printed) == 2
    assert printed[-1].startswith("unkind/kind: p99 1.10x")
    bad = replace(given_run(), ends=given_ends(flooding={"end": ["kept", ""]}))
    assert any("flooding: kept" in line for line in lines(1, bad))
    monkeypatch.setattr("tests.load.unkind.measure", lambda *_, **__: bad)
    with pytest.raises(SystemExit, match="flooded"):
        main(["--runs", "1"])


def test_a_load_is_long_enough_to_be_found_stalled(capsys):
    """Five seconds and one more must pass: a shorter load is refused."""
    with pytest.raises(SystemExit):
        main(["--seconds", "7"])
    assert "at least 8" in capsys.readouterr().err
    assert "51 KiB of any" in cost_line(Cost(52_224, 1024), 1024)
