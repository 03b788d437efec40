"""ticker_service, a bridge that speaks Kite's rows: REST to ask and to act, a stream to hear.

fields ─▶ rows, frames, answers (pure) ─▶ rest, stream ─▶ service
"""

from .answers import BatchAnswer
from .service import TickerService, open_ticker_service

__all__ = ["BatchAnswer", "TickerService", "open_ticker_service"]
