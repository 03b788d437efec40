"""`/docs`, `/openapi.json`, `/asyncapi.json`: open to all, for they show nothing of any account.

tables ──▶ openapi, asyncapi, page ──▶ Assets of the gateway's version, made once, when asked for
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, partial
from typing import Final

from quart import Response
from quart_trio import QuartTrio

from actors import System
from web.assets import Asset, give, tagged

from .asyncapi import asyncapi
from .calls import SECTIONS
from .examples import read_told
from .frames import DIALECTS
from .openapi import openapi
from .page import page

PATHS: Final = {"docs": "/docs", "openapi": "/openapi.json", "asyncapi": "/asyncapi.json"}


class Documents:
    """The reference as a surface."""

    def __init__(self, system: System, version: str) -> None:
        self._system = system
        self._version = version
        self._made: Mapping[str, Asset] | None = None

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        for name, path in PATHS.items():
            app.add_url_rule(path, name, partial(self.show, name))

    async def show(self, name: str) -> Response:
        """Give one of the three. They take a tenth of a second to make, which no stream waits."""
        if self._made is None:
            self._made = await self._system.seams.offload(documents, self._version)
        return give(self._made[name])


@cache
def documents(version: str) -> Mapping[str, Asset]:
    """Make all three."""
    calls, sockets = openapi(SECTIONS, version), asyncapi(DIALECTS, version)
    text = page(SECTIONS, DIALECTS, calls, sockets, read_told())
    return {
        "docs": tagged(text.encode(), "text/html; charset=utf-8"),
        "openapi": tagged(json.dumps(calls, ensure_ascii=False).encode(), "application/json"),
        "asyncapi": tagged(json.dumps(sockets, ensure_ascii=False).encode(), "application/json"),
    }
