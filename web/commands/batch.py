"""`orderwire batch`: the orders of a file, placed as one batch; its outcome on stdout.

FILE.json ──▶ POST ──▶ asked for while it runs ──▶ its end: rows on a terminal, JSON elsewhere
                       └─▶ a progress line         └─▶ exit status: 0 only for `complete`
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import click
import trio

from .lines import json_line
from .options import NAME
from .outcome import fault_lines, lines_of
from .paint import Paint, appearance, width_of
from .placing import NOT_KNOWN, Answer, Wanted, placed
from .process import ended_by, run
from .progress import Progress
from .tail import check_target
from .words import Data, rows

FILE_BYTES_MAX: Final = 256 * 1024  # what a gateway takes
KEY_CHARS_MAX: Final = 255
REFUSED: Final = 1
CLEAN, KEPT, EXPOSED = 3, 4, 5
STATUSES: Final = {
    "complete": 0,
    "rejected_clean": CLEAN,
    "rolled_back_clean": CLEAN,
    "unwound": CLEAN,
    "kept": KEPT,
    "exposed": EXPOSED,
}


@click.command("batch", short_help="Place a batch of orders from a file.")
@click.argument("url")
@click.argument("account")
@click.argument("file", metavar="FILE.json")
@click.option(
    "--key",
    envvar="ORDERWIRE_KEY",
    help="The API key; better in ORDERWIRE_KEY, which no list of processes shows.",
)
@click.option(
    "--idempotency-key",
    help="What makes this batch the same batch when it is placed again; made when not said.",
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Say what it would do, and send nothing.")
@click.option(
    "--wait-s",
    type=click.FloatRange(1, 3600),
    default=120.0,
    show_default=True,
    help="Seconds to go on asking while the batch runs.",
)
@appearance
def command(
    *,
    url: str,
    account: str,
    file: str,
    key: str | None,
    idempotency_key: str | None,
    is_dry: bool,
    wait_s: float,
    is_plain: bool,
    is_json: bool,
) -> None:
    """Place the orders of FILE.json (`-`: stdin) in ACCOUNT at the gateway at URL, and wait.

    The file is the body of `POST /accounts/{id}/batch-orders`: `{"orders": [...]}`, and what else
    it may say. On a terminal a line tells how far it is, and what came of it is told in rows: each
    leg, each step of the way out, what remains. Piped, or with --json, it is the gateway's answer.

    \b
    Exit status:
      0  complete; of a dry run: it would be taken
      1  refused, nothing was sent
      2  a fault of the command line or of the file, or no connection
      3  rejected_clean, rolled_back_clean, unwound: nothing remains
      4  kept: a leg failed, and the others stand, as was asked
      5  exposed: something remains in the market, against the wish
      6  not known: it still runs, or no answer came; ask again with the same key
    """  # noqa: D301 - click reads this very backspace
    check_target(url, None)
    if not NAME.fullmatch(account):
        message = f"{account!r}: an account's name is letters, digits, - and _"
        raise click.BadParameter(message, param_hint="ACCOUNT")
    if idempotency_key is not None and not is_key(idempotency_key):
        message = f"1 to {KEY_CHARS_MAX} printable ASCII characters are needed"
        raise click.BadParameter(message, param_hint="--idempotency-key")
    wanted = Wanted(
        url=url,
        account=account,
        body=read(file),
        idempotency_key=idempotency_key or str(uuid.uuid4()),
        key=key,
        is_dry=is_dry,
        wait_s=wait_s,
    )
    progress = Progress(Paint.of(sys.stderr, is_plain=is_plain), wait_s)
    answers: list[Answer] = []
    run(partial(place, wanted, answers, progress), at_last=NOT_KNOWN)
    if not answers:
        if not is_dry:
            progress.say(f"stopped; {goes_on(wanted, progress.batch)}; {wanted.again()}")
        sys.exit(NOT_KNOWN)
    is_json = is_json or not sys.stdout.isatty()
    paint = None if is_json else Paint.of(sys.stdout, is_plain=is_plain)
    tell(answers[0], wanted, paint, progress.paint)
    sys.exit(exit_status(answers[0]))


async def place(
    wanted: Wanted, answers: list[Answer], progress: Progress, stop: trio.Event
) -> None:
    """Place the batch, unless told to stop before its answer."""
    async with ended_by(stop), trio.open_nursery() as nursery:
        nursery.start_soon(progress.run)
        heard = progress.heard if progress.is_shown else None
        answers.append(await placed(wanted, progress.say, heard))
        nursery.cancel_scope.cancel()


def tell(answer: Answer, wanted: Wanted, paint: Paint | None, beside: Paint) -> None:
    """Print what came of it, as JSON when there is no paint; what is to be done, on stderr."""
    if paint is None:
        _echo([json_line(answer.text).rstrip("\n")])
    if answer.status >= 300:
        _echo(fault_lines(answer.status, answer.document, beside, width_of(sys.stderr)), err=True)
        if answer.status == 401:
            _echo(["give the key with --key, or in ORDERWIRE_KEY"], err=True)
        if answer.is_unsure and not wanted.is_dry:
            _echo([f"it may be placed; {wanted.again()}"], err=True)
        return
    if paint is not None:
        width = width_of(sys.stdout)
        _echo(lines_of(answer.document, paint, width, orders_in(wanted.body)))
    place = wanted.place(str(answer.document.get("batch_id")))
    if answer.is_running:
        _echo([f"it still runs after {wanted.wait_s:g} s: {place}"], err=True)
    elif exit_status(answer) == EXPOSED:
        again, own = f"{place}/flatten", f"{place}/acknowledge"
        _echo([f"to try again: POST {again}", f"to take it as your own: POST {own}"], err=True)


def goes_on(wanted: Wanted, batch: Data | None) -> str:
    """Say that nobody waits any more does not end a batch, and where it is, if that is known."""
    if batch is None:
        return "a batch that was placed goes on"
    return f"the batch goes on: {wanted.place(str(batch.get('batch_id')))}"


def exit_status(answer: Answer) -> int:
    """Give the exit status, as `--help` lists them."""
    if answer.status >= 300:
        return NOT_KNOWN if answer.is_unsure else REFUSED
    if answer.document.get("status") == "dry_run":
        return 0
    return STATUSES.get(str(answer.document.get("outcome")), NOT_KNOWN)


def orders_in(body: bytes) -> Sequence[Data]:
    """Give the legs that a file asks for."""
    value = json.loads(body)
    return rows(value, "orders") if isinstance(value, dict) else []


def read(file: str) -> bytes:
    """Read a file of JSON, or stdin. BadParameter, which is exit status 2, when it is none."""

    def refuse(message: str) -> click.BadParameter:
        return click.BadParameter(f"{file}: {message}", param_hint="FILE.json")

    try:
        if file == "-":
            raw = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise refuse(os.strerror(error.errno) if error.errno else "cannot be read") from None
    if len(raw) > FILE_BYTES_MAX:
        raise refuse(f"larger than the {FILE_BYTES_MAX} bytes that a gateway takes")
    try:
        json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise refuse(f"not JSON: {error}") from None
    return raw


def is_key(text: str) -> bool:
    """Say whether a header can carry a text as an Idempotency-Key."""
    return 0 < len(text) <= KEY_CHARS_MAX and text.isascii() and text.isprintable()


def _echo(lines: Iterator[str] | Sequence[str], *, err: bool = False) -> None:
    """Print lines, whatever letters the locale has. Who left does not hear them."""
    with suppress(BrokenPipeError):
        for line in lines:
            click.echo(line.encode(errors="replace"), err=err)
