"""The fan-out benchmark in its shortest form: each side tells all it is offered; its words are true."""

from importlib.util import find_spec
from xml.etree import ElementTree as ET

import pytest

from tests.load import fanout
from tests.load.drain import Heard
from tests.load.fanout_hubs import Probe, Stage
from tests.load.fanout_plot import plot
from tests.load.fanout_report import notes, summary, table
from tests.load.fanout_runs import Cell, Run, median_run, search

PEER = pytest.mark.skipif(
    any(find_spec(name) is None for name in fanout.NEEDED), reason="needs the extra `bench`"
)


@pytest.mark.process
@pytest.mark.parametrize("way", ["writer", "whole"])
@pytest.mark.parametrize("side", ["orderwire", pytest.param("peer", marks=PEER)])
def test_each_side_delivers_what_it_is_offered(side, way):
    """Each event of a trivial load reaches each subscriber once, on a hub's second load too."""
    with Stage(side, way, 3) as stage:
        # On a machine that is busy with more than this, some of a load may come too late to count.
        probes = [stage.probe(40, 0.5) for _ in range(2)]
        while sum(probe.delivered == 1.0 for probe in probes) < 2 and len(probes) < 10:
            probes.append(stage.probe(40, 0.5))
    whole = [probe for probe in probes if probe.delivered == 1.0]
    assert [probe.events for probe in whole] == [60, 60]
    assert all(0 < probe.p50_ms <= probe.p99_ms <= probe.p999_ms for probe in whole)


def given_run(side="orderwire", way="writer", subscribers=100, **more):
    probe = {"rate": 500, "subscribers": subscribers, "delivered": 1.0, "p50_ms": 1.0}
    probe |= {"p99_ms": 2.0, "p999_ms": 3.0, "cpu_s": 0.5, "events": 100_000}
    probe |= {"client_busy": 0.5, "disturbed": 0.0}
    fixed = Probe(**probe | more.pop("probe", {}))
    run = {"highest": 1000.0, "bytes_per_connection": 51_200, "bound_by_client": False}
    return Run(Cell(side, way, subscribers), fixed=(fixed,), probes=(fixed,), **run | more)


def given_medians():
    runs = (
        given_run(highest=20_000.0, probe={"p99_ms": 2.5}),
        given_run("peer", bytes_per_connection=40_960),
        given_run(way="whole", highest=3_300.0),
        given_run("peer", "whole"),
        given_run(subscribers=1),
    )
    return {run.cell: run for run in runs}


def test_the_last_line_is_ours_by_the_peers():
    """More is better for rates, less for times and memory; the number of subscribers is 100."""
    assert summary(given_medians()) == (
        "orderwire/peer: throughput 20.0x whole_path 3.3x p99 1.2x memory 1.2x"
    )


def test_what_was_not_measured_has_no_ratio():
    """One side alone gives its figures, and says that it was compared with nothing."""
    alone = {run.cell: run for run in (given_run(),)}
    assert summary(alone) == (
        "orderwire/peer: throughput unknown whole_path unknown p99 unknown memory unknown"
    )
    assert "| 100 | highest rate, from the writer on | 1,000/s |  |  |" in list(table(alone))


def test_a_figure_that_is_not_the_hubs_own_is_named():
    """Where the load client or another program was what ended it, the reader is told."""
    assert list(notes(given_medians())) == []
    runs = (
        given_run(bound_by_client=True),
        given_run("peer", probe={"disturbed": 0.3}),
    )
    medians = {run.cell: run for run in runs}
    assert len(list(notes(medians))) == 2
    assert any("≥ 1,000/s" in line for line in table(medians))


def test_each_figure_is_the_median_of_its_runs():
    """A run that went badly, or too well, moves nothing."""
    runs = [
        given_run(highest=highest, probe={"p99_ms": p99_ms})
        for highest, p99_ms in ((100.0, 9.0), (900.0, 2.0), (1000.0, 1.0))
    ]
    assert (median_run(runs).highest, median_run(runs).fixed[0].p99_ms) == (900.0, 2.0)
    assert len(median_run(runs).probes) == 3


@pytest.mark.parametrize("guess", [1.0, 900.0, 1000.0, 50_000.0])
def test_the_search_comes_near_from_anywhere(guess):
    """It ends just below the highest rate that holds, within its bound of probes."""
    tried = []

    def holds(rate):
        tried.append(rate)
        return rate <= 1000

    assert 1000 / 1.08 <= search(holds, guess, 2.0) <= 1000
    assert len(tried) <= 16


def test_the_search_ends_where_nothing_holds():
    """A hub that holds no rate at all has the highest rate 0; one that holds any is not asked on."""
    assert search(lambda _: False, 100.0, 2.0) == 0
    assert search(lambda _: True, 100.0, 2.0) > 10_000


def test_both_sides_begin_in_turn():
    """What a busy machine does to the first of a pair, it does to the other in the next run."""
    asked = fanout._parser().parse_args(["--subscribers", "1,100"])
    first, second = (list(fanout.cells(asked, number)) for number in (1, 2))
    assert first[0] == Cell("orderwire", "writer", 1)
    assert second[0] == Cell("peer", "writer", 1)
    assert set(first) == set(second)
    assert [cell.subscribers for cell in first if cell.way == "whole"] == [100, 100]


def test_it_prints_its_table_and_its_summary(capsys, monkeypatch, tmp_path):
    """The command's words, with the measuring left out; the picture is well-formed SVG."""
    monkeypatch.setattr(fanout, "measure_limit", lambda: Heard(2_000_000, seconds=1.0))
    monkeypatch.setattr(
        fanout, "measure", lambda cell, *_, **__: given_run(cell.side, cell.way, cell.subscribers)
    )
    monkeypatch.setattr(fanout, "NEEDED", ())
    path = tmp_path / "fanout.svg"
    fanout.main(["--quick", "--plot", str(path), "--json", str(tmp_path / "fanout.json")])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("machine: ")
    assert printed[1] == "load client: takes 2,000,000 events/s, its core 0% busy"
    assert printed[-1] == "orderwire/peer: throughput 1.0x whole_path 1.0x p99 1.0x memory 1.0x"
    assert ET.fromstring(path.read_text()).tag.endswith("svg")
    assert plot(given_medians()).count("<polyline") == 4
