"""What Fyers' answers mean: who failed, what can be concluded, what it said. Pure.

    {"s": "ok", "code": 1101, …}                  ──judge──▶ None: read it
    {"s": "error", "code": -99, "message": …}     ──judge──▶ the BrokerError to raise
    {"id": "808058117761"} ──placed──▶ order id    [{"body": …}, …] ──complaints──▶ words, or None
    {"data": {"margin_total": …}} ──margin──▶ Margin

Every answer says for itself whether it is one, whatever its HTTP status is. `code 201` is "made
but no acknowledgement has been received": it may be done. Source: Fyers API v3, "request and
response structure", "rate limit", "orders", "multi order margin".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from actors.domain.errors import (
    BrokerError,
    BrokerProtocol,
    BrokerRefused,
    BrokerUnknown,
    NeedsLogin,
)
from actors.domain.ids import OrderId
from actors.domain.rehearsal import Margin
from actors.upstream.doubt import refusal, spoken
from actors.upstream.fields import (
    ID_MAX,
    FieldFault,
    Row,
    an_object,
    maybe_money,
    read_under,
    required_money,
    required_word,
)

from .words import impersonal

DEAD_TOKEN: Final = (-8, -15, -16, -17)
RATE: Final = -429
NO_ACKNOWLEDGEMENT: Final = 201
PLACED: Final = 1101
WORDS_MAX: Final = 1000
RETRY_S: Final = 1.0  # when a broker that wants quiet does not say for how long
RETRY_MAX_S: Final = 60.0
RETRY_CHARS_MAX: Final = 9


class Envelope(msgspec.Struct):
    """What each answer has around it; what is inside is passed over, not read."""

    s: Any = None
    code: Any = None
    message: Any = None


_envelope: Final = msgspec.json.Decoder(Envelope)


def judge(
    status: int, body: bytes, *, changes: bool, secrets: tuple[str, ...] = ()
) -> BrokerError | None:
    """Say what an answer means; None when it is a success, to be read.

    `changes` is true of calls that place, modify or cancel: for these what proves nothing is
    BrokerUnknown, for a question it is BrokerProtocol. `secrets` are taken out of the words.
    """
    answer = _open(body)
    code = answer.code if type(answer.code) is int else 0
    said = spoken(status, _words(answer, code), *secrets)
    if status == 401 or code in DEAD_TOKEN:
        return NeedsLogin(said)
    if status == 429 or code == RATE:
        return BrokerRefused(f"rate limit: {said}")
    is_open = code in (NO_ACKNOWLEDGEMENT, 408) or 500 <= code < 600
    if is_open or status == 408 or not (200 <= status < 300 or 400 <= status < 500):
        return _doubt(said, changes=changes)
    if status >= 400 or answer.s == "error":
        return refusal(said, changes=changes)
    if answer.s != "ok":
        return _doubt(f"{said}: it is neither ok nor an error", changes=changes)
    return None


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Read for how long a 429 wants quiet, in seconds, at most RETRY_MAX_S. Never raises."""
    for name, parts in (("x-retry-after-ms", 1000), ("retry-after", 1)):
        text = headers.get(name, "").strip()
        if text.isascii() and text.isdigit() and len(text) <= RETRY_CHARS_MAX:
            return min(int(text) / parts, RETRY_MAX_S)
    return RETRY_S


def placed(value: Any) -> OrderId:
    """Read the answer to a placement; FieldFault when it does not say which order it became."""
    row = an_object(value)
    if row.get("code") != PLACED:
        raise FieldFault("code", f"{PLACED} is needed")
    return OrderId(required_word(row, "id", ID_MAX))


def complaints(value: Any, *, secrets: tuple[str, ...] = ()) -> str | None:
    """Read the answer to several placements: what the broker says failed, None when nothing did."""
    legs = an_object(value).get("data")
    if not isinstance(legs, list):
        raise FieldFault("data", "a list is needed")
    said = []
    for i, leg in enumerate(legs):
        row = read_under(f"data[{i}]", leg, lambda one: one)
        body = read_under(f"data[{i}].body", row.get("body"), lambda one: one)
        if body.get("s") != "ok" or body.get("code") == NO_ACKNOWLEDGEMENT:
            answer = Envelope(body.get("s"), body.get("code"), body.get("message"))
            code = answer.code if type(answer.code) is int else 0
            said.append(f"order {i + 1}: {spoken(None, _words(answer, code), *secrets)}")
    return "; ".join(said) or None


def margin(value: Any) -> Margin:
    """Read what orders would need: `margin_total`, beside `margin_avail`, what there is.

    A reading: `margin_new_order` is taken to be the whole account's after them, what is blocked
    already included, as users of live accounts found it to be. Fyers' words leave it open.
    """
    return read_under("data", an_object(value).get("data"), _margin)


# ---------------------------------------------------------------------------------- helpers


def _margin(row: Row) -> Margin:
    return Margin(required_money(row, "margin_total"), maybe_money(row, "margin_avail"))


def _open(body: bytes) -> Envelope:
    """Read an answer's envelope; an empty one when it is none."""
    try:
        return _envelope.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Envelope()


def _words(answer: Envelope, code: int) -> str:
    text = answer.message if isinstance(answer.message, str) else ""
    text = impersonal(text[:WORDS_MAX])
    return f"{text} ({code})" if code < 0 or code == NO_ACKNOWLEDGEMENT else text


def _doubt(said: str, *, changes: bool) -> BrokerError:
    return BrokerUnknown(said) if changes else BrokerProtocol(said)
