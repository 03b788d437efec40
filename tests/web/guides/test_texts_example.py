"""The programs of the guides and the README, run as they stand."""

import ast
import json
import re
import subprocess
import sys
from contextlib import closing

import pytest

from tests.web.commands.processes import Process, orderwire
from tests.web.commands.processes import ran as run_of
from tests.web.guides.reading import DOCUMENTS, ROOT, blocks_of

README = ROOT / "README.md"
EMBEDDING = ROOT / "web" / "guides" / "embedding.md"
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path, "python")]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_every_program_can_be_read(block):
    """What is shown as Python is Python; a piece may wait without being a program."""
    compile(block.text, block.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.process
def test_the_program_trades(tmp_path):
    """It follows the account, its spread is complete, and what it reads is there at that place; run
    again, it goes on with the same record.
    """
    program = next(b.text for b in blocks_of(EMBEDDING, "python") if "__main__" in b.text)
    (tmp_path / "desk.py").write_text(program)
    with orderwire("paper", "--port", 0) as paper:
        url = paper.ready()
        lines = ran(tmp_path, url)
        assert "batch complete" in {line.strip() for line in lines}
        orders = sorted(line.split()[2:4] for line in lines if line.startswith("order "))
        assert orders == [
            ["FILLCALL", "COMPLETE"],
            ["FILLPUT", "COMPLETE"],
        ]
        assert any(" batch_update " in line for line in lines)
        again = [line for line in ran(tmp_path, url) if line.startswith("order ")]
        assert len(again) == 4


def ran(folder, url):
    """What the program prints."""
    done = subprocess.run(
        [sys.executable, "desk.py", url],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.process
def test_what_the_readme_shows_is_done(tmp_path):
    """On the demo: the client of the README tells events by their places, and its spread, saved as a
    file, is complete.
    """
    spread = next(b.text for b in blocks_of(README, "json") if '"orders"' in b.text)
    client = next(b.text for b in blocks_of(README, "python") if "web.client" in b.text)
    (tmp_path / "spread.json").write_text(spread)
    with orderwire("demo", "--port", 0, "--no-browser", "--data", tmp_path) as demo:
        url = demo.ready()
        code = client.replace("http://localhost:8009", url)
        with closing(Process(popen(code))) as reader:
            assert reader.line(), reader.rest("stderr")  # it is there, and the market moves
            told = json_lines("batch", url, "primary", tmp_path / "spread.json", "--json")
            assert told["outcome"] == "complete"
            while "batch_update" not in (line := reader.line()):
                assert line, reader.rest("stderr")
            assert re.match(r"[0-9a-f]+:\d+ batch_update ", line)


def popen(code):
    """A program that prints line by line."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def json_lines(*arguments):
    """What a command answers as JSON."""
    status, out, err = run_of(*arguments)
    assert status == 0, err
    return json.loads("\n".join(out))
