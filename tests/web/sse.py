"""A reader of Server-Sent Events, as a browser is one: it keeps the last id.

async with listening(url, "?since=…") as (headers, reader):  told = await reader.next()
"""

import json
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from tests.web.raw import plug

STREAM = "/events/stream"


@define
class Told:
    """One event of a stream, as its fields were written."""

    kind: str = ""
    place: str | None = None
    comments: list[str] = field(factory=list)
    data: dict = field(factory=dict)


class Reader:
    """Reads a stream as a browser does, from the chunks of its answer."""

    def __init__(self, wire):
        self.wire = wire
        self.text = b""
        self.last_id = None
        self.retry = None
        self.is_over = False

    async def _chunk(self):
        size = int((await self.wire.until(b"\r\n")).strip(), 16)
        chunk = b""
        while len(chunk) < size + 2:
            if not self.wire.buffer:
                with trio.fail_after(5):
                    await self.wire._more()
            need = size + 2 - len(chunk)
            chunk += self.wire.buffer[:need]
            self.wire.buffer = self.wire.buffer[need:]
        return chunk[:-2]

    async def next(self):
        """The next event; None at the end of the stream."""
        while b"\n\n" not in self.text:
            chunk = await self._chunk()
            if not chunk:
                self.is_over = True
                return None
            self.text += chunk
        written, _, self.text = self.text.partition(b"\n\n")
        told = Told()
        for line in written.decode().split("\n"):
            name, _, value = line.partition(": ")
            match name:
                case "":
                    told.comments.append(value)
                case "event":
                    told.kind = value
                case "id":
                    told.place = self.last_id = value
                case "data":
                    told.data = json.loads(value)
                case "retry":
                    self.retry = int(value)
        return told


@asynccontextmanager
async def listening(url, query="", *headers):
    """Open a stream; the headers of its answer and a reader."""
    async with plug(url) as wire:
        await wire.ask("GET", STREAM + query, b"", *headers)
        head = (await wire.until(b"\r\n\r\n")).decode().lower().split("\r\n")
        assert " 200 " in head[0], head
        yield dict(line.split(": ", 1) for line in head[1:] if line), Reader(wire)


async def refused(url, query, *headers):
    """The status of a stream that is not given, and its words."""
    async with plug(url) as wire:
        await wire.ask("GET", STREAM + query, b"", *headers)
        status, _, body = await wire.answer()
        return status, json.loads(body)
