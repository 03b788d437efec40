"""The load broker: ticker_service's wire format, paced by deadline, with nothing else to do.

    GET /advanced/ws/orders/ID ──▶ connected … waits for a load … order_update, order_update …
    GET /orders/ /orders/trades/all /portfolio/positions ──▶ what the stream has told so far
    POST /load?rate=&seconds= ──▶ the load begins         GET /load ──▶ how it went

Standard library alone, one thread a connection, so that 2,000 updates a second cost it little. Each
update is a real change of one of 64 living orders: open, repriced twice, then cancelled, one in
eight filled. It carries, as its `status_message`, when it was due and when it was sent, both in ns
of CLOCK_MONOTONIC, which all processes of a host share.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ALIVE = 64
LIFE = ("OPEN", "UPDATE", "UPDATE", "CANCELLED")
FILLED_EACH = 8
QUANTITY = 75
SYMBOL = "NIFTY26NOV26000CE"
ACCEPT_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
IST = timezone(timedelta(hours=5, minutes=30))
WAIT_S = 60.0
SEND_S = 30.0


class Ledger:
    """What really happened: the latest row of each order, the trades, the net quantity."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.trades: list[dict[str, Any]] = []

    def change(self, index: int, stamp: str) -> dict[str, Any]:
        """Make the next change real, and give the order's row as the stream tells it."""
        generation, place = divmod(index, ALIVE * len(LIFE))
        step, order = divmod(place, ALIVE)
        number = generation * ALIVE + order
        is_filled = step == len(LIFE) - 1 and number % FILLED_EACH == 0
        order_id = f"261121{number:09d}"
        row = order_row(
            order_id=order_id,
            status="COMPLETE" if is_filled else LIFE[step],
            price=100.05 + step,
            filled=QUANTITY if is_filled else 0,
            stamp=stamp,
        )
        book_status = "OPEN" if row["status"] == "UPDATE" else row["status"]
        self.orders[order_id] = {**row, "status": book_status}
        if is_filled:
            self.trades.append(trade_row(order_id, len(self.trades), row))
        return row

    def answer(self, path: str) -> Any:
        """Answer a question of the gateway; None when there is no such thing."""
        match path.strip("/").split("/"):
            case ["orders"]:
                return list(self.orders.values())
            case ["orders", "trades", "all"]:
                return list(self.trades)
            case ["orders", order_id, "trades"]:
                return [trade for trade in list(self.trades) if trade["order_id"] == order_id]
            case ["orders", order_id, "history"]:
                return [self.orders[order_id]]
            case ["portfolio", "positions"]:
                return {"net": [position_row(len(self.trades) * QUANTITY)], "day": []}
        return None


class Load:
    """One load: who may begin it, and how it went."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.rate = 0.0
        self.seconds = 0.0
        self.sent = 0

    def run(self, peer: socket.socket, account_id: str, ledger: Ledger) -> None:
        """Send each update at its due time; one that is late does not move the next."""
        start_ns = time.monotonic_ns()
        for index in range(int(self.rate * self.seconds)):
            due_ns = start_ns + int(index * 1e9 / self.rate)
            wait_ns = due_ns - time.monotonic_ns()
            if wait_ns > 0:
                time.sleep(wait_ns / 1e9)
            row = ledger.change(index, f"t{due_ns}.{time.monotonic_ns()}")
            peer.sendall(frame({"type": "order_update", "account_id": account_id, "data": row}))
            self.sent = index + 1


class Handler(BaseHTTPRequestHandler):
    """One connection. The ledger and the load are the server's."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer, or become a stream."""
        url = urlsplit(self.path)
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.stream(url.path.rsplit("/", 1)[-1])
        elif url.path == "/load":
            self.say({"sent": self.server.load.sent})
        else:
            self.say({"status": "success", "data": self.server.ledger.answer(url.path)})

    def do_POST(self) -> None:
        """Begin the load."""
        asked = parse_qs(urlsplit(self.path).query)
        load = self.server.load
        load.rate, load.seconds = float(asked["rate"][0]), float(asked["seconds"][0])
        load.begun.set()
        self.say({})

    def stream(self, account_id: str) -> None:
        """Be the account's stream until the gateway leaves."""
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT_KEY).digest()).decode()
        self.send_response(101)
        for name, value in (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        peer = self.connection
        peer.settimeout(SEND_S)
        try:
            peer.sendall(frame({"type": "connected", "account_id": account_id}))
            if self.server.load.begun.wait(WAIT_S):
                self.server.load.run(peer, account_id, self.server.ledger)
            while peer.recv(4096):
                pass
        except OSError:
            return

    def say(self, value: Any) -> None:
        """Answer with JSON."""
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Say nothing on stderr."""


class Server(ThreadingHTTPServer):
    """The broker."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ledger = Ledger()
        self.load = Load()


def frame(value: Any) -> bytes:
    """Write a text frame as a server does, unmasked."""
    text = json.dumps(value, separators=(",", ":")).encode()
    if len(text) < 126:
        return b"\x81" + bytes([len(text)]) + text
    return b"\x81\x7e" + struct.pack("!H", len(text)) + text


def order_row(*, order_id: str, status: str, price: float, filled: int, stamp: str) -> Any:
    """Write an order as Kite does."""
    at = datetime.now(IST).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "placed_by": "LOAD1",
        "order_id": order_id,
        "exchange_order_id": f"13{order_id}",
        "parent_order_id": None,
        "status": status,
        "status_message": stamp,
        "order_timestamp": at,
        "exchange_update_timestamp": at,
        "exchange_timestamp": at,
        "variety": "regular",
        "exchange": "NFO",
        "tradingsymbol": SYMBOL,
        "instrument_token": 10924546,
        "order_type": "LIMIT",
        "transaction_type": "BUY",
        "validity": "DAY",
        "product": "NRML",
        "quantity": QUANTITY,
        "disclosed_quantity": 0,
        "price": price,
        "trigger_price": 0,
        "average_price": price if filled else 0,
        "filled_quantity": filled,
        "pending_quantity": QUANTITY - filled,
        "cancelled_quantity": 0,
        "meta": {},
        "tag": "desk",
        "guid": f"01X{order_id}",
    }


def trade_row(order_id: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Write a trade as Kite does."""
    return {
        "trade_id": str(10_000_000 + number),
        "order_id": order_id,
        "exchange": "NFO",
        "tradingsymbol": SYMBOL,
        "transaction_type": "BUY",
        "product": "NRML",
        "quantity": QUANTITY,
        "average_price": row["price"],
        "fill_timestamp": row["order_timestamp"],
    }


def position_row(quantity: int) -> dict[str, Any]:
    """Write a net position as Kite does."""
    return {
        "exchange": "NFO",
        "tradingsymbol": SYMBOL,
        "product": "NRML",
        "quantity": quantity,
        "average_price": 103.05,
        "last_price": 103.05,
        "realised": 0,
        "unrealised": 0,
        "pnl": 0,
    }


def main() -> None:
    """Serve on a free port until killed; print `ready URL`."""
    server = Server()
    print(f"ready http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
