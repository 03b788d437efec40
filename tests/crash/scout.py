"""What is to be seen from outside of a gateway that runs: the broker's ledger, and its store.

    ledger ── new_lines ──┐
    store  ── new_steps ──┴─▶ Scout.until(sight) ──▶ the moment has come, or never did
    store of a killed gateway ── batches_at_rest ──▶ the batches that it had made durable

The store is read as a stranger may read it: a read-only connection, or a copy. Nothing is asked of
the gateway, so looking does not change when things happen.
"""

import json
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

LOOK_EVERY_S = 0.001
BUSY_S = 0.05
STEPS = "SELECT offset, data FROM events WHERE offset > ? AND type = 'batch_update'"


class Scout:
    """Follows one gateway's life, from `begin` to its end."""

    def __init__(self, ledger, store):
        self._ledger = ledger
        self._store = store
        self._read = self._offset = 0

    def until(self, sight, within_s):
        """Look until `sight(new lines, new steps)` says yes; False when it never does in time.

        What was there before is not shown to it.
        """
        deadline = time.monotonic() + within_s
        with closing(_reader(self._store)) as reader:
            self.new_lines(), self.new_steps(reader)
            while time.monotonic() < deadline:
                if sight(self.new_lines(), self.new_steps(reader)):
                    return True
                time.sleep(LOOK_EVERY_S)
        return False

    def new_lines(self):
        """The ledger's lines since the last look."""
        with self._ledger.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def new_steps(self, reader):
        """The batches as they were made durable since the last look, step by step."""
        try:
            rows = reader.execute(STEPS, (self._offset,)).fetchall()
        except sqlite3.OperationalError:  # it is busy; the next look is a moment away
            return []
        self._offset = max((row[0] for row in rows), default=self._offset)
        return [json.loads(row[1]) for row in rows]


def batches_at_rest(store):
    """Every batch that a killed gateway had made durable; its own files are left as they lie."""
    with tempfile.TemporaryDirectory(prefix="orderwire-rest-") as name:
        copy = Path(name) / store.name
        for suffix in ("", "-wal"):
            path = store.with_name(store.name + suffix)
            if path.exists():
                shutil.copyfile(path, copy.with_name(copy.name + suffix))
        with closing(sqlite3.connect(copy)) as connection:
            rows = connection.execute("SELECT data FROM batches ORDER BY first").fetchall()
    return [json.loads(row[0], parse_float=Decimal) for row in rows]


def _reader(store):
    return sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=BUSY_S)
