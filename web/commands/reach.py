"""How an account at a paper broker is reached: what a configuration says of it. Pure.

    ("fyers", "primary", "http://127.0.0.1:8080") ──▶ [accounts.primary]
                                                      upstream = "fyers"
                                                      url = "http://127.0.0.1:8080/api/v3"  …

An account's name is its API key at Kite and its app id at Fyers; all else is the broker's own key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

GATEWAY: Final = "http://127.0.0.1:8009"  # where a gateway is when nothing is said
LISTED: Final = ("fyers", "kite")  # these publish lists of instruments
KEY_NAME: Final = "ORDERWIRE_PAPER_KEY"
KEY: Final = "paper"  # every credential, when nothing is said


def reach_of(upstream: str, name: str, url: str, api_key: str) -> dict[str, Any]:
    """Give what an account is reached by, under the names of the configuration."""
    sockets = "ws" + url.removeprefix("http")
    secrets = {"access_token": api_key, "api_secret": api_key}
    match upstream:
        case "fyers":
            ways = {"url": f"{url}/api/v3", "socket_url": f"{sockets}/trade/v3"}
            return {"upstream": upstream, **ways, "app_id": name, **secrets}
        case "kite":
            ways = {"url": url, "socket_url": sockets}
            return {"upstream": upstream, **ways, "api_key": name, **secrets}
    return {"upstream": upstream, "url": url, "api_key": api_key}


def tables(upstream: str, names: Sequence[str], url: str, api_key: str) -> Iterator[str]:
    """Write, line by line, what a gateway's configuration says of each account of a broker.

    A key that was chosen is not shown: it is to be had from the environment.
    """
    shown = KEY if api_key == KEY else f"env:{KEY_NAME}"
    for name in names:
        yield f"[accounts.{name}]"
        yield from _rows(reach_of(upstream, name, url, shown) | _beside(upstream))
        yield ""


def _beside(upstream: str) -> dict[str, Any]:
    """Give what is not needed, and makes a try like the real thing: a login, a list."""
    back = {"redirect_url": f"{GATEWAY}/login/back"} if upstream == "fyers" else {}
    return back | ({"instruments": "broker"} if upstream in LISTED else {})


def _rows(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name} = {json.dumps(value)}"
