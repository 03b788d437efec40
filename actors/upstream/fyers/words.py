"""Fyers' words without the person: texts for people, fit to be shown and kept. Pure.

    "RED:Margin Shortfall … for C-XP0001 [FYERS_RISK_CUG]"  ──▶  "… for *** [FYERS_RISK_CUG]"

A refusal names the client, and may name the PAN (the tax number of a person: five letters, four
digits, a letter). Whatever has such a form is taken out, and what the row itself says it is.
"""

from __future__ import annotations

import re
from typing import Final

_PERSON: Final = re.compile(
    r"\b(?:C-[A-Z0-9]{3,12}|[A-Z]{5}\d{4}[A-Z]|[A-Z]{2}\d{4,6})\b", re.ASCII
)
_TELLING: Final = 4  # shorter values stand in too many words to be taken out of them


def impersonal(text: str, *known: object) -> str:
    """Take client ids and PANs out of a text. `known` are the row's own, of whatever type."""
    text = _PERSON.sub("***", text)
    for value in known:
        if isinstance(value, str) and len(value) >= _TELLING:
            text = text.replace(value, "***")
    return text
