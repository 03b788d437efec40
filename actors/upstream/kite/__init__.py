"""Kite Connect v3: REST to ask and to act, a stream to hear, a login each day.

keys, rows, forms, frames, answers (pure) ─▶ day, rest, stream, login ─▶ service

`rows`, `forms` and `day` also serve a bridge that passes Kite's rows on (`ticker_service`).
"""

from .service import Kite, open_kite

__all__ = ["Kite", "open_kite"]
