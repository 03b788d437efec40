"""Fyers' login: a page that sends the browser back, and a token for the code that it brings.

    /generate-authcode?client_id=… ──▶ back with auth_code ──▶ POST /validate-authcode ──▶ token

Nobody is asked for a password. A code that the page made is good for its own app id alone; any
other that begins with `code-` is good as well. Every secret of this broker is its one API key.
"""

import hashlib
import re
from typing import Any, Final

from web.sandbox.desk import Desk
from web.sandbox.fyers.answers import BAD_APP, BAD_PARAMS, BAD_TOKEN, error, success
from web.sandbox.http import Response, sent_back

CODE: Final = "code-"
APP_SUFFIX: Final = "-100"
"""What follows an app's name in an app id."""
HASH: Final = re.compile(r"[0-9a-f]{64}")


def login_page(desk: Desk, query: dict[str, str]) -> Response:
    """Log the browser in and send it back with a code and the caller's `state`."""
    app_id = query.get("client_id", "")
    if not app_id or query.get("response_type") != "code":
        return error(400, BAD_PARAMS, "client_id and response_type=code are wanted")
    said = {"s": "ok", "code": "200", "auth_code": f"{CODE}{app_hash(desk, app_id)}"}
    return sent_back(query.get("redirect_uri", ""), said | {"state": query.get("state", "")})


def token_for(desk: Desk, body: dict[str, Any]) -> Response:
    """Make an access token of a code."""
    code, shown = body.get("code"), body.get("appIdHash")
    if body.get("grant_type") != "authorization_code" or not isinstance(code, str):
        return error(400, BAD_PARAMS, "grant_type and code are wanted")
    if not code.startswith(CODE):
        return error(401, BAD_TOKEN, "invalid auth code")
    of_app = code.removeprefix(CODE)
    if not isinstance(shown, str) or not HASH.fullmatch(shown):
        return error(400, BAD_APP, "invalid app id hash")
    if HASH.fullmatch(of_app) and of_app != shown:
        return error(400, BAD_APP, "invalid app id hash")
    apps = {app_hash(desk, app_id): app_id for app_id in _app_ids(desk)}
    account_id = account_of(desk, apps.get(shown, ""))
    return success(access_token=desk.token_of(account_id), refresh_token="")


def account_of(desk: Desk, app_id: str) -> str:
    """Give whose an app is: any id will do, and one of no account's name is the first's."""
    return desk.account_of(app_id.removesuffix(APP_SUFFIX)) or desk.accounts[0]


def app_hash(desk: Desk, app_id: str) -> str:
    """Give what an app proves itself with: the hex SHA-256 of `app id:secret`."""
    return hashlib.sha256(f"{app_id}:{desk.api_key}".encode()).hexdigest()


def _app_ids(desk: Desk) -> list[str]:
    return [f"{name}{suffix}" for name in desk.accounts for suffix in ("", APP_SUFFIX)]
