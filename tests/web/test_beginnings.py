import json

import pytest
from werkzeug.datastructures import MultiDict

from actors.domain.ids import Epoch, LogPosition, Offset
from tests.actors.fakes import a_row
from tests.web.fakes import ALL_TYPES
from web.beginnings import begin, snapshot_of
from web.wishes import Opening, read_opening


def opening(gateway, **args) -> Opening:
    """What a URL with these parameters asks for, by one who may read all."""
    return read_opening(MultiDict(args), frozenset(gateway.system.accounts))


def begun(gateway, wanted):
    """Where one stands, and the frames that are said first."""
    subscription, texts = begin(gateway.system, None, wanted)
    subscription.close()
    return subscription.position, [json.loads(text) for text in texts]


async def test_one_who_begins_anew_stands_at_the_end(gateway, autojump_clock):
    """With no place given, events follow from now on, and nothing is said of resuming."""
    position, frames = begun(gateway, opening(gateway))
    assert position == gateway.system.journal.position
    assert [frame["type"] for frame in frames] == ["connection_established"]
    assert "recovered" not in frames[0]
    assert frames[0]["offset"] == position.offset


async def test_one_who_comes_back_stands_where_he_was(gateway, autojump_clock):
    """P4: a place that can be gone on from is where the events follow from."""
    place = gateway.system.journal.position
    await gateway.tell(a_row("1"))
    position, frames = begun(gateway, opening(gateway, since=str(place)))
    assert (position, frames[0]["recovered"], len(frames)) == (place, True, 1)


@pytest.mark.parametrize("reason", ["epoch", "ahead"])
async def test_one_who_cannot_be_resumed_gets_the_whole(gateway, autojump_clock, reason):
    """P4: then it is said why, and all that stands follows, at the place that events follow from."""
    await gateway.tell(a_row("1"))
    journal = gateway.system.journal
    gone = {
        "epoch": LogPosition(Epoch("other"), Offset(1)),
        "ahead": LogPosition(journal.epoch, Offset(journal.end + 1)),
    }
    position, frames = begun(gateway, opening(gateway, since=str(gone[reason])))
    assert (frames[0]["recovered"], frames[0]["reason"]) == (False, reason)
    assert {frame["account_id"] for frame in frames[1:]} == {"primary", "hedge"}
    assert {frame["offset"] for frame in frames} == {position.offset} == {journal.end}
    orders = [row["order_id"] for frame in frames[1:] for row in frame["data"]["orders"]]
    assert orders == ["1"]


async def test_a_snapshot_has_only_the_accounts_that_were_chosen(gateway, autojump_clock):
    """P21: an account that is not in the selection is not in its snapshot."""
    selection = opening(gateway, accounts="hedge", types=",".join(ALL_TYPES)).selection
    accounts = [json.loads(text)["account_id"] for text in snapshot_of(gateway.system, selection)]
    assert accounts == ["hedge"]
