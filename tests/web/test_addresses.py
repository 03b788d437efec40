import pytest

from web.addresses import counted_as


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        *(("127.0.0.1", "127.0.0.1"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::1", "::/64")),
        *(("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64")),
    ],
)
def test_whose_an_address_is(address, counted):
    """P20: a host that has a /64 of IPv6 is one host, and so is one that comes by both kinds."""
    assert counted_as(address) == counted
