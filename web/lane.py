"""The way of ready frames onto an open websocket, past Hypercorn's codec. The one seam for it.

    round ────▶ push: at once, whole, begun or not at all ─┐
    own task ─▶ send: all of it, under the peer's deadline ┴▶ Peer ──▶ socket
    codec ────▶ pongs, closes ──────────────────────────────▶ Peer   between frames, never in one

A frame that carries no state of its connection can be made once and written to a thousand of them.
So it is with a server's text frame, unless an extension was agreed on. Where Hypercorn's inside is
not what it was there is no lane, and frames go through the codec as texts.
"""

from __future__ import annotations

from typing import Any

import trio
from hypercorn.protocol.ws_stream import ASGIWebsocketState, WSStream
from wsproto.connection import Connection as Codec
from wsproto.connection import ConnectionState

from actors.feed import Sent

from .peer import Peer, PeerGoneError, PeerStalledError


class Lane:
    """An accepted websocket, as one who has frames ready sees it."""

    def __init__(self, codec: Codec, peer: Peer) -> None:
        self._codec = codec
        self._peer = peer

    def push(self, wire: bytes) -> Sent:
        """Write what the socket takes at once."""
        if self._codec.state is not ConnectionState.OPEN:
            return Sent.NOT
        return self._peer.push(wire)

    async def send(self, wire: bytes) -> None:
        """Write frames, after what a push has begun: all of it, cancelled or not.

        A peer that keeps up costs no wait. PeerGoneError when the websocket has ended;
        PeerStalledError when all was sent, but after so long that there is nothing left to do but
        to close.
        """
        sent = self.push(wire) if wire else Sent.NOT
        if sent is not Sent.WHOLE and self._codec.state is ConnectionState.OPEN:
            with trio.CancelScope(shield=True):
                await self._peer.write(wire if sent is Sent.NOT else b"")
        await trio.lowlevel.checkpoint()
        if self._peer.gone or self._codec.state is not ConnectionState.OPEN:
            raise PeerGoneError
        if self._peer.has_stalled:
            raise PeerStalledError


def lane_of(stream: Any, peer: Peer) -> Lane | None:
    """Give the lane of what a connection carries: of an accepted websocket without extensions."""
    if not isinstance(stream, WSStream) or stream.state is not ASGIWebsocketState.CONNECTED:
        return None
    codec = getattr(stream, "connection", None)
    extensions = getattr(getattr(codec, "_proto", None), "extensions", None)
    if not isinstance(codec, Codec) or extensions != []:
        return None
    return Lane(codec, peer)
