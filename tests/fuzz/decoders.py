"""Every decoder of Orderwire, with the one error that it may raise and samples to begin from.

To add one: a line in DECODERS. `decode` takes bytes; the samples are what it would see on a good
day, so that a mutant of them gets far inside before it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from actors.domain.batch import BatchRequest
from actors.domain.config import Config
from actors.domain.errors import ConfigError, DecodeError
from actors.domain.ids import LogPosition
from actors.domain.wire import decode, encode, parse, parse_body, structure
from tests.actors.domain.given import EXAMPLES

NOWHERE = Path("/nowhere/at/all")


@frozen
class Decoder:
    """One way in: its name, the function, the error it may raise, and bytes that it takes."""

    name: str
    decode: Callable[[bytes], object]
    allowed: type[Exception]
    samples: tuple[bytes, ...]


BODY = b"""{"orders":[{"tradingsymbol":"NIFTY25NOVFUT","exchange":"NFO","transaction_type":"BUY",
"quantity":50,"order_type":"MARKET","product":"NRML"},{"tradingsymbol":"BANKNIFTY25NOVFUT",
"exchange":"NFO","transaction_type":"SELL","quantity":25,"order_type":"LIMIT","product":"NRML",
"price":45500.0,"trigger_price":null,"validity":"DAY","variety":"regular","tag":"desk"}],
"rollback_on_failure":true,"mode":"parallel","advance_on":"accepted","on_failure":"keep",
"wait_s":30}"""
TOML = b"""[server]
host = "127.0.0.1"
port = 8009
allowed_origins = ["https://desk.example"]
grace_s = 2.5
[store]
path = "orderwire.db"
[accounts.primary]
upstream = "ticker_service"
url = "http://127.0.0.1:8080"
api_key = "env:KEY"
poll_s = 0.5
legs_max = 10
[keys.desk]
sha256 = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"
accounts = ["*"]
rights = ["read", "trade"]
expires_at = 2026-12-31T00:00:00Z
"""


def _body(raw: bytes) -> object:
    return structure(parse_body(raw), BatchRequest, raw=raw)


def _config(raw: bytes) -> object:
    text = raw.decode("utf-8", "replace")
    return Config.parse(text, env={"KEY": "k", "NUMBER": "7"}, folder=NOWHERE)


def _position(raw: bytes) -> object:
    return LogPosition.parse(raw.decode("utf-8", "replace"))


def _model(example: object) -> Decoder:
    kind = type(example)
    samples = (encode(example), encode(example), OTHERS)
    return Decoder(f"decode({kind.__name__})", lambda raw: decode(raw, kind), DecodeError, samples)


# A little of every class at once, so that pieces of one are spliced into another.
OTHERS = encode(list(EXAMPLES))

DECODERS = (
    Decoder("parse", parse, DecodeError, (BODY, OTHERS)),
    Decoder("parse_body to BatchRequest", _body, DecodeError, (BODY, OTHERS)),
    *map(_model, EXAMPLES),
    Decoder("Config.parse", _config, ConfigError, (TOML,)),
    Decoder("LogPosition.parse", _position, ValueError, (b"550e8400e29b41d4:4711", b"e:0")),
)
