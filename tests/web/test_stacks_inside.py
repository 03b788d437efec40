"""The insides that the mends reach into are those that were read, to the letter.

A library that moves fails here first: read it again, see that each mend is still right and still
needed (each has its own test that fails without it), then write down the new digest.
"""

import inspect
import sys
from hashlib import sha256
from importlib import import_module

import pytest

HYPERCORN = {
    "hypercorn.config": "a10e8c834fef",
    "hypercorn.events": "d62b2f03f0ed",
    "hypercorn.protocol.events": "d22d1846c782",
    "hypercorn.protocol.h11": "5d2cfe635578",
    "hypercorn.protocol.http_stream": "b28bb59de67f",
    "hypercorn.protocol.ws_stream": "5eb34e4ac40b",
    "hypercorn.trio.task_group": "debc4abd1b91",
    "hypercorn.trio.worker_context": "431948d8c2f0",
}
OLDER = {
    "quart.asgi": "54d25fcf74e2",
    "quart.wrappers.request": "a407e6ba835f",
    "quart.wrappers.websocket": "1a9e52df2469",
    "quart_trio.asgi": "4ad8a01441d0",
    "quart_trio.app": "0941cb34dc53",
    "quart_trio.wrappers.request": "6ac8a94e8e02",
    "quart_trio.wrappers.websocket": "3ecb6fc7bdbc",
}
NEWER = {
    "quart.asgi": "ea1f8cb8a53b",
    "quart.wrappers.request": "37385c3712b8",
    "quart.wrappers.websocket": "6bf7e02cc531",
    "quart_trio.asgi": "4cb1c0c9511c",
    "quart_trio.app": "ce88ee8fd365",
    "quart_trio.datastructures": "8c0833323693",
    "quart_trio.wrappers.request": "03e675a2376d",
    "quart_trio.wrappers.websocket": "1a5bf6d1c82a",
}
READ = HYPERCORN | (NEWER if sys.version_info >= (3, 13) else OLDER)


@pytest.mark.parametrize("name", sorted(READ))
def test_the_inside_has_not_moved(name):
    """Each file that a mend stands on is, byte for byte, the one that was read."""
    source = inspect.getsource(import_module(name))
    assert sha256(source.encode()).hexdigest()[:12] == READ[name]
