"""Kite's login: a page that sends the browser back, and a token for what it brings.

    /connect/login?api_key=… ──▶ back with request_token ──▶ POST /session/token ──▶ access_token

Nobody is asked for a password. At Kite the place to go back to is registered with the app; here
it is `redirect_url`, in the query or among the `redirect_params`. Every secret of this broker is
its one API key, which the checksum is therefore made with.
"""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl

from web.sandbox.desk import Desk
from web.sandbox.http import Response, sent_back
from web.sandbox.kite.answers import refused, success
from web.sandbox.kite.rows import ist


def login_page(desk: Desk, query: dict[str, str]) -> Response:
    """Log the browser in and send it back with a request token and the `redirect_params`."""
    api_key = query.get("api_key", "")
    if desk.account_of(api_key) is None:
        return refused(400, "Invalid `api_key`.")
    params = dict(parse_qsl(query.get("redirect_params", "")))
    target = params.pop("redirect_url", query.get("redirect_url", ""))
    token = hashlib.sha256(f"{api_key}/{desk.now().isoformat()}".encode()).hexdigest()[:32]
    said = {"action": "login", "type": "login", "status": "success", "request_token": token}
    return sent_back(target, said | params)


def session(desk: Desk, form: dict[str, str]) -> Response:
    """Make an access token of a request token."""
    api_key, request_token = form.get("api_key", ""), form.get("request_token", "")
    account_id = desk.account_of(api_key)
    if not request_token or account_id is None:
        return refused(400, "Invalid `api_key` or `request_token`.")
    wanted = hashlib.sha256(f"{api_key}{request_token}{desk.api_key}".encode()).hexdigest()
    if not hmac.compare_digest(form.get("checksum", "").encode(), wanted.encode()):
        return refused(403, "Invalid `checksum`.")
    return success(_user(desk, api_key, desk.token_of(account_id)))


def _user(desk: Desk, api_key: str, token: str) -> dict[str, Any]:
    return {
        "user_type": "individual",
        "email": "paper@example.com",
        "user_name": "Paper Trader",
        "user_shortname": "Paper",
        "broker": "ZERODHA",
        "exchanges": ["NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX"],
        "products": ["CNC", "NRML", "MIS", "MTF"],
        "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
        "avatar_url": None,
        "user_id": "PAPER1",
        "api_key": api_key,
        "access_token": token,
        "public_token": "public",
        "refresh_token": "",
        "enctoken": "",
        "login_time": ist(desk.now()),
        "meta": {"demat_consent": "physical"},
    }
