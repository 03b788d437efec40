"""The latency benchmark in its shortest form: it runs, and prints what it promises."""

import json

import pytest

from tests.load import latency, stages


@pytest.mark.process
def test_it_prints_its_tables(capsys, tmp_path):
    """Each cell has its line, each stage its row, and the same numbers are in the JSON file."""
    path = tmp_path / "latency.json"
    words = ["--seconds", "0.5", "--rates", "50", "--subscribers", "1,2", "--json", str(path)]
    latency.main(words)
    printed = capsys.readouterr().out
    cells = json.loads(path.read_text())["cells"]
    assert [(cell["rate"], cell["subscribers"]) for cell in cells] == [(50, 1), (50, 2)]
    assert all(cell["received"] == 1.0 and cell["followed"] > 0 for cell in cells)
    assert printed.startswith("machine: ")
    assert stages.HEAD in printed
    for name, text in stages.STAGES:
        assert text in printed
        assert all(name in cell["stages"] for cell in cells)


def test_stages_add_up_to_the_whole_way():
    """A stage begins where the one before ended, so none is counted twice or left out."""
    inside = ("arrived", "heard", "handed", "begun", "fsynced", "committed", "framed")
    event = {"offset": 7} | {name: 10.002 + at / 1000 for at, name in enumerate(inside)}
    cell = stages.judge(
        rate=1,
        seen=[(5, [(7, 10_000_000_000, 10_001_000_000, 10_020_000_000)])],
        trace={"events": [event], "delivered": [[7, 5, 10.010, 10.030]]},
        from_ns=0,
        wanted=1,
        busy=0.5,
    )
    assert sum(each.mean for each in cell.stages.values()) == pytest.approx(20.0)
    assert cell.subscriber.max == pytest.approx(20.0)
    assert cell.stages["received"].mean == 0.0, "what a subscriber has was written by then"
    assert (cell.received, cell.followed) == (1.0, 1)
