from itertools import pairwise

import pytest

from tests.actors.fakes import a_row
from tests.web.fakes import a_gateway, a_key


async def test_a_day_is_given_by_its_places(gateway, autojump_clock):
    """From the day's first event to the last, as many between as asked for; each place is one
    that `?at=` takes, and `at` is when its event came.
    """
    for n in range(12):
        await gateway.tell(a_row(str(n)))
    journal = gateway.system.journal
    answer = await gateway.get("/accounts/primary/timeline?points=3")
    assert (answer["status"], answer["count"]) == ("success", 5)
    assert (answer["epoch"], answer["offset"]) == (journal.epoch, journal.end)
    offsets = [row["offset"] for row in answer["data"]]
    assert (offsets[0], offsets[-1]) == (1, journal.end)
    steps = {after - before for before, after in pairwise(offsets)}
    assert max(steps) - min(steps) <= 1
    events = (await gateway.get("/events"))["data"]
    times = {event["offset"]: event["timestamp"] for event in events}
    assert all(row["at"] == times[row["offset"]] for row in answer["data"])
    for offset in offsets:
        await gateway.get(f"/accounts/primary/orders?at={offset}")


async def test_a_short_day_has_each_place_once(gateway, autojump_clock):
    """Where there are fewer events than points, each event is a place, once."""
    answer = await gateway.get("/accounts/primary/timeline")
    offsets = [row["offset"] for row in answer["data"]]
    assert offsets == list(range(1, gateway.system.journal.end + 1))


@pytest.mark.parametrize("query", ["points=-1", "points=1001", "points=x", "at=1", "points="])
async def test_a_bad_parameter_is_named(gateway, autojump_clock, query):
    """P19: what is not understood is 422 with its name."""
    answer = await gateway.get(f"/accounts/primary/timeline?{query}", 422)
    assert [fault["path"] for fault in answer["errors"]] == [f"?{query.partition('=')[0]}"]


async def test_a_day_is_for_those_who_may_read_the_account(tmp_path, autojump_clock):
    """P21: another's account is 403, whether it exists or not; to one who may read all, 404."""
    keys = {"desk": a_key("k", "hedge"), "all": a_key("a")}
    async with a_gateway(tmp_path, keys=keys) as gateway:
        await gateway.get("/accounts/hedge/timeline", 200, X_API_Key="k")
        await gateway.get("/accounts/primary/timeline", 403, X_API_Key="k")
        await gateway.get("/accounts/nobody/timeline", 404, X_API_Key="a")
