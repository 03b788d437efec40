"""The world of the examples: a real gateway with keys, and two paper brokers, over real sockets.

    a_desk ── paper brokers (no market of their own) ◀── sockets ── gateway ◀── sockets ── Asker
                  primary, hedge at one; zer at another, which has a daily login

`ask_all` asks every example in order, `talk_all` holds every talk: what was answered, as the page
shows it. `shown` leaves out what differs from day to day.
"""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256

import httpx2
import trio
from attrs import define, field

from actors import System
from actors.domain.config import Config, KeyConfig, ServerConfig, StoreConfig
from tests.web.fakes import dial
from tests.web.sse import listening
from web.auth import Access
from web.commands.demo import account_at
from web.commands.gateway import gateway, until_reconciled
from web.reference.calls import CALLS
from web.reference.examples import STORY, TALKS
from web.sandbox.paper import PaperOptions
from web.sandbox.server import serve_paper

KEY = "ow_the_text_that_key_new_printed"
BROKER_KEY = "today"
PLACES = {"ticker_service": ("primary", "hedge"), "kite": ("zer",)}
METHODS = {call.endpoint: call.method for call in CALLS}
SHOWN_HEADERS = ("location", "retry-after")
STREAM_BLOCKS = 2
QUIET_S = 0.5
WITHIN_S = 90
# What differs from one day to the next, by the name of its field.
VARIES = {
    *("epoch", "offset", "prev", "next", "start", "subscribers", "data_counts", "since"),
    *(
        "connected",
        "reconnects",
        "ticket",
        "version",
        "history",
        "trading_day",
        "login_expires_at",
        "url",
        "rollback",
    ),
}
CHANGING = re.compile(r"[\w:.-]*\d[\w:.-]{7,}|\b(?:connecting|resyncing|live)\b")


@define
class Asker:
    """Someone with a key, and what earlier answers gave."""

    url: str
    http: httpx2.AsyncClient
    system: System
    kept: dict = field(factory=dict)

    async def ask(self, example):
        """Ask one example; give the answer as it is written down."""
        path = example.path.format(**self.kept)
        method = METHODS[example.endpoint]
        if example.endpoint == "event_stream":
            return await self._listen(path)
        self.http.cookies.clear()
        headers = dict(example.headers)
        content = None
        if example.body is not None:
            content = json.dumps(example.body).encode()
            headers["Content-Type"] = "application/json"
        answer = await self.http.request(method, path, headers=headers, content=content)
        if method != "GET":
            await self.settle()
        is_json = "json" in answer.headers.get("content-type", "")
        if is_json and example.keeps:
            value = answer.json()
            self.kept |= {name: found(value, way) for name, way in example.keeps.items()}
        return {
            "endpoint": example.endpoint,
            "path": path,
            "status": answer.status_code,
            "headers": {
                name.title(): answer.headers[name]
                for name in SHOWN_HEADERS
                if name in answer.headers
            },
            "text": answer.text if is_json else "",
        }

    async def _listen(self, path):
        query = path.partition("/events/stream")[2]
        text = ""
        async with listening(self.url, query, f"X-API-Key: {KEY}".encode()) as (_, reader):
            while text.count("\n\n") < STREAM_BLOCKS:
                text += (await reader._chunk()).decode()
        blocks = text.split("\n\n")[:STREAM_BLOCKS]
        return {
            "endpoint": "event_stream",
            "path": path,
            "status": 200,
            "headers": {},
            "text": "\n\n".join(blocks) + "\n\n",
        }

    async def settle(self):
        """Wait until nothing has happened for a while: what an order brings comes in its time."""
        end = None
        while end != self.system.journal.end:
            end = self.system.journal.end
            await trio.sleep(QUIET_S)

    async def talk(self, talk):
        """Hold one talk; give what was said, each line with its way and the path."""
        path = talk.path.format(**self.kept)
        said = []
        async with dial(self.url, path, X_API_Key=KEY) as client:
            for text, until in talk.steps:
                if text:
                    await client.send_message(text)
                    said.append({"way": ">", "text": text, "path": path})
                while True:
                    came = await client.get_message()
                    said.append({"way": "<", "text": came, "path": path})
                    if kind_of(came) == until:
                        break
        return said


@asynccontextmanager
async def a_desk(folder):
    """Run the world; give someone with a key that may all."""
    async with trio.open_nursery() as nursery:
        accounts = {}
        for upstream, names in PLACES.items():
            options = PaperOptions(
                accounts=names, upstream=upstream, rate=0, seed=7, api_key=BROKER_KEY
            )
            url = await nursery.start(partial(serve_paper, options, port=0))
            accounts |= {name: account_at(upstream, name, url, BROKER_KEY) for name in names}
        config = Config(
            accounts=accounts,
            server=ServerConfig(port=0),
            store=StoreConfig(str(folder / "orderwire.db")),
            keys={
                "desk": KeyConfig(
                    sha256(KEY.encode()).hexdigest(),
                    ("*",),
                    ("read", "trade", "admin"),
                    requests_per_s=100_000,
                    requests_burst=100_000,
                )
            },
        )
        stop = trio.Event()
        async with gateway(config, Access.from_keys(config), stop) as running:
            await until_reconciled(running.system, at_most_s=10)
            async with httpx2.AsyncClient(
                base_url=running.url, headers={"X-API-Key": KEY}, timeout=WITHIN_S, trust_env=False
            ) as http:
                asker = Asker(running.url, http, running.system)
                await asker.settle()  # each account's first word is in the record
                yield asker
            stop.set()
        nursery.cancel_scope.cancel()


async def tell_all(folder):
    """Ask everything; give all that is written down."""
    with trio.fail_after(WITHIN_S):
        async with a_desk(folder) as asker:
            answers = [await asker.ask(example) for example in STORY]
            talks = [await asker.talk(talk) for talk in TALKS]
    return {"answers": answers, "talks": talks}


def found(value, way):
    """Give a part of an answer by its way in."""
    for step in way.split("."):
        value = value[int(step) if step.isdigit() else step]
    return value


def kind_of(text):
    """Give the kind of a frame."""
    return json.loads(text)["type"] if text.startswith("{") else text


def shown(value, name=""):
    """Give what must be the same on another day."""
    if isinstance(value, dict):
        return {key: shown(inner, key) for key, inner in value.items()}
    if name in VARIES or name.endswith("_at") or name == "timestamp":
        return "…"
    if isinstance(value, list):
        return [shown(inner, name) for inner in value]
    if isinstance(value, str):
        if value.startswith("{"):
            return shown(json.loads(value))
        return CHANGING.sub("…", value)
    return value
