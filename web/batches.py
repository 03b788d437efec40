"""Batches over HTTP: placed, listed, looked at.

    POST /accounts/{id}/batch-orders               200 ended · 202 + Location while it runs
         ?dry_run=true                             200 what it would send and need; nothing is sent
    GET  /accounts/{id}/batch-orders [/{batch_id}]
    POST …/batch-orders/{batch_id}/acknowledge     accept what an exposed batch left behind
                                  /flatten         try again to unwind it

An answer is the batch as the view has it, at the position that it names.
"""

from __future__ import annotations

import re
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from attrs import evolve, frozen
from quart import Response, request
from quart_trio import QuartTrio

from actors import BatchRequest, System, View
from actors.domain.batch import IdempotencyClaim
from actors.domain.checks import WAIT_MAX_S
from actors.domain.errors import BadRequest, DecodeError, Fault, Refused
from actors.domain.ids import AccountId, BatchId
from actors.domain.wire import encode, structure

from .accounts import life_of
from .answers import answer, caller, commanded, has_fields, listed, page_of, stamped
from .auth import Caller
from .bodies import NoFields, read_body, read_wish
from .query import asked_once, bad_parameter, read_page

KEY_CHARS_MAX: Final = 255
WAIT_PREFERRED: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,4})\s*(?:$|[,;])", re.ASCII)


@frozen
class FlattenWish:
    """What `flatten` takes."""

    wait_s: int = 30


class Batches:
    """What `/accounts/{id}/batch-orders` takes and shows."""

    def __init__(self, system: System) -> None:
        self._system = system

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        rule = "/accounts/<account_id>/batch-orders"
        app.add_url_rule(rule, "place_batch", self.place, methods=["POST"])
        app.add_url_rule(rule, "batches", self.show_all)
        rule = f"{rule}/<batch_id>"
        app.add_url_rule(rule, "batch", self.show)
        for name, view in (("acknowledge", self.acknowledge), ("flatten", self.flatten)):
            app.add_url_rule(f"{rule}/{name}", f"{name}_batch", view, methods=["POST"])

    async def place(self, account_id: str) -> Response:
        """Place a batch, and wait for its end for as long as the caller wishes."""
        account = caller().require("trade", account_id)
        is_dry = is_dry_run(asked_once(request.args, ("dry_run",)))
        value = read_body(await request.get_data())
        wanted = with_less_wait(read_request(value), request.headers.get("Prefer", ""))
        claim = claim_of(request.headers.get("Idempotency-Key"), caller(), account, value)
        if is_dry:
            rehearsal = await self._system.dry_run(account, wanted)
            return answer(stamped(encode(rehearsal), self._system.journal.position))
        batch = await self._system.submit_batch(account, wanted, claim=claim)
        return answer_of(self._system.view(account), batch.batch_id)

    async def acknowledge(self, account_id: str, batch_id: str) -> Response:
        """Accept what a batch left in the market; it is the desk's own from then on."""
        account = commanded(account_id, no_batch(batch_id))
        await read_wish(NoFields, "an acknowledgement takes no fields")
        batch = await self._system.acknowledge_batch(account, batch_id)
        return answer_of(self._system.view(account), batch.batch_id)

    async def flatten(self, account_id: str, batch_id: str) -> Response:
        """Try again to unwind what a batch left, and wait for its end as long as is wished."""
        account = commanded(account_id, no_batch(batch_id))
        wish = await read_wish(FlattenWish, "the body is not a wish to flatten")
        if not 0 <= wish.wait_s <= WAIT_MAX_S:
            fault = Fault("$.wait_s", f"0 to {WAIT_MAX_S} seconds are needed")
            raise BadRequest("the body is not a wish to flatten", (fault,))
        batch = await self._system.flatten_batch(account, batch_id, wait_s=wish.wait_s)
        return answer_of(self._system.view(account), batch.batch_id)

    async def show_all(self, account_id: str) -> Response:
        """Give a page of an account's batches, newest first."""
        account = caller().require("read", account_id)
        page = read_page(request.args, filters=("status", "symbol"))
        status = None if page.status is None else page.status.lower()
        fits = has_fields(status=status, tradingsymbol=page.symbol)
        view = self._system.view(account)
        data, next_before = page_of(reversed(view.book.batches.values()), page, fits)
        return answer(listed(data, next_before, view.position))

    async def show(self, account_id: str, batch_id: str) -> Response:
        """Give one batch as it stands; also one of a day that is over."""
        missing = no_batch(batch_id)
        if not caller().may("read", account_id):
            raise missing
        asked_once(request.args, ())
        account = AccountId(account_id)
        view = self._system.view(account)
        if (row := view.book.batches.get(BatchId(batch_id))) is not None:
            return answer(stamped(row.data, view.position))
        history = await life_of(self._system.journal, account, batch_id, view.position)
        events = [event for event in history if event.type == "batch_update"]
        if not events:
            raise missing
        return answer(stamped(events[-1].data, view.position))


def answer_of(view: View, batch_id: BatchId, head: dict[str, Any] | None = None) -> Response:
    """Give a batch as the view has it: 200 when it has ended, 202 and its place while it runs.

    `head` is what stands before the batch's own fields.
    """
    row = view.book.batches[batch_id]
    body = stamped(row.data, view.position)
    if head is not None:
        body = encode(head)[:-1] + b"," + body[1:]
    if row.value.ended:
        return answer(body)
    place = f"/accounts/{view.book.account_id}/batch-orders/{batch_id}"
    return answer(body, 202, {"Location": place})


def no_batch(batch_id: str) -> Refused:
    """Make the error for a batch that is not there, or that the caller may not know of."""
    return Refused(404, f"there is no batch {batch_id[:80]!r}")


def is_dry_run(given: dict[str, str]) -> bool:
    """Read `?dry_run=`; BadRequest when it is neither true nor false."""
    word = given.get("dry_run", "false")
    if word not in ("true", "false"):
        raise bad_parameter("dry_run", "true or false is needed")
    return word == "true"


def read_request(value: Any) -> BatchRequest:
    """Make a batch of a body; BadRequest with 422 names each field at fault."""
    try:
        return structure(value, BatchRequest)
    except DecodeError as error:
        raise BadRequest("the body is not a batch", error.faults) from None


def with_less_wait(wanted: BatchRequest, prefer: str) -> BatchRequest:
    """Answer as early as `Prefer: wait=` wishes (RFC 7240 §4.3), where that is before `wait_s`.

    It is no part of the body: the same batch may be asked for in more haste.
    """
    found = WAIT_PREFERRED.search(prefer)
    if found is None or not int(found[1]) < wanted.wait_s <= WAIT_MAX_S:
        return wanted
    return evolve(wanted, wait_s=int(found[1]))


def claim_of(
    key: str | None, caller: Caller, account: AccountId, body: Any
) -> IdempotencyClaim | None:
    """Make the claim of an Idempotency-Key: digests of whose it is and of what it stands for.

    The body counts as parsed: neither spaces nor the order of its names make it another.
    """
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_CHARS_MAX:
        fault = Fault("Idempotency-Key", f"1 to {KEY_CHARS_MAX} characters are needed")
        raise BadRequest("the request was refused, nothing was sent", (fault,))
    return IdempotencyClaim(
        key_sha256=sha256(encode([caller.name, account, key])).hexdigest(),
        body_sha256=sha256(encode(canonical(body))).hexdigest(),
    )


def canonical(value: Any) -> Any:
    """Give a parsed body in the one form that all its spellings share."""
    if isinstance(value, dict):
        return {name: canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [canonical(inner) for inner in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {"number": f"{Decimal(value).normalize()}"}
    return value
