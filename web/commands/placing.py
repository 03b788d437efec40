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

from web.client.line import reason_of

from .faults import BadConfiguration, CannotRun

CONNECT_S: Final = 10.0
ASK_PAUSE_S: Final = 1.0
ANSWER_BYTES_MAX: Final = 4 * 1024 * 1024
SCHEMES: Final = {"ws": "http", "wss": "https"}
NOT_KNOWN: Final = 6
"""The exit status of a batch that may be placed, and of which no more is known."""
WATCHED_S: Final = 1.0  # who watches is told of a batch that still runs after that
ASKED_WATCHED_S: Final = 0.25
GRACE_S: Final = 5.0  # more than it was told to wait is what a gateway may take to answer


class Unreached(BadConfiguration):
    """There is no gateway at the address that was given: exit status 2."""


class Foreign(CannotRun):
    """What answered is no gateway, or stands before one."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"{url}: answered with {status}, but not as a gateway does; is it one?")
        self.status = status


class Unsure(CannotRun):
    """The batch was sent, or may have been, and no answer came."""

    exit_code = NOT_KNOWN


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

    def again(self) -> str:
        """Say how to ask for the same batch, and not for another one."""
        return f"ask again with --idempotency-key {self.idempotency_key}"

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
    def is_unsure(self) -> bool:
        """Say whether a fault leaves open that the batch was placed; 503 is said beforehand."""
        return self.status >= 500 and self.status != 503

    @property
    def is_running(self) -> bool:
        """Say whether the batch goes on."""
        return self.document.get("status") == "running"


async def placed(
    wanted: Wanted,
    say: Callable[[str], None],
    heard: Callable[[Mapping[str, Any]], None] | None = None,
) -> Answer:
    """Place a batch, and ask for it until it has ended or `wait_s` are over; the last answer.

    `heard` is told how it stands, each time that this is known; a gateway that heeds `Prefer`
    (RFC 7240) says so early.

    Unreached when there is no connection; Unsure when there is no answer in time, or one that
    leaves it open; Foreign for one that no gateway gives.
    """
    prefer = {} if heard is None or wanted.is_dry else {"Prefer": f"wait={WATCHED_S:g}"}
    pause_s = ASK_PAUSE_S if heard is None else min(ASK_PAUSE_S, ASKED_WATCHED_S)
    deadline_s = trio.current_time() + wanted.wait_s
    async with httpx2.AsyncClient(
        headers=wanted.headers(),
        timeout=httpx2.Timeout(None, connect=CONNECT_S),
        follow_redirects=False,
        trust_env=False,
    ) as client:
        answer = await _post(client, wanted, deadline_s + GRACE_S, say, prefer)
        with trio.move_on_at(deadline_s):
            while answer.status < 300 and answer.is_running:
                if heard is not None:
                    heard(answer.document)
                await trio.sleep(pause_s)
                answer = await _ask(client, wanted, answer)
    return answer


async def _post(
    client: httpx2.AsyncClient,
    wanted: Wanted,
    deadline_s: float,
    say: Callable[[str], None],
    more: Mapping[str, str],
) -> Answer:
    """Post until there is an answer; the key makes it the same batch each time."""
    own = {"Content-Type": "application/json", "Idempotency-Key": wanted.idempotency_key}
    headers = {**own, **more}
    was_sent = False
    with trio.move_on_at(deadline_s):
        while True:
            try:
                return await _call(client, "POST", wanted.place(), wanted.body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if not was_sent:
                    raise Unreached(
                        f"{wanted.url}: cannot be reached ({reason_of(error)})"
                    ) from None
            except Foreign as error:
                if error.status < 500 or wanted.is_dry:
                    raise
                raise Unsure(f"{error}; it may be placed; {wanted.again()}") from None
            except httpx2.TransportError:
                if not was_sent:
                    say(f"{wanted.url}: the connection was lost; asking again")
                was_sent = True
            await trio.sleep(ASK_PAUSE_S)
    why = "the connection was lost" if was_sent else "no answer in time"
    if wanted.is_dry:
        raise CannotRun(f"{wanted.url}: {why}; nothing was sent")
    raise Unsure(f"{wanted.url}: {why}; it may be placed; {wanted.again()}")


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
    """Read an answer. Foreign when it is none of a gateway's, whose faults have a title."""
    try:
        text = raw.decode()
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or (status >= 300 and "title" not in document):
        raise Foreign(url, status)
    return Answer(status, text, document)
