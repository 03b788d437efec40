"""Fyers' answers: `s` says whether, `code` says what.

{"s": "ok", "code": 1101, "message", "id"}        {"s": "error", "code": -99, "message"}
"""

from typing import Any, Final

from web.sandbox.http import Response, answer

OK: Final = 200
PLACED: Final = 1101
MODIFIED: Final = 1102
CANCELLED: Final = 1103
BAD_TOKEN: Final = -16
BAD_PARAMS: Final = -50
BAD_ORDER_ID: Final = -51
REJECTED: Final = -99
BAD_SYMBOL: Final = -300
BAD_APP: Final = -352
RATE: Final = -429

RETRY_AFTER_S: Final = 1


def success(code: int = OK, message: str = "", **more: Any) -> Response:
    """Give an answer that all is well."""
    return answer({"s": "ok", "code": code, "message": message, **more})


def error(status: int, code: int, message: str) -> Response:
    """Give an answer that something is not."""
    return answer({"s": "error", "code": code, "message": message}, status)


def refused(status: int, message: str) -> Response:
    """Give the error of an HTTP status; 429 says in two headers how long to wait."""
    if status in {401, 403}:
        return error(status, BAD_TOKEN, "Could not authenticate the user")
    if status == 429:
        said = {"s": "error", "code": RATE, "message": "request limit reached"}
        after = {"retry_after": str(RETRY_AFTER_S), "x_retry_after_ms": f"{RETRY_AFTER_S}000"}
        return answer(said, status, **after)
    return error(status, -status, message)
