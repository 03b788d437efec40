"""Lists of instruments are loaded, kept while they are good, and loaded again each day."""

from datetime import datetime, timedelta

import pytest
import trio

from actors.domain.days import IST
from actors.domain.errors import BrokerUnknown, BrokerUnreachable
from actors.domain.instruments import Instruments, read_list
from actors.listings import LOADS_AT_ONCE, SPREAD_S, next_load
from actors.runtime.threads import offload_to_thread

from .domain.list_samples import FYERS, KITE
from .fakes import DISK_FULL, HEDGE, PRIMARY, START, a_config, virtual_now
from .given_listings import OTHER, URL, listed_at, loading, said


async def test_a_list_is_loaded_at_the_start(autojump_clock):
    """It is there as soon as it has come; nothing is said of what goes well."""
    async with loading({PRIMARY: listed_at(URL)}) as world:
        listed = world.listings.of(PRIMARY)
        assert listed.get("NFO", "NIFTY26NOVFUT").lot_size == 75
        assert listed.get("NFO", "OTHER") is None
        assert (len(listed), listed.missing, listed.loaded_at) == (4, "", START)
        assert [request.url for request in world.server.asked] == [URL]
        assert world.server.asked[0].headers == {}
        assert world.texts() == []


async def test_until_it_comes_it_is_missing(autojump_clock):
    """What is not there says which address is waited for, and finds nothing."""
    async with loading({PRIMARY: listed_at(URL)}, for_s=0) as world:
        world.server.answer_s = 5
        listed = world.listings.of(PRIMARY)
        assert listed.missing == f"{URL}: it is being asked for"
        assert (len(listed), listed.loaded_at, listed.get("NSE", "SBIN")) == (0, None, None)
        await trio.sleep(6)
        assert listed.missing == ""


async def test_several_addresses_are_one_list(autojump_clock):
    """A file a segment: what one has is found while another is missing still."""
    accounts = {PRIMARY: listed_at(URL, OTHER)}
    async with loading(accounts, said(KITE), BrokerUnreachable("nobody there")) as world:
        listed = world.listings.of(PRIMARY)
        assert listed.get("NSE", "SBIN") is not None
        assert listed.missing in {f"{URL}: nobody there", f"{OTHER}: nobody there"}
        assert listed.loaded_at is None
        world.server.answers = [said(FYERS)]
        await trio.sleep(60)
        assert (listed.missing, len(listed)) == ("", 4 + 7)


async def test_accounts_share_an_address(autojump_clock):
    """One question for all who named it; each of them is told when it fails."""
    accounts = {PRIMARY: listed_at(URL), HEDGE: listed_at(URL, OTHER)}
    async with loading(accounts) as world:
        assert sorted(request.url for request in world.server.asked) == [URL, OTHER]
        assert len(world.listings.of(PRIMARY)) == 4
        assert world.listings.of(PRIMARY).sources[0] is world.listings.of(HEDGE).sources[0]
    async with loading(accounts, said("no list")) as world:
        assert (len(world.texts(PRIMARY)), len(world.texts(HEDGE))) == (1, 2)


async def test_what_a_file_said_is_there_and_stays(autojump_clock):
    """A file's list needs no loading; an account without any asks for none."""
    accounts = {PRIMARY: a_config(instruments=Instruments.parse(KITE)), HEDGE: a_config()}
    async with loading(accounts, for_s=48 * 3600) as world:
        assert world.listings.of(PRIMARY).get("NSE", "SBIN").lot_size == 1
        assert world.listings.of(PRIMARY).missing == world.listings.of(HEDGE).missing == ""
        assert world.listings.of(PRIMARY).loaded_at == START
        assert world.listings.of(HEDGE).sources == ()
        assert world.server.asked == []


FAILURES = [
    (BrokerUnreachable("the broker cannot be reached"), "the broker cannot be reached"),
    (BrokerUnknown("the broker did not answer: TooSlowError"), "did not answer"),
    (said("", 503), "its server answered 503"),
    (said("", 302), "its server answered 302"),
    (said("", 403), "its server answered 403"),
    (said("<html>"), "it cannot be read: line 1: it names no column exchange"),
    (said(b"\xff"), "it cannot be read: byte 0: it is not UTF-8"),
    (said(KITE.replace("75", "x")), "it cannot be read: line 4.lot_size"),
]


@pytest.mark.parametrize(("answer", "reason"), FAILURES, ids=[reason for _, reason in FAILURES])
async def test_a_list_that_cannot_be_had_is_told_once(answer, reason, autojump_clock):
    """P20: a warning says where, why and what follows; it is tried again with growing pauses, at
    least every five minutes; and when it comes, that is told too.
    """
    async with loading({PRIMARY: listed_at(URL)}, answer, for_s=3600) as world:
        (text,) = world.texts()
        assert text.startswith(f"warning: the list of instruments at {URL}: ")
        assert reason in text
        assert text.endswith("until it is there no batch of what it may list is taken")
        assert reason.partition(": line")[0] in world.listings.of(PRIMARY).missing
        pauses = [b - a for a, b in zip(world.server.times, world.server.times[1:], strict=False)]
        assert 2.5 <= pauses[0] <= 5
        assert max(pauses) <= 300
        assert len(pauses) < 40
        world.server.answers = [said(KITE)]
        await trio.sleep(300)
        assert world.listings.of(PRIMARY).missing == ""
        assert world.texts()[1:] == [f"info: the list of instruments at {URL}: it is loaded"]


async def test_the_last_good_list_stays(autojump_clock):
    """A refresh that fails takes nothing away: the warning says of when the list is that stays."""
    async with loading({PRIMARY: listed_at(URL)}, said(KITE), said("broken")) as world:
        listed = world.listings.of(PRIMARY)
        await trio.sleep(36 * 3600)
        assert len(world.server.asked) > 2
        assert listed.get("NFO", "NIFTY26NOVFUT").lot_size == 75
        assert (listed.missing, listed.loaded_at) == ("", START)
        (text,) = world.texts()
        assert text.endswith("; the list of 20 Nov, 09:15 IST stays")
        world.server.answers = [said(KITE.replace(",75,", ",65,"))]
        await trio.sleep(300)
        assert listed.get("NFO", "NIFTY26NOVFUT").lot_size == 65
        assert listed.loaded_at > START + timedelta(hours=36)


async def test_it_is_loaded_again_each_day(autojump_clock):
    """At the turn of the day, and after brokers have published; not all gateways at one moment."""
    async with loading({PRIMARY: listed_at(URL)}, for_s=48 * 3600) as world:
        begun = [START + timedelta(seconds=at_s) for at_s in world.server.times[1:]]
        expected = [
            datetime(2026, 11, day, hour, minute, tzinfo=IST)
            for day in (21, 22)
            for hour, minute in ((6, 0), (8, 35), (9, 5))
        ]
        assert len(begun) == len(expected)
        late_s = [(at - due).total_seconds() for at, due in zip(begun, expected, strict=True)]
        assert all(0 <= late <= SPREAD_S for late in late_s)
        assert len(set(late_s)) > 1


def test_a_load_at_its_very_moment_is_followed_by_the_next():
    """Whatever the moment, the next one is later, and within a day."""
    at = datetime(2026, 12, 31, 8, 35, tzinfo=IST)
    assert next_load(at) == datetime(2026, 12, 31, 9, 5, tzinfo=IST)
    assert next_load(next_load(at)) == datetime(2027, 1, 1, 6, 0, tzinfo=IST)
    assert next_load(at - timedelta(seconds=1)) == at


async def test_rows_that_were_passed_over_are_told(autojump_clock):
    """A few wrong rows do not cost the list, and are not kept quiet."""
    lines = "".join(f"1,1,X{n},,0,,0,0.05,1,EQ,NSE,NSE\n" for n in range(200))
    async with loading({PRIMARY: listed_at(URL)}, said(f"{KITE}{lines}1,2,3\n")) as world:
        assert len(world.listings.of(PRIMARY)) == 204
        (text,) = world.texts()
        assert text == (
            f"warning: the list of instruments at {URL}: 1 rows cannot be read and do not count, "
            "the first at line 206: 12 fields are needed, it has 3"
        )


async def test_lists_do_not_come_all_at_once(autojump_clock):
    """P20: however many addresses there are, few bodies are in memory at a time."""
    addresses = [f"https://lists.test/{n}" for n in range(9)]
    async with loading({PRIMARY: listed_at(*addresses)}, for_s=0) as world:
        world.server.answer_s = 10
        await trio.sleep(100)
        assert world.server.most == LOADS_AT_ONCE
        assert len(world.server.asked) == 9


async def test_a_store_that_is_full_keeps_no_list_out(autojump_clock):
    """P15: what cannot be told is in the log; the list is there all the same."""
    async with loading({PRIMARY: listed_at(URL)}, said("broken"), for_s=0) as world:
        world.record.store.failing = DISK_FULL
        await trio.sleep(10)
        world.server.answers = [said(KITE)]
        await trio.sleep(60)
        assert len(world.listings.of(PRIMARY)) == 4


# ------------------------------------------------------------------------------- off the loop


async def test_a_list_is_read_where_it_holds_up_nobody(autojump_clock):
    """Reading goes over the seam that the store's calls go over: a thread, on a host."""
    calls = []

    async def offload(call, *args):
        calls.append((call, args))
        await trio.sleep(30)
        return call(*args)

    async with loading({PRIMARY: listed_at(URL)}, offload=offload) as world:
        assert calls == [(read_list, (KITE.encode(),))]
        assert len(world.listings.of(PRIMARY)) == 0
        await trio.sleep(30)
        assert len(world.listings.of(PRIMARY)) == 4


async def test_a_hundred_thousand_lines_leave_the_loop_alone():
    """While a thread reads a broker's whole list the other tasks have their turns."""
    line = "15150594,59182,N{}FUT,NIFTY,0,,0,0.1,75,FUT,NFO-FUT,NFO\n"
    body = (KITE + "".join(map(line.format, range(100_000)))).encode()
    turns = 0

    async def take_turns():
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take_turns)
        instruments = await offload_to_thread(read_list, body)
        nursery.cancel_scope.cancel()
    assert len(instruments) == 100_004
    assert turns > 10


async def test_a_defect_costs_the_lists_and_no_more(autojump_clock):
    """What falls again and again is given up; what was loaded stays, the gateway goes on."""
    async with loading({PRIMARY: listed_at(URL)}, said(KITE), ValueError("a defect")) as world:
        await trio.sleep(72 * 3600)
        assert len(world.listings.of(PRIMARY)) == 4
        assert virtual_now() > START + timedelta(days=3)
