"""One owner per store, and none once it is dead."""

from __future__ import annotations

import os

import pytest

from actors.domain.errors import StoreError, StoreLocked
from actors.storage.lock import take_lock


def test_a_second_owner_is_refused(tmp_path):
    """P14: while the lock is held nobody else gets it, and is told which process has it."""
    held = take_lock(tmp_path / "s.db")
    with pytest.raises(StoreLocked, match=f"process {os.getpid()} owns this store"):
        take_lock(tmp_path / "s.db")
    held.release()
    take_lock(tmp_path / "s.db").release()


def test_a_lock_file_left_behind_means_nothing(tmp_path):
    """P14: a lock file of a process that is gone, or of no sense, locks nobody out."""
    (tmp_path / "s.db.lock").write_text("1\n")
    held = take_lock(tmp_path / "s.db")
    held.path.write_text("who knows")
    with pytest.raises(StoreLocked, match="another process owns this store"):
        take_lock(tmp_path / "s.db")
    held.release()


def test_a_link_in_its_place_is_not_followed(tmp_path):
    """A symbolic link where the lock should be is refused; what it points to stays as it is."""
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "s.db.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match="cannot be opened"):
        take_lock(tmp_path / "s.db")
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_lock_that_cannot_be_written_is_told(tmp_path):
    """A full disk at the lock is a plain error, and the lock is not held after it."""
    with pytest.raises(StoreError, match="cannot be taken: No space left"):
        with_full_lock(tmp_path)
    take_lock(tmp_path / "s.db").release()


def with_full_lock(folder):
    """Take a lock on a disk that has no room for a process id."""
    from actors.storage import lock

    def full(*_):
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock.os, "pwrite", full)
        take_lock(folder / "s.db")
