"""Where an account's list of instruments is published, as its configuration says. Pure.

    instruments = "broker"         ──▶  ListAt(("broker",))   ──▶  the broker's own addresses
    instruments = "https://…"      ──▶  ListAt(("https://…",))
    instruments = ["https://…", …]                Fyers has one file a segment

An address is shown and logged, so it has no credentials in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from .errors import Fault

BROKERS_OWN: Final = "broker"  # in the place of an address: the broker's own list
LISTS_MAX: Final = 16
SEGMENTS: Final = ("NSE_CM", "NSE_FO", "NSE_CD", "BSE_CM", "BSE_FO", "MCX_COM")
# Under the address of the broker's REST. Kite Connect v3, "instruments"; Fyers API v3, "symbol
# master", which at Fyers itself stands on a host of its own.
LISTS: Final = {
    "fyers": tuple(f"/sym_details/{segment}.csv" for segment in SEGMENTS),
    "kite": ("/instruments",),
}
PUBLIC: Final = {"fyers": "https://public.fyers.in"}


@frozen
class ListAt:
    """Where a list of instruments is published: addresses, `broker` among them for its own."""

    addresses: tuple[str, ...]


def own_lists(upstream: str, address: str, *, is_real: bool) -> tuple[str, ...]:
    """Give where a broker publishes its list; () where it publishes none.

    `address` is where its REST is, `is_real` whether that is the broker's own and no stand-in.
    """
    base = PUBLIC.get(upstream, address) if is_real else address
    return tuple(f"{base}{path}" for path in LISTS.get(upstream, ()))


def check_lists(path: str, upstream: str, lists: ListAt) -> Iterator[Fault]:
    """Find what is wrong with where a list is to be had."""
    if not 1 <= len(lists.addresses) <= LISTS_MAX:
        yield Fault(path, f"1 to {LISTS_MAX} addresses are needed")
    for i, address in enumerate(lists.addresses):
        place = f"{path}[{i}]" if len(lists.addresses) > 1 else path
        if address == BROKERS_OWN:
            if upstream not in LISTS:
                yield Fault(place, f"{upstream} publishes none: a file or an address is needed")
        elif not is_bare(address, ("http", "https")):
            message = "an http:// or https:// address is needed, without user, query or fragment"
            yield Fault(place, message)


def is_bare(address: str, schemes: tuple[str, ...]) -> bool:
    """Say whether an address has one of these schemes and a host, and nothing of a secret."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(usable) and "@" not in parts.netloc and not parts.query and not parts.fragment
