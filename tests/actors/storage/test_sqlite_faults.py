"""Full disks, torn files and killed processes: a prefix stays, or a clear word is said."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from actors.domain.errors import StoreError, StoreLocked
from actors.domain.ids import Epoch, Offset
from actors.storage.sqlite import open_store
from tests.actors.storage.samples import EPOCH, TODAY, folded, log, restored

ROOT = Path(__file__).parents[3]
KILLS = 25
TEARS = 60


def load(store):
    return store.load(today=TODAY, tail_max=1_000_000)


def reopened(path):
    return closing(open_store(path, make_epoch=lambda: Epoch("another")))


def committed(store, events) -> bool:
    try:
        store.commit(events)
    except StoreError:
        return False
    return True


# ------------------------------------------------------------------------------- a full disk


@contextmanager
def full_file(store) -> Iterator[None]:
    """Let the database have no more pages: SQLite says that the disk is full."""
    store._writer.execute("PRAGMA max_page_count = 1")  # SQLite makes it the present count
    try:
        yield
    finally:
        store._writer.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def full_disk(store) -> Iterator[None]:
    """Let this process write no file further than the log reaches: the system refuses."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log_bytes = store.path.with_name(store.path.name + "-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize("no_room", [full_file, full_disk])
def test_a_full_disk_takes_nothing_and_breaks_nothing(store, path, no_room):
    """P15: when there is no room a commit and a probe fail with a clear word, what was committed
    is still read, and once there is room both work again, in the same process.
    """
    store.commit(log(40))
    before = load(store)
    with no_room(store):
        for _ in range(3):
            with pytest.raises(
                StoreError, match=r"cannot be written: (database or disk is full|disk I/O)"
            ):
                store.commit(log(2000, after=40))
            assert load(store) == before
        with pytest.raises(StoreError, match="cannot be written"):
            store.probe()
    store.probe()
    events = log(2000, after=40)
    store.commit(events)
    store.close()
    with reopened(path) as again:
        assert list(load(again).tail) == log(40) + events
        assert restored(load(again)) == folded(log(40) + events)


def test_a_commit_that_fits_still_succeeds_when_its_log_cannot_be_copied(store, path):
    """P15: when only the copy of the log into the file fails, what was committed stays committed."""
    store._writer.execute("PRAGMA wal_autocheckpoint = 10")
    store.commit(log(40))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wal = path.with_name(path.name + "-wal")
    done = 40
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 40_000, hard))
    try:
        while committed(store, log(5, after=done)):
            done += 5
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert done > 40
    assert list(load(store).tail) == log(done)
    store.close()
    with reopened(path) as again:
        assert list(load(again).tail) == log(done)


def test_a_probe_leaves_nothing_behind(store):
    """A probe that succeeds writes, and what it wrote is gone again."""
    store.commit(log(3))
    before = store._writer.total_changes
    store.probe()
    assert store._writer.total_changes == before + 2
    assert list(store._reader.execute("SELECT * FROM probe")) == []
    assert load(store).last == 3


# -------------------------------------------------------------------------------- torn files


@pytest.mark.parametrize("seed", range(3))
def test_a_torn_log_gives_a_prefix(store, path, tmp_path, seed):
    """P12: a write-ahead log cut short or with a byte altered gives the commits before the fault."""
    chance = random.Random(seed)
    edges = {0}
    for _ in range(30):
        done = max(edges)
        store.commit(log(chance.randint(1, 20), after=done))
        edges.add(load(store).last)
    wal = path.with_name(path.name + "-wal").read_bytes()
    for n in range(TEARS // 3):
        copy = tmp_path / f"copy{n}.db"
        shutil.copy(path, copy)
        at = chance.randrange(len(wal))
        torn = wal[:at] if n % 2 else wal[:at] + bytes([wal[at] ^ 0x40]) + wal[at + 1 :]
        copy.with_name(copy.name + "-wal").write_bytes(torn)
        with reopened(copy) as again:
            loaded = load(again)
        assert loaded.last in edges
        assert list(loaded.tail) == log(loaded.last)
        assert restored(loaded) == folded(log(loaded.last))


@pytest.mark.parametrize("seed", range(3))
def test_an_altered_file_never_gives_an_altered_event(store, path, tmp_path, seed):
    """P12: with any byte of the file altered the tail is as it was written, or a StoreError says
    that it is not: no other exception, and no event that was never committed.
    """
    chance = random.Random(seed)
    events = log(300)
    store.commit(events)
    store.close()
    whole = path.read_bytes()
    refused = 0
    for n in range(TEARS):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        copy = tmp_path / f"copy{n}.db"
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        try:
            with reopened(copy) as again:
                tail = load(again).tail
                again.read(Offset(0), limit=1000)
        except StoreError:
            refused += 1
        else:
            assert list(tail) == events
    assert refused > 0


# --------------------------------------------------------------------------- killed processes


@contextmanager
def committer(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the process that forks committers; see its module."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.actors.storage.committer", path, *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with process:
        yield process


def begin(process) -> tuple[int, str, int]:
    """Let a child begin; give its pid, its epoch and the last offset that it found."""
    process.stdin.write("go\n")
    word, pid, epoch, last = process.stdout.readline().split()
    assert word == "open"
    return int(pid), epoch, int(last)


def kill(process, pid: int) -> list[int]:
    """Kill a child as kill -9 does; give what it had still acknowledged."""
    os.kill(pid, signal.SIGKILL)
    return [int(line) for line in iter(process.stdout.readline, "gone\n")]


@pytest.mark.process
def test_another_process_owns_the_store_until_it_dies(path):
    """P14: a second process is refused while the first lives, told which one it is, and let in at
    once when that was killed, though it left its lock file and its log behind.
    """
    with committer(path) as process:
        pid, _, _ = begin(process)
        with pytest.raises(StoreLocked, match=f"process {pid} owns this store"):
            open_store(path, make_epoch=lambda: EPOCH)
        kill(process, pid)
        with reopened(path) as store:
            assert store.epoch == EPOCH


@pytest.mark.process
def test_a_killed_process_leaves_a_prefix(path):
    """P5, P12: after kill -9 at a random moment the store holds exactly the first events, none
    that was acknowledged missing, none half there, under the same epoch; again and again.
    """
    chance = random.Random()
    with committer(path) as process:
        held = 0
        for _ in range(KILLS):
            pid, epoch, acknowledged = begin(process)
            assert (epoch, acknowledged) == (EPOCH, held)
            for _ in range(chance.randrange(12)):
                acknowledged = int(process.stdout.readline())
            acknowledged = max([acknowledged, *kill(process, pid)])
            with reopened(path) as store:
                loaded = load(store)
                assert store.epoch == EPOCH
            held = loaded.last
            assert held >= acknowledged
            assert [e.offset for e in loaded.tail] == list(range(1, held + 1))
        assert list(loaded.tail) == log(held)
        assert restored(loaded) == folded(log(held))
