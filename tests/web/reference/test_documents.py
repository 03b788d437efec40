import json

import pytest

from tests.web.fakes import a_gateway, a_key
from tests.web.reference.judge import documents

PATHS = ("/docs", "/openapi.json", "/asyncapi.json")


@pytest.mark.parametrize("path", PATHS)
async def test_the_reference_is_open(tmp_path, autojump_clock, path):
    """It shows nothing of any account, so it needs no key, and has the headers of every answer."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        client = gateway.app.test_client()
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        text = await answer.get_data(as_text=True)
        assert "primary" not in text or path == "/docs"  # its examples alone name accounts
        tag = answer.headers["ETag"]
        again = await client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, await again.get_data()) == (304, b"")


async def test_the_documents_are_those_of_the_tables(gateway, autojump_clock):
    """What is served is what the tables say, of the version that runs."""
    client = gateway.app.test_client()
    for path, told in zip(PATHS[1:], documents(), strict=True):
        answer = await client.get(path)
        assert answer.content_type == "application/json"
        assert json.loads(await answer.get_data()) == told
        assert told["info"]["version"] == "1.2.3"


async def test_another_sites_page_is_refused(gateway, autojump_clock):
    """P21: the reference is no door: a foreign Origin is 403 here as everywhere."""
    client = gateway.app.test_client()
    for path in PATHS:
        answer = await client.get(path, headers={"Origin": "http://evil.test"})
        assert answer.status_code == 403
