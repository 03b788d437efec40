"""Whom an address counts for. Pure.

192.0.2.7 ──▶ itself      ::ffff:192.0.2.7 ──▶ 192.0.2.7      2001:db8::7 ──▶ 2001:db8::/64
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network


def counted_as(address: str) -> str:
    """Give whom an address counts for: who has one of IPv6 has the whole /64, and uses it."""
    if ":" not in address:
        return address
    whole = IPv6Address(address.partition("%")[0])
    if whole.ipv4_mapped is not None:
        return str(whole.ipv4_mapped)
    return str(IPv6Network((whole, 64), strict=False))
