"""`orderwire guide`: the guides in a terminal; the same that a gateway shows at /docs/guides.

guide          ──▶ which there are
guide NAME     ──▶ its text: laid out on a terminal, Markdown as it is when piped
"""

from __future__ import annotations

import sys
from typing import Final

import click
from rich.console import Console
from rich.markdown import Markdown

from web.guides.texts import NAMES, guides

WIDTH_MAX: Final = 100  # a line of prose is read no further


@click.command("guide", short_help="Read a guide: brokers, batches, deployment, operations, …")
@click.argument("name", required=False, type=click.Choice(NAMES))
def command(*, name: str | None) -> None:
    """Read a guide, or say which there are.

    On a terminal it is laid out; piped it is Markdown. A gateway shows the same at /docs/guides.
    """
    if name is None:
        width = max(map(len, NAMES))
        for guide in guides().values():
            click.echo(f"{guide.name:{width}}  {guide.title}")
    elif sys.stdout.isatty():
        console = Console()
        console.print(
            Markdown(guides()[name].text, hyperlinks=False), width=min(console.width, WIDTH_MAX)
        )
    else:
        click.echo(guides()[name].text, nl=False)
