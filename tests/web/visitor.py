"""A visitor of the gateway, who logs in and asks for tickets; it keeps no cookie by itself.

log_in ──▶ answer ── cookie_of ──▶ what a browser sends back      a_ticket ──▶ what stands in a URL
"""

import json

from tests.web.fakes import a_key, dashed

KEYS = {"desk": a_key("k", rights=("read", "trade")), "eye": a_key("e", "hedge")}
OURS = {"Origin": "http://localhost"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def ask(gateway, path, method="GET", body=b"", **headers):
    """Ask as a client that keeps no cookies; give the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = gateway.app.test_client(use_cookies=False)
    return await client.open(path, method=method, data=data, headers=dashed(headers))


async def log_in(gateway, key="k", **headers):
    """Log in by JSON; give the answer."""
    return await ask(gateway, "/login", "POST", {"key": key}, **headers)


def cookie_of(answer):
    """Give the cookie that an answer sets, as a browser sends it back, and its attributes."""
    first, *rest = answer.headers["Set-Cookie"].split("; ")
    return first, set(rest)


async def logged_in(gateway, key="k"):
    """Log in, and give the cookie."""
    answer = await log_in(gateway, key)
    assert answer.status_code == 200, await answer.get_data()
    return cookie_of(answer)[0]


async def a_ticket(gateway, **headers):
    """Ask for a ticket, and give it."""
    answer = await gateway.post("/auth/ticket", b"", **headers)
    assert set(answer) == {"ticket", "expires_at"}
    return answer["ticket"]
