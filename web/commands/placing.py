"""Placing a batch at a gateway over HTTP, and asking for it while it runs.

    POST, with an Idempotency-Key ──▶ 200 it has ended
        │ the connection is lost      202 it runs ──▶ GET, again and again, within the time
        └──▶ the same POST again      4xx 5xx refused

A lost answer is no reason to place a batch twice: the same key and body are the same batch. Only
what surely was not sent ends at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx2
import trio
from attrs import field, frozen

from .faults import BadConfiguration, CannotRun

CONNECT_S: Final = 10.0
ASK_PAUSE_S: Final = 1.0
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
SCHEMES: Final = {"ws": "http", "wss": "https"}
GRACE_S: Final = 5.0  # more than it was told to wait is what a gateway may take to answer


class Unreached(BadConfiguration):
    """There is no gateway, or none any more, at the address that was given: exit status 2."""


@frozen
class Wanted:
    """What is to be placed, and where."""

    url: str
    account: str
    body: bytes = field(repr=False)
    idempotency_key: str
    key: str | None = field(default=None, repr=False)
    is_dry: bool = False
    wait_s: float = 120.0

    def place(self, batch_id: str | None = None) -> str:
        """Give the URL of the account's batches, or of one of them."""
        parts = urlsplit(self.url)
        scheme = SCHEMES.get(parts.scheme, parts.scheme)
        path = f"{parts.path.rstrip('/')}/accounts/{self.account}/batch-orders"
        if batch_id is not None:
            return urlunsplit((scheme, parts.netloc, f"{path}/{quote(batch_id, safe='')}", "", ""))
        query = urlencode({"dry_run": "true"}) if self.is_dry else ""
        return urlunsplit((scheme, parts.netloc, path, query, ""))

    def headers(self) -> dict[str, str]:
        """Give what each call carries: the key, where no log sees it."""
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}


@frozen
class Answer:
    """What a gateway answered: its own text, and the object in it."""

    status: int
    text: str
    document: Mapping[str, Any]

    @property
    def is_running(self) -> bool:
        """Say whether the batch goes on."""
        return self.document.get("status") == "running"


async def placed(wanted: Wanted, say: Callable[[str], None]) -> Answer:
    """Place a batch, and ask for it until it has ended or `wait_s` are over; the last answer.

    Unreached when there is no connection; CannotRun when there is no answer in time, or none that
    a gateway gives.
    """
    deadline_s = trio.current_time() + wanted.wait_s
    async with httpx2.AsyncClient(
        headers=wanted.headers(),
        timeout=httpx2.Timeout(None, connect=CONNECT_S),
        follow_redirects=False,
        trust_env=False,
    ) as client:
        answer = await _post(client, wanted, deadline_s + GRACE_S, say)
        with trio.move_on_at(deadline_s):
            while answer.status < 300 and answer.is_running:
                await trio.sleep(ASK_PAUSE_S)
                answer = await _ask(client, wanted, answer)
    return answer


async def _post(
    client: httpx2.AsyncClient, wanted: Wanted, deadline_s: float, say: Callable[[str], None]
) -> Answer:
    """Post until there is an answer; the key makes it the same batch each time."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": wanted.idempotency_key}
    was_sent = False
    with trio.move_on_at(deadline_s):
        while True:
            try:
                return await _call(client, "POST", wanted.place(), wanted.body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if not was_sent:
                    raise Unreached(f"{wanted.url}: cannot be reached ({_why(error)})") from None
            except httpx2.TransportError:
                if not was_sent:
                    say(f"{wanted.url}: the connection was lost; asking again")
                was_sent = True
            await trio.sleep(ASK_PAUSE_S)
    unknown = (
        "" if wanted.is_dry else f"; ask again with --idempotency-key {wanted.idempotency_key}"
    )
    if was_sent:
        raise Unreached(f"{wanted.url}: the connection was lost; it may be placed{unknown}")
    raise CannotRun(f"{wanted.url}: no answer in time; it may be placed{unknown}")


async def _ask(client: httpx2.AsyncClient, wanted: Wanted, known: Answer) -> Answer:
    """Ask how a running batch stands; what is known already when nothing can be learnt."""
    try:
        found = await _call(client, "GET", wanted.place(str(known.document.get("batch_id"))))
    except (httpx2.TransportError, CannotRun):
        return known
    return found if found.status == 200 else known


async def _call(
    client: httpx2.AsyncClient,
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    async with client.stream(method, url, content=body, headers=headers) as response:
        raw = bytearray()
        # Cancelled, and not left, so that the library's generators come to their end.
        with trio.CancelScope() as reading:
            async for chunk in response.aiter_bytes():
                raw += chunk
                if len(raw) > ANSWER_BYTES_MAX:
                    reading.cancel()
        if len(raw) > ANSWER_BYTES_MAX:
            raise CannotRun(f"{url}: the answer is larger than a gateway's")
        return answer_of(response.status_code, bytes(raw), url)


def answer_of(status: int, raw: bytes, url: str) -> Answer:
    """Read an answer. CannotRun when it is none of a gateway's."""
    try:
        text = raw.decode()
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CannotRun(f"{url}: answered with {status}, but not as a gateway does")
    return Answer(status, text, document)


def _why(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
