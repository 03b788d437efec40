"""How long an answer takes, and whether it comes: the same for every broker's REST.

    request ──▶ fault? ──▶ half the latency ──▶ done ──▶ other half ──▶ answer
                                                  └─▶ or no answer at all

What a call changes has changed, and is in the ledger, before its answer goes out.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final

import trio

from web.sandbox.desk import Desk
from web.sandbox.http import Request, Response

NO_ANSWER_S: Final = 600.0
"""How long an answer that never comes is not given, if the caller stays."""

ROWS_A_TURN: Final = 50
"""Rows that are encoded between two looks at the rest of the world."""


async def answered(
    desk: Desk,
    request: Request,
    account_id: str | None,
    work: Callable[[], Awaitable[Response | None]],
    refused: Callable[[int, str], Response],
) -> Response:
    """Do the work of one request, with the faults and the latency that it meets.

    `work` gives None for an answer that never comes; `refused` makes an answer of an HTTP status
    and a reason, in the broker's own form.
    """
    call = "reads" if request.method == "GET" else "orders"
    fate = desk.faults.request(call, account_id, desk.elapsed_s())
    if fate.refuse_status is not None:
        return refused(fate.refuse_status, "Service Unavailable")
    await trio.sleep(desk.latency_s / 2)
    response = await work()
    await trio.sleep(desk.latency_s / 2 + fate.late_s)
    if response is None or (fate.unanswered and response.status < 400):
        await trio.sleep(NO_ANSWER_S)
        return refused(504, "Gateway Timeout")
    return response


async def json_array(rows: Iterable[dict[str, Any]]) -> str:
    """Give a JSON array of many rows, encoded in turns so that the stream is not held up."""
    left: Iterator[dict[str, Any]] = iter(rows)
    parts: list[str] = []
    while turn := list(islice(left, ROWS_A_TURN)):
        parts.extend(json.dumps(row, separators=(",", ":")) for row in turn)
        await trio.lowlevel.checkpoint()
    return f"[{','.join(parts)}]"
