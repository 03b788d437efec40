"""Fyers API v3: its order socket to hear, its REST to ask and to act, its login each morning.

codes, times, words ─▶ rows ─▶ frames, answers, forms (pure)
─▶ keys, login, rest, pace, stream ─▶ service
"""

from .service import Fyers, open_fyers

__all__ = ["Fyers", "open_fyers"]
