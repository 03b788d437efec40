"""What the guide to operations says of copies of the store, done as it says."""

import re
import sqlite3

import pytest

from actors.domain.errors import PositionGone
from actors.domain.ids import AccountId
from actors.runtime.journal import Journal
from actors.storage.sqlite import open_store
from tests.actors.fakes import START, a_row
from tests.web.fakes import a_gateway
from tests.web.guides.reading import ROOT

TEXT = (ROOT / "web" / "guides" / "operations.md").read_text("utf-8")
NEW_EPOCH = re.search(r'sqlite3 copy\.db "(.*)"', TEXT)[1]


def copied(source, target):
    """What `.backup` of SQLite's own tool does."""
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)
    one.close()
    other.close()


async def test_a_copy_of_a_running_store_is_whole(tmp_path, autojump_clock):
    """P12: taken while the gateway writes, it opens, and holds what was committed by then; with the
    guide's line it has an epoch of its own, so that no one takes other events for those he knows.
    """
    copy = tmp_path / "copy.db"
    async with a_gateway(tmp_path) as gateway:
        await gateway.tell(a_row("1"))
        was = gateway.system.journal.position
        copied(gateway.system.config.store.path, copy)
        await gateway.tell(a_row("2"))
        config = gateway.system.config
    with sqlite3.connect(copy) as connection:
        assert connection.execute(NEW_EPOCH).rowcount == 1
    connection.close()
    store = open_store(copy, make_epoch=lambda: "made anew")
    loaded = store.load(today=START.date(), tail_max=100)
    journal = Journal(store, loaded, map(AccountId, config.accounts), inline)
    try:
        assert journal.epoch not in (was.epoch, "made anew")
        assert journal.end == was.offset
        assert list(journal.view["primary"].orders) == ["1"]
        with pytest.raises(PositionGone) as gone:
            journal.check(was)
        assert gone.value.reason == "epoch"
    finally:
        store.close()


async def inline(call, *values):
    """Call at once: nobody waits for the disk here."""
    return call(*values)
