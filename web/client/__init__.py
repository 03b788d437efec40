"""A client of the gateway for programs on Trio: the events of the desk, through every interruption.

    async with follow("http://127.0.0.1:8009", accounts=["primary"], since=place) as events:
        async for event in events:
            match event:
                case Gap(): begin anew from event.books, and remember event.position
                case Event(): act on event.data, and remember event.position

It imports nothing of the gateway: a desk's program may take this folder alone.
"""

from .following import Away, ClientError, Refused, follow
from .place import Books, Event, Gap, Snapshot

__all__ = [
    "Away",
    "Books",
    "ClientError",
    "Event",
    "Gap",
    "Refused",
    "Snapshot",
    "follow",
]
