"""Lists of instruments at work: who publishes them, a store, and what loads them between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from actors.domain.config import AccountConfig
from actors.domain.config_lists import ListAt
from actors.domain.ids import AccountId
from actors.listings import LOAD_S, Listings
from actors.runtime.seams import HttpRequest, HttpResponse

from .domain.list_samples import KITE
from .fakes import PRIMARY, Record, a_config, fake_seams

URL = "https://lists.test/a.csv"
OTHER = "https://lists.test/b.csv"
OWN = "http://kite.test/instruments"


def said(body: str | bytes, status: int = 200) -> HttpResponse:
    """Give an answer."""
    return HttpResponse(status, {}, body if isinstance(body, bytes) else body.encode())


@define
class Server:
    """Who publishes: one answer after another, the last again and again, each after `answer_s`."""

    answers: list[Any] = field(factory=lambda: [said(KITE)])
    answer_s: float = 0.0
    asked: list[HttpRequest] = field(factory=list)
    times: list[float] = field(factory=list)
    at_once: int = 0
    most: int = 0

    async def __call__(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Give the next answer."""
        assert (request.method, request.body, timeout_s) == ("GET", b"", LOAD_S)
        self.asked.append(request)
        self.times.append(trio.current_time())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await trio.sleep(self.answer_s)
        self.at_once -= 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@define(eq=False)
class World:
    """A server, a store, and the lists between them."""

    server: Server
    record: Record
    listings: Listings

    def texts(self, account: AccountId = PRIMARY) -> list[str]:
        """Give what an account was told, each with its level."""
        told = self.record.journal.view[account].messages
        return [f"{row.value.level}: {row.value.text}" for row in told]


def listed_at(*addresses: str, **fields: Any) -> AccountConfig:
    """Give an account whose list is at these addresses."""
    return a_config(instruments=ListAt(addresses), **fields)


KITE_ACCOUNT = AccountConfig("kite", "http://kite.test", "key", instruments=ListAt(("broker",)))


@asynccontextmanager
async def loading(
    accounts: Mapping[AccountId, AccountConfig],
    *answers: Any,
    logins: Mapping[AccountId, Any] | None = None,
    for_s: float = 1.0,
    **seams: Any,
) -> AsyncIterator[World]:
    """Run the lists of these accounts; the block begins after a while."""
    server, record = Server(), Record()
    if answers:
        server.answers = list(answers)
    world = World(server, record, Listings(fake_seams(http=server, **seams), record.writer))
    for name, account in accounts.items():
        world.listings.add(name, account, (logins or {}).get(name))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(record.writer.run)
        nursery.start_soon(world.listings.keep)
        await trio.sleep(for_s)
        yield world
        nursery.cancel_scope.cancel()
