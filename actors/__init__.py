"""Orderwire's actors: the tree that holds the streams, and the one door into it.

from actors import Config, open_system

async with open_system(Config.load("orderwire.toml")) as system:
    async for event in system.events(account="primary"):
        ...
"""

from .domain.batch import Batch, BatchRequest, LegRequest
from .domain.config import Config
from .domain.ids import LogPosition
from .domain.model import Event, Order, Position, Trade
from .system import System, open_system
from .view import View

__all__ = [
    "Batch",
    "BatchRequest",
    "Config",
    "Event",
    "LegRequest",
    "LogPosition",
    "Order",
    "Position",
    "System",
    "Trade",
    "View",
    "open_system",
]
