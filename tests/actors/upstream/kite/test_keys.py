"""The keys: where they go out, when they do not, and that nothing shows them."""

import pytest

from actors.domain.errors import NeedsLogin
from actors.upstream.kite.keys import Keys


def test_keys_go_out_in_a_header_or_in_the_streams_address():
    """`X-Kite-Version: 3` and `token api_key:access_token`; the socket has both in its query."""
    keys = Keys("key", "to/k&n", "secret")
    assert keys.headers() == {"X-Kite-Version": "3", "Authorization": "token key:to/k&n"}
    url = "wss://ws.kite.trade"
    assert keys.address(url) == "wss://ws.kite.trade?api_key=key&access_token=to%2Fk%26n"


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tök"])
def test_without_a_token_nothing_can_go_out(token):
    """A token that is missing, or that no header could carry, needs a login, and is not shown."""
    keys = Keys("key", token)
    for use in (keys.headers, lambda: keys.address("wss://h")):
        with pytest.raises(NeedsLogin) as caught:
            use()
        assert not token or token not in str(caught.value)


def test_no_key_is_shown():
    """P21: neither by repr, nor in a text that the broker echoed; a secret inside another too."""
    keys = Keys("key", "key:token", "s3cret")
    assert repr(keys) == "Keys()"
    assert keys.hide("wss://h?api_key=key&access_token=key%3Atoken s3cret") == (
        "wss://h?api_***=***&access_token=*** ***"
    )
