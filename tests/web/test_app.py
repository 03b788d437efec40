import pytest

from tests.web.fakes import a_gateway, a_key, serving
from tests.web.odd_app import pass_s
from tests.web.raw import plug
from web.app import BODY_S, OPEN

PATH = "/accounts/primary/batch-orders"

CLOSED = [
    *("/metrics", "/ws/status", "/accounts", "/accounts/primary/orders"),
    *("/accounts/primary/orders/1", "/accounts/primary/batch-orders"),
]


@pytest.mark.parametrize("path", CLOSED)
async def test_nothing_is_answered_without_a_key(tmp_path, autojump_clock, path):
    """P21: every surface that shows anything is 401 without a key, or with a wrong one."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        await gateway.get(path, 401)
        await gateway.get(path, 401, X_API_Key="other")
        is_placing = path.endswith("orders")
        await gateway.post(path, b"{}", 401 if is_placing else 405, X_API_Key="other")


async def test_only_the_named_surfaces_are_open(tmp_path, autojump_clock):
    """P21: what needs no key is a short list; every other rule of the app is shut."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k")}) as gateway:
        for rule in gateway.app.url_map.iter_rules():
            if rule.websocket or rule.endpoint in OPEN:
                continue
            path = rule.rule.replace("<account_id>", "primary")
            method = "POST" if "POST" in rule.methods else "GET"
            answer = await gateway.app.test_client().open(path, method=method)
            assert answer.status_code == 401, rule
        watchmen, pages = {"health", "ready"}, {"page", "static", "login_page", "docs"}
        documents = {"openapi", "asyncapi", "guides", "guide"}
        logins = {"login_back", "log_in", "log_out"}
        assert watchmen | pages | documents | logins == OPEN


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Host": "evil.test"}])
async def test_the_demo_refuses_pages_of_other_sites(gateway, autojump_clock, headers):
    """P21: on the open demo a foreign Origin or Host is 403 on every path, reading and posting."""
    for path in ("/", "/health", "/accounts", "/nothing"):
        answer = await gateway.app.test_client().get(path, headers=headers)
        assert answer.status_code == 403
    answer = await gateway.app.test_client().post(
        "/accounts/primary/batch-orders", data=b"{}", headers=headers
    )
    assert answer.status_code == 403


async def test_a_method_that_is_not_there_is_a_problem(gateway, autojump_clock):
    """405 has the problem form and names what the path takes."""
    answer = await gateway.app.test_client().patch("/accounts/primary/orders/1")
    assert answer.status_code == 405
    assert answer.content_type == "application/problem+json"
    assert "GET" in answer.headers["Allow"]


async def test_requests_are_counted_by_their_rule(gateway, autojump_clock):
    """P20: the metrics know routes, not paths, and no method that a stranger made up."""
    client = gateway.app.test_client()
    for n in range(3):
        await client.get(f"/nothing/{n}")
        await client.get(f"/accounts/primary/orders/{n}")
    await client.open("/health", method="BREW")
    text = await (await client.get("/metrics")).get_data(as_text=True)
    assert 'http_requests_total{method="GET",route="none",status="404"} 3.0' in text
    rule = "/accounts/<account_id>/orders/<order_id>"
    assert f'http_requests_total{{method="GET",route="{rule}",status="404"}} 3.0' in text
    assert 'method="OTHER"' in text
    assert "BREW" not in text


@pytest.mark.process
@pytest.mark.parametrize("form", ["stops", "never comes", "trickles", "chunks"])
async def test_a_slow_body_is_not_waited_for(tmp_path, mock_clock, form):
    """P20: a body that is not whole in its time is 408, however it is put off, and that is the end."""
    async with a_gateway(tmp_path, keys={"desk": a_key("k", rights=("read", "trade"))}) as gateway:
        async with serving(gateway) as url, plug(url) as wire:
            length = b"Transfer-Encoding: chunked" if form == "chunks" else b"Content-Length: 900"
            await wire.ask("POST", PATH, b"", b"X-API-Key: k", length)
            for n in range(11):
                if form == "chunks":
                    await wire.send(b"1\r\nx\r\n")
                elif form == "trickles" or (form == "stops" and n == 0):
                    await wire.send(b"x")
                await pass_s(mock_clock, BODY_S / 10 - 0.001)
                assert wire.is_silent() == (n < 10)
            assert (await wire.rest()).startswith(b"HTTP/1.1 408 ")
