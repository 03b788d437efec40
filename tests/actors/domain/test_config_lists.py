"""Where a list of instruments is published: the word, the addresses, and what is none."""

import pytest

from actors.domain.config_accounts import AccountConfig
from actors.domain.config_lists import LISTS_MAX, SEGMENTS, ListAt, check_lists, own_lists

OWN = ListAt(("broker",))


def addresses(upstream, lists=OWN, **fields):
    """Give where an account's list is."""
    return AccountConfig(upstream, instruments=lists, **fields).list_addresses


def test_the_brokers_own_list_is_where_the_broker_is():
    """Kite's one list is under its REST, Fyers' six stand on a public host."""
    assert addresses("kite") == ("https://api.kite.trade/instruments",)
    public = "https://public.fyers.in/sym_details"
    assert addresses("fyers") == tuple(f"{public}/{segment}.csv" for segment in SEGMENTS)


def test_a_stand_in_has_the_list_of_its_own():
    """An account that is reached at another address asks that address, and not the broker."""
    assert addresses("kite", url="http://h:1/") == ("http://h:1/instruments",)
    assert addresses("fyers", url="http://h:1/api/v3")[1] == (
        "http://h:1/api/v3/sym_details/NSE_FO.csv"
    )
    assert own_lists("ticker_service", "http://h:1", is_real=False) == ()


def test_addresses_stand_as_they_are_once():
    """What is named twice, by the word and in full, is one."""
    lists = ListAt(("http://a/x.csv", "broker", "https://api.kite.trade/instruments"))
    assert addresses("kite", lists) == ("http://a/x.csv", "https://api.kite.trade/instruments")
    assert addresses("kite", None) == ()


@pytest.mark.parametrize(
    ("upstream", "named", "wrong"),
    [
        ("kite", ("broker",), []),
        ("ticker_service", ("https://a/x",), []),
        ("ticker_service", ("broker",),
         ["$: ticker_service publishes none: a file or an address is needed"]),
        ("kite", (), [f"$: 1 to {LISTS_MAX} addresses are needed"]),
        ("kite", ("http://a",) * (LISTS_MAX + 1), [f"$: 1 to {LISTS_MAX} addresses are needed"]),
        *(("kite", ("broker", bad),
           ["$[1]: an http:// or https:// address is needed, without user, query or fragment"])
          for bad in ("http://", "http://u:p@h/x", "https://h/x?token=1", "https://h/#a", "ftp://h",
                      "http://[", "http://h:0")),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_fault(upstream, named, wrong):
    """P21: an address is shown in logs and messages, so it may hold no secret."""
    assert [str(fault) for fault in check_lists("$", upstream, ListAt(named))] == wrong
