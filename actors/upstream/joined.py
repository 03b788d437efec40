"""Who asks a broker the same at one time is told the same: one call for all of them.

    ask, ask, ask ──▶ one call ────────────▶ its answer, to all three
          ask, ask ──▶ (it has left) ── they wait for its end ──▶ one call ──▶ its answer, to both

A broker that did not answer ten orders is asked for each of them, twice, and each time for its
whole book. That is one book: Kite allows ten questions a second, Fyers ninety a minute here. But
an answer counts for those alone who asked before its call was made: what "there is no such order"
decides is too much for an older one.
"""

from __future__ import annotations

from typing import TypeAlias

import trio
from attrs import define, field

from actors.domain.errors import BrokerError
from actors.runtime.seams import Http, HttpRequest, HttpResponse

Question: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]  # a URL, and headers


@define(eq=False)
class _Reading:
    """A call that is made once for all who wait for it, and what came of it."""

    answer: HttpResponse | None = None
    error: BrokerError | None = None


@define(eq=False)
class _Line:
    """Those who ask the same: one call at a time, and one reading that has not begun."""

    turn: trio.Lock = field(factory=trio.Lock)
    next: _Reading = field(factory=_Reading)
    asking: int = 0


@define
class Joined:
    """An `Http` that asks for all who ask alike (GET). What changes anything goes out by itself."""

    _http: Http = field(repr=False)
    _lines: dict[Question, _Line] = field(factory=dict, init=False, repr=False)

    async def __call__(self, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        """Make a call, or share one that has not been made; each of its callers has its error."""
        if request.method != "GET":
            return await self._http(request, timeout_s=timeout_s)
        question = (request.url, tuple(request.headers.items()))
        line = self._lines.setdefault(question, _Line())
        line.asking += 1
        try:
            return await self._read(line, request, timeout_s)
        finally:
            line.asking -= 1
            if not line.asking:
                del self._lines[question]

    async def _read(self, line: _Line, request: HttpRequest, timeout_s: float) -> HttpResponse:
        """Have the reading that has not begun; who comes first makes its call.

        One whose caller was cancelled has come to nothing, and the next one makes it.
        """
        reading = line.next
        async with line.turn:
            if reading.answer is None and reading.error is None:
                if line.next is reading:
                    line.next = _Reading()
                try:
                    reading.answer = await self._http(request, timeout_s=timeout_s)
                except BrokerError as error:
                    reading.error = error
                    raise
        if reading.error is not None:
            raise type(reading.error)(*reading.error.args)
        assert reading.answer is not None, "it was answered or has failed"
        return reading.answer
