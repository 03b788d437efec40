"""The monitor: the files of web/static, read once.

    GET /               index.html
    GET /static/{path}  the rest

They are few and small. Held in memory, no request touches the disk, and no path leads anywhere but
to one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import frozen
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import NotFound

FOLDER: Final = Path(__file__).parent / "static"
INDEX: Final = "index.html"
# By name, not by what the host's own tables say: a script of another type is not run.
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@frozen
class Asset:
    """One file: its bytes, what they are, and a tag that changes with them."""

    body: bytes
    media_type: str
    tag: str


@frozen
class Assets:
    """The files, by their path below the folder."""

    assets: Mapping[str, Asset]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Assets:
        """Read a folder's files of the known types."""
        paths = [path for path in sorted(folder.rglob("*")) if path.suffix in MEDIA_TYPES]
        return cls({path.relative_to(folder).as_posix(): read_asset(path) for path in paths})

    def add_to(self, app: QuartTrio) -> None:
        """Put the surface into an app."""
        app.add_url_rule("/", "page", self.show_index)
        app.add_url_rule("/static/<path:name>", "static", self.show)

    async def show_index(self) -> Response:
        """Give the page."""
        return await self.show(INDEX)

    async def show(self, name: str) -> Response:
        """Give a file, or 304 to one who has it; NotFound when there is none such."""
        asset = self.assets.get(name)
        if asset is None:
            raise NotFound
        return give(asset)


def give(asset: Asset) -> Response:
    """Give an asset, or 304 to one who has it."""
    response = Response(asset.body, content_type=asset.media_type)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(asset.tag)
    if asset.tag in request.if_none_match:
        response.status_code = 304
        response.set_data(b"")
    return response


def read_asset(path: Path) -> Asset:
    """Read one file."""
    return tagged(path.read_bytes(), MEDIA_TYPES[path.suffix])


def tagged(body: bytes, media_type: str) -> Asset:
    """Make an asset of bytes."""
    return Asset(body, media_type, sha256(body).hexdigest()[:16])
