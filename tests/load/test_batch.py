"""The batch benchmark in its shortest form: it runs, every batch ends, and it prints its summary."""

import re

import pytest

from tests.load import batch
from tests.load.batch import Fairness, Speed


@pytest.mark.process
def test_it_prints_its_summary(capsys):
    """P10: every batch ends `complete`; the last line has the numbers."""
    batch.main(["--latency-ms", "40", "--runs", "1", "--accounts", "2", "--batches", "6"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("machine: ")
    assert "6 of 6 batches at once are complete" in lines
    pattern = (
        r"batch: parallel/one by one [\d.]+x parallel/sequential [\d.]+x "
        r"overhead -?[\d.]+% slowest/fastest account [\d.]+"
    )
    assert re.fullmatch(pattern, lines[-1])


def test_the_summary_is_the_worse_of_two():
    """Neither a fast kind of legs nor a fast account hides a slow one."""
    fast, slow = Speed("fast", 0.2, 0.9, 0.8, 0.2), Speed("slow", 0.25, 0.8, 0.75, 0.2)
    fairness = Fairness({"a": [1.0, 2.0, 9.0], "b": [1.0, 1.0, 1.0]})
    assert batch.summary([fast, slow], fairness) == (
        "batch: parallel/one by one 3.2x parallel/sequential 3.0x "
        "overhead 25.0% slowest/fastest account 2.0"
    )
