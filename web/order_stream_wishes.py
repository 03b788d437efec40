"""What a client of the order stream may wish for in a URL. Pure.

    ?event_types=OnOrders&event_types=OnTrades       ──▶ types, or 422 naming the parameter
    ?account_id= &since= &snapshot= &event_types=    ──▶ Opening of its websocket

What it may send over the websocket is read by `wishes.read_wish`, in this surface's words.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from werkzeug.datastructures import MultiDict

from actors.domain.ids import AccountId
from actors.domain.model import EventType
from actors.feed import Selection

from .dialect import DIALECT, WORDS
from .query import asked_once, bad_parameter
from .wishes import Opening, read_beginning

SOCKET_PARAMETERS: Final = ("account_id", "since", "snapshot")
EVERYTHING: Final = WORDS.types(WORDS.takes)


def read_event_types(args: MultiDict[str, str], others: Collection[str] = ()) -> list[str] | None:
    """Read the types that a URL names, each once, in its order; None when it names none.

    BadRequest when one is not known, and for what stands there beside them and the `others`.
    """
    rest = MultiDict((name, text) for name, text in args.items(multi=True) if name != WORDS.field)
    asked_once(rest, (WORDS.field, *others))
    if WORDS.field not in args:
        return None
    names = list(dict.fromkeys(args.getlist(WORDS.field)))
    if unknown := [name for name in names if name not in WORDS.takes]:
        known = ", ".join(WORDS.takes)
        raise bad_parameter(WORDS.field, f"{unknown[0]!r:.80} is none of {known}")
    return names


def read_stream_opening(
    args: MultiDict[str, str], accounts: frozenset[AccountId], usual: frozenset[EventType]
) -> Opening:
    """Read what a websocket asks for in its URL; `usual` is what its caller hears unless it says.

    One that resumes and says nothing hears everything: what it passed over would be lost to it.
    """
    names = read_event_types(args, SOCKET_PARAMETERS)
    since, with_snapshot = read_beginning(args)
    types = usual if names is None else WORDS.types(names)
    if names is None and not types and since is not None:
        types = EVERYTHING
    return Opening(Selection(accounts, types, DIALECT), since, with_snapshot)
