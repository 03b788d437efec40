"""`/docs/guides`: the guides of the package. Open to all: they tell nothing of any account.

GET /docs/guides          which there are
GET /docs/guides/{name}   one of them
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from quart import Response
from quart_trio import QuartTrio
from werkzeug.exceptions import NotFound

from actors import System
from web.assets import Asset, give, tagged

from .page import pages
from .texts import PATH


class Guides:
    """The guides as a surface."""

    def __init__(self, system: System, version: str) -> None:
        self._system = system
        self._version = version
        self._made: Mapping[str, Asset] | None = None

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule(PATH, "guides", self.show)
        app.add_url_rule(f"{PATH}/<name>", "guide", self.show)

    async def show(self, name: str = "") -> Response:
        """Give one, or the page that leads to all; NotFound when there is none such."""
        if self._made is None:
            self._made = await self._system.seams.offload(made, self._version)
        asset = self._made.get(name)
        if asset is None:
            raise NotFound
        return give(asset)


@cache
def made(version: str) -> Mapping[str, Asset]:
    """Make all pages: some hundredths of a second, which no stream waits."""
    return {
        name: tagged(text.encode(), "text/html; charset=utf-8")
        for name, text in pages(version).items()
    }
