"""The load broker for the fan-out: 64 orders that live on, and one load after another.

POST /load?rate=&seconds= ──▶ order_update, order_update … each stamped as in pace.py

What it holds does not grow, so the last load of a run meets the gateway that the first one met.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from .broker import ALIVE, WAIT_S, Ledger, Load, Server, frame, order_row
from .drain import stamped
from .pace import Pace

PRICES = 101


class LongLived(Ledger):
    """Orders that are changed again and again, and never end."""

    def change(self, index: int, stamp: str) -> dict[str, Any]:
        """Give the next order another price."""
        order_id = f"261121{index % ALIVE:09d}"
        row: dict[str, Any] = order_row(
            order_id=order_id,
            status="OPEN" if index < ALIVE else "UPDATE",
            price=round(100 + index % PRICES / 20, 2),
            filled=0,
            stamp=stamp,
        )
        self.orders[order_id] = {**row, "status": "OPEN"}
        return row


class Loads(Load):
    """One load after another, over one stream."""

    def run(self, peer: socket.socket, account_id: str, ledger: Ledger) -> None:
        """Send what is due, then wait for the next load."""
        while self.begun.is_set():
            self.begun.clear()
            for stamps in Pace(time.monotonic_ns(), self.rate, self.seconds):
                for stamp_ns in stamps:
                    row = ledger.change(self.sent, stamped(stamp_ns))
                    told = {"type": "order_update", "account_id": account_id, "data": row}
                    peer.sendall(frame(told))
                    self.sent += 1
            self.begun.wait(WAIT_S)


def main() -> None:
    """Serve on a free port until killed; print `ready URL`."""
    server = Server()
    server.ledger, server.load = LongLived(), Loads()
    print(f"ready http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
