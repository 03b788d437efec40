"""`orderwire batch`: the orders of a file, placed as one batch; its outcome on stdout.

FILE.json ──▶ POST ──▶ asked for while it runs ──▶ a line a leg ──▶ exit 0: success
                                                                    exit 1: ended otherwise
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import Final

import click
import trio

from .lines import json_line
from .options import NAME
from .outcome import fault_lines, lines_of
from .placing import Answer, Wanted, placed
from .process import ended_by, run
from .tail import check_target

FILE_BYTES_MAX: Final = 256 * 1024  # what a gateway takes
KEY_CHARS_MAX: Final = 255


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
@click.option("--json", "is_json", is_flag=True, help="Print the gateway's answer as it is.")
def command(
    *,
    url: str,
    account: str,
    file: str,
    key: str | None,
    idempotency_key: str | None,
    is_dry: bool,
    wait_s: float,
    is_json: bool,
) -> None:
    """Place the orders of FILE.json (`-`: stdin) in ACCOUNT at the gateway at URL, and wait.

    The file is the body of `POST /accounts/{id}/batch-orders`: `{"orders": [...]}`, and what else
    it may say. What came of it is told line by line: each leg, each step of the way out, what is
    left.

    Exit status: 0 for success, 1 for a batch that was refused, that ended otherwise or that still
    runs, 2 for a fault of the command line or of the file, or with no connection.
    """
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
    answers: list[Answer] = []
    run(partial(place, wanted, answers))
    if not answers:
        if not is_dry:
            again = f"--idempotency-key {wanted.idempotency_key}"
            click.echo(
                f"stopped; a batch that was placed goes on; ask again with {again}", err=True
            )
        sys.exit(1)
    sys.exit(tell(answers[0], wanted, is_json=is_json))


async def place(wanted: Wanted, answers: list[Answer], stop: trio.Event) -> None:
    """Place the batch, unless told to stop before its answer."""
    async with ended_by(stop):
        answers.append(await placed(wanted, partial(click.echo, err=True)))


def tell(answer: Answer, wanted: Wanted, *, is_json: bool) -> int:
    """Print what came of it; give the exit status."""
    if is_json:
        click.echo(json_line(answer.text), nl=False)
    if answer.status >= 300:
        click.echo("\n".join(fault_lines(answer.status, answer.document)), err=True)
        return 1
    if not is_json:
        click.echo("\n".join(lines_of(answer.document)))
    if answer.is_running:
        place = wanted.place(str(answer.document.get("batch_id")))
        click.echo(f"it still runs after {wanted.wait_s:g} s: {place}", err=True)
    return 0 if answer.document.get("status") in ("success", "dry_run") else 1


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
