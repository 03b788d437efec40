"""A store in a folder of its own, closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.storage.sqlite import SqliteStore, open_store
from tests.actors.storage.samples import EPOCH


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where the store is, or will be."""
    return tmp_path / "orderwire.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Give a new store."""
    store = open_store(path, make_epoch=lambda: EPOCH)
    yield store
    store.close()
