"""A small file that only its owner can read, replaced as a whole.

    bytes ──▶ NAME.new (0600, on the disk) ──▶ NAME

Whoever reads finds the old one or the new one, never a part. Each call blocks as the disk does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

OWNER_ALONE: Final = 0o600
FILE_BYTES_MAX: Final = 1 << 20


def read_private(path: Path) -> bytes | None:
    """Give what is in a file, at most FILE_BYTES_MAX of it; None when there is none. OSError."""
    try:
        with path.open("rb") as opened:
            return opened.read(FILE_BYTES_MAX)
    except FileNotFoundError:
        return None


def replace_private(path: Path, raw: bytes) -> None:
    """Put bytes in the place of what was there; OSError, and the old ones stay, when it cannot."""
    fresh = path.with_name(path.name + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(fresh, flags, OWNER_ALONE), "wb") as opened:
        os.fchmod(opened.fileno(), OWNER_ALONE)  # one that was there may have been open to all
        opened.write(raw)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(path)
