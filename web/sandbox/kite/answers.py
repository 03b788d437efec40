"""Kite's answers: data in an envelope, or an error with its type.

    {"status": "success", "data": …}     {"status": "error", "message", "data": null, "error_type"}

Whoever calls Kite looks at `error_type`, not at the HTTP status.
"""

from typing import Any, Final

from web.sandbox.http import Response, answer, raw_json

TYPES: Final = {
    400: "InputException",
    403: "TokenException",
    429: "NetworkException",
    502: "DataException",
    503: "NetworkException",
}
"""The type of an error that has no other reason than its status; for the rest it is General."""


def success(data: Any) -> Response:
    """Give an answer with data."""
    return answer({"status": "success", "data": data})


def success_text(data: str) -> Response:
    """Give an answer whose data are already text."""
    return raw_json(f'{{"status":"success","data":{data}}}')


def error(status: int, message: str, error_type: str) -> Response:
    """Give an error of a type."""
    said = {"status": "error", "message": message, "data": None, "error_type": error_type}
    return answer(said, status)


def refused(status: int, message: str) -> Response:
    """Give an error of the type that its status has."""
    return error(status, message, TYPES.get(status, "GeneralException"))
