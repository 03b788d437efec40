"""One owner per store: a lock that the kernel takes back when its holder dies.

    STORE.lock ── flock ──▶ ours until close, exit or kill -9

The lock stands in a file of its own. On the database file it would not be safe: SQLite's own
locks there are POSIX locks, which a process loses when it closes any descriptor of that file
(https://sqlite.org/howtocorrupt.html, "POSIX advisory locks"). The lock file is never removed:
it means nothing by being there, and removing it would let two processes lock two files of one
name.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from attrs import define

from actors.domain.errors import StoreError, StoreLocked


@define
class OwnerLock:
    """The lock of one store, held until `release`."""

    path: Path
    _descriptor: int

    def release(self) -> None:
        """Let go. Once only."""
        os.close(self._descriptor)


def take_lock(store: Path) -> OwnerLock:
    """Become the owner of the store at `store`, or raise StoreLocked naming who is.

    StoreError when the lock file cannot be made. A symbolic link in its place is not followed.
    """
    path = store.with_name(store.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"the store's lock {path} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    except BlockingIOError:
        owner = os.pread(descriptor, 20, 0).strip().decode("ascii", "replace")
        os.close(descriptor)
        who = f"process {owner}" if owner.isdigit() else "another process"
        raise StoreLocked(f"{store}: {who} owns this store; one gateway may run on it") from None
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"the store's lock {path} cannot be taken: {error.strerror}") from error
    return OwnerLock(path, descriptor)
