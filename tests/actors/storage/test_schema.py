"""Only a whole store of ours is opened, and an older one is brought up to date."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from actors.domain.errors import StoreDamaged, StoreError
from actors.domain.ids import Epoch
from actors.storage.schema import check_identity, migrate, migrations, number
from actors.storage.sqlite import open_store
from tests.actors.storage.samples import EPOCH, TODAY, log


def reopen(path):
    """Open a store as a start does; what it gives is closed at once."""
    store = open_store(path, make_epoch=lambda: Epoch("another"))
    with closing(store):
        return store.epoch, store.load(today=TODAY, tail_max=10_000)


def alter(path, *statements):
    """Change a closed store behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def filled(store, path):
    """Give the path of a store with forty events, closed."""
    store.commit(log(40))
    store.close()
    return path


def test_the_migrations_make_a_database_of_ours():
    """The first migration names the file as ours, and the count of those done is kept in it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, migrations())
        check_identity(connection, "x", newest=len(migrations()))
        assert number(connection, "PRAGMA user_version") == len(migrations())


def test_an_older_store_goes_forward_step_by_step():
    """A store of version 1 gets the migrations that it lacks, keeps its rows, and gets none twice."""
    steps = ["CREATE TABLE a (x); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN y DEFAULT 2"]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, steps[:1])
        migrate(connection, steps)
        migrate(connection, steps)
        assert connection.execute("SELECT x, y FROM a").fetchall() == [(1, 2)]
        assert number(connection, "PRAGMA user_version") == 2


@pytest.mark.parametrize("flaw", ["BROKEN", "ROLLBACK; BROKEN"])
def test_a_migration_that_fails_leaves_nothing(flaw):
    """P12: a step that fails half-way is taken back whole; the steps before it stay."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, ["CREATE TABLE a (x)"])
        with pytest.raises(sqlite3.OperationalError, match="BROKEN"):
            migrate(connection, ["CREATE TABLE a (x)", f"CREATE TABLE b (x); {flaw}"])
        assert not connection.in_transaction
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("a",)]
        assert number(connection, "PRAGMA user_version") == 1


def test_a_newer_store_is_refused(filled):
    """A store that a newer Orderwire wrote is refused with both versions, and left as it was."""
    alter(filled, "PRAGMA user_version = 99")
    before = filled.read_bytes()
    with pytest.raises(StoreDamaged, match="newer Orderwire: its schema is 99, this one knows 2"):
        reopen(filled)
    assert filled.read_bytes() == before


def test_another_programs_database_is_refused(path):
    """An SQLite file that is not ours is refused and left as it was, journal mode included."""
    alter(path, "CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="SQLite file of another program"):
        reopen(path)
    assert path.read_bytes() == before


def test_a_file_that_is_not_sqlite_is_refused(path):
    """A file of other bytes is refused, and left as it was."""
    path.write_bytes(b"offset,type\n1,message\n")
    with pytest.raises(StoreDamaged, match="is not an SQLite file"):
        reopen(path)
    assert path.read_bytes() == b"offset,type\n1,message\n"


def test_a_log_without_its_file_is_refused(path):
    """P12: SQLite would drop the log of a missing file; we refuse, and both can still be saved."""
    path.with_name(path.name + "-wal").write_bytes(b"what was published last")
    with pytest.raises(StoreDamaged, match="is empty or gone, but its log"):
        reopen(path)


def test_a_path_that_cannot_be_is_told(tmp_path):
    """A folder that does not exist, or a folder in the file's place, is a plain error."""
    with pytest.raises(StoreError, match=r"lock .* cannot be opened: No such file"):
        reopen(tmp_path / "nowhere" / "orderwire.db")
    with pytest.raises(StoreError, match="cannot be opened: Is a directory"):
        reopen(tmp_path)


def test_a_new_store_is_for_its_owner_alone(filled):
    """Orders are nobody else's business: the file is readable by its owner only."""
    assert filled.stat().st_mode & 0o777 == 0o600


def test_the_epoch_is_made_once(filled):
    """P5: opening again gives the first epoch, whatever would be made now."""
    assert reopen(filled)[0] == EPOCH


def test_a_crash_before_the_epoch_was_written_is_mended(path):
    """A store that has its tables but never got its epoch is empty, and gets one."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, migrations())
    assert reopen(path)[0] == "another"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("DELETE FROM events WHERE offset > 38", "newest event is 38, but 40 was written last"),
        ("DELETE FROM events", "newest event is 0, but 40 was written last"),
        ("UPDATE meta SET last = 39", "newest event is 40, but 39 was written last"),
        ("UPDATE meta SET chain = x'00'", "newest event is 40"),
        ("DELETE FROM events WHERE offset IN (7, 8)", "of the newest 40 events there are 38"),
        ("DELETE FROM meta", "no word of whose they are"),
        ("DELETE FROM orders WHERE subject = 'o5'", "of the orders do not fit"),
        ("UPDATE positions SET offset = 1", "of the positions do not fit"),
        ("UPDATE trades SET first = first + 1000", "of the trades do not fit"),
        ("UPDATE orders SET data = x'7b7d'", "of the orders do not fit"),
        ("DELETE FROM batches", "of the batches do not fit"),
        ("DROP TABLE events", "no such table: events"),
        ("UPDATE events SET data = x'7b7d' WHERE offset = 24", "event 24 is gone or was altered"),
        ("UPDATE events SET chain = x'00' WHERE offset = 20", "event 20 is gone or was altered"),
    ],
)
def test_parts_that_do_not_fit_are_refused(filled, change, word):
    """P12: a log altered behind our back, or not fitting what stands, is refused in clear words."""
    alter(filled, change)
    with pytest.raises(StoreDamaged, match=word):
        reopen(filled)


@pytest.mark.parametrize(
    ("text", "word"),
    [(b"CREATE TABLE trades (x NOT NU\xccL)", "damaged"), (b"CREATE", "malformed database schema")],
)
def test_a_schema_that_cannot_be_read_is_refused(filled, text, word):
    """P12: a table's definition that was altered is damage, even where it is no text any more."""
    alter(
        filled,
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = CAST(x'{text.hex()}' AS TEXT) WHERE name = 'trades'",
    )
    with pytest.raises(StoreDamaged, match=word):
        reopen(filled)


@pytest.mark.parametrize("kept", [0.999, 0.7, 0.3, 0.05])
def test_a_file_cut_short_is_refused(filled, kept):
    """P12: a file whose end is missing is refused, not opened as if it were smaller."""
    whole = filled.read_bytes()
    filled.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(StoreDamaged, match=r"malformed|cut short"):
        reopen(filled)


def test_what_was_refused_is_not_locked(filled):
    """A refusal lets go of the lock and of the file: the next try is a fresh one."""
    whole = filled.read_bytes()
    filled.write_bytes(b"not a store")
    with pytest.raises(StoreDamaged):
        reopen(filled)
    filled.write_bytes(whole)
    assert reopen(filled)[1].last == 40


def test_the_checks_stay_near_the_end(filled):
    """Opening looks at the newest events only, by their offsets: a long log opens as fast."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    from actors.storage.schema import check_fit

    measured = []
    for more in (2000, 4000):
        store = open_store(filled, make_epoch=lambda: EPOCH)
        store.commit(log(more, after=store.load(today=TODAY, tail_max=0).last))
        steps = 0
        store._writer.set_progress_handler(count, 100)
        check_fit(store._writer, filled)
        store._writer.set_progress_handler(None, 0)
        measured.append(steps)
        store.close()
    assert measured[1] < measured[0] * 1.2
