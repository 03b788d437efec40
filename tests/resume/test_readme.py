import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.commands.processes import END, ROOT, Process

from .gateway import gateway

BLOCKS = re.compile(r"```python\n(.*?)```", re.DOTALL)
THERE = "http://localhost:8009"


def example():
    """The README's example of a client in nothing but Python's own library."""
    blocks = BLOCKS.findall(Path(ROOT, "README.md").read_text(encoding="utf-8"))
    return next(block for block in blocks if "Last-Event-ID" in block)


@pytest.mark.process
def test_the_example_resumes_as_the_readme_says(tmp_path):
    """P4: the README's own lines, run as they are: across kill -9 each offset once, in order."""
    with gateway(tmp_path, 20) as running:
        code = example().replace(THERE, running.url)
        popen = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        reader = Process(popen)
        try:
            offsets = told(reader, 20)
            running.kill()
            running.start()
            offsets += told(reader, 40)
        finally:
            popen.kill()
            reader.close()
    assert offsets == list(range(offsets[0], offsets[0] + 60))


@pytest.mark.process
def test_the_example_ends_when_it_is_refused(tmp_path):
    """A wrong address is not tried for ever: 404 ends it with its status."""
    with gateway(tmp_path, 0) as running:
        code = example().replace(f"{THERE}/events", f"{running.url}/nothing")
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 1
    assert "404" in done.stderr


def told(reader, count):
    """The offsets of the next events, as the example prints them."""
    offsets = []
    while len(offsets) < count:
        line = reader.line()
        assert line is not END, reader.rest("stderr")
        place, kind, _ = line.split(" ", 2)
        if kind not in ("connection_established", "heartbeat", "end"):
            offsets.append(int(place.rpartition(":")[2]))
    return offsets
