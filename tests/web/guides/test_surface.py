import pytest

from tests.web.fakes import a_gateway, a_key
from web.guides.texts import NAMES, PATH


@pytest.mark.parametrize("name", ["", *NAMES])
async def test_a_guide_is_open_to_all(tmp_path, autojump_clock, name):
    """It shows nothing of any account, so it needs no key; it is sent once, with every header."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        client = gateway.app.test_client()
        path = f"{PATH}/{name}" if name else PATH
        answer = await client.get(path)
        assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        again = await client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, await again.get_data()) == (304, b"")


async def test_what_is_no_guide_is_not_found(gateway, autojump_clock):
    """P21: a name that is none, a file's name or a path leads nowhere."""
    client = gateway.app.test_client()
    for name in ("nothing", "brokers.md", "..%2f..%2fapp.py", "", "batches.svg"):
        assert (await client.get(f"{PATH}/{name}")).status_code == 404
