"""Every decoder of Orderwire, with the one error that it may raise and samples to begin from.

To add one: a line in DECODERS. `decode` takes bytes; the samples are what it would see on a good
day, so that a mutant of them gets far inside before it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from attrs import frozen

from actors.domain.batch import BatchRequest
from actors.domain.config import Config
from actors.domain.errors import BrokerError, ConfigError, DecodeError
from actors.domain.ids import LogPosition
from actors.domain.instruments import read_list
from actors.domain.wire import decode, encode, parse, parse_body, structure
from actors.upstream.fields import FieldFault
from actors.upstream.fyers import answers as fyers_answers
from actors.upstream.fyers import frames as fyers_frames
from actors.upstream.fyers import rows as fyers_rows
from actors.upstream.kite import answers as kite_answers
from actors.upstream.kite import day as kite_day
from actors.upstream.kite import frames as kite_frames
from actors.upstream.kite import login as kite_login
from actors.upstream.kite import rows as kite_rows
from actors.upstream.listing import read_rows, rows_of
from tests.actors.domain import list_samples
from tests.actors.domain.given import EXAMPLES
from tests.actors.upstream import samples
from tests.actors.upstream.fyers import samples as fyers_samples
from tests.actors.upstream.kite import samples as kite_samples

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


def _frame(read: Callable[[str], object], raw: bytes) -> object:
    return read(raw.decode("utf-8", "surrogateescape"))


def _day(read: Callable[[object], object], names: tuple[str, ...], raw: bytes) -> object:
    """Read a day's list; a row that is refused is a note in its place."""
    path, rows = rows_of(raw, *names)
    return list(read_rows(rows, path, range(len(rows)), read))


def _answer(read: Callable[[object], object], raw: bytes) -> object:
    """Read one answer, whose caller tells faults of a field and of the syntax alike."""
    try:
        return read(parse(raw))
    except FieldFault as fault:
        raise DecodeError((fault.at("$"),)) from None


def _kite(name: str, decode: Callable[[bytes], object], *good: str | bytes) -> Decoder:
    texts = tuple(one if isinstance(one, bytes) else one.encode() for one in good)
    return Decoder(f"kite {name}", decode, DecodeError, texts)


KITE_FRAMES = (
    kite_samples.OPEN,
    kite_samples.PARTLY,
    kite_samples.CANCELLED,
    kite_samples.REJECTED,
    kite_samples.ERROR,
    kite_samples.MESSAGE,
)
KITE = (
    _kite("frames", partial(_frame, kite_frames.read_frame), *KITE_FRAMES),
    _kite("orders", partial(_day, kite_rows.order_report, kite_day.ORDERS), samples.ORDERS),
    _kite(
        "orders under a tag",
        partial(_day, partial(kite_rows.order_under, tag="ow01abc"), kite_day.ORDERS),
        samples.ORDERS,
    ),
    _kite(
        "trades",
        partial(_day, partial(kite_rows.trade, account_id="primary"), kite_day.TRADES),
        samples.TRADES,
    ),
    _kite(
        "positions",
        partial(_day, partial(kite_rows.position, account_id="primary"), kite_day.POSITIONS),
        samples.POSITIONS,
    ),
    _kite("placed", partial(_answer, kite_answers.placed), kite_samples.PLACED),
    _kite("margin", partial(_answer, kite_answers.margin), kite_samples.MARGIN),
    _kite("access_token", partial(_answer, kite_login.access_token), kite_samples.SESSION),
)


def _fyers(name: str, decode: Callable[[bytes], object], *good: bytes) -> Decoder:
    return Decoder(f"fyers {name}", decode, DecodeError, good)


def _fyers_answer(raw: bytes) -> object:
    if (error := fyers_answers.judge(200, raw, changes=True)) is not None:
        raise error
    return raw


FYERS_ANSWERS = (fyers_samples.PLACED, fyers_samples.NO_ACK, fyers_samples.ORDERS)
FYERS = (
    _fyers(
        "frames",
        partial(_frame, partial(fyers_frames.read_frame, account_id="primary")),
        *(frame.encode() for frame in fyers_samples.FRAMES),
    ),
    _fyers(
        "orders",
        partial(_day, fyers_rows.order_report, ("orderBook",)),
        fyers_samples.ORDERS,
    ),
    _fyers(
        "orders under a tag",
        partial(_day, partial(fyers_rows.order_under, tag="ow01abc"), ("orderBook",)),
        fyers_samples.ORDERS,
    ),
    _fyers(
        "trades",
        partial(_day, partial(fyers_rows.trade, account_id="primary"), ("tradeBook",)),
        fyers_samples.TRADES,
    ),
    _fyers(
        "positions",
        partial(_day, partial(fyers_rows.position, account_id="primary"), ("netPositions",)),
        fyers_samples.POSITIONS,
    ),
    _fyers("placed", partial(_answer, fyers_answers.placed), fyers_samples.PLACED),
    _fyers("complaints", partial(_answer, fyers_answers.complaints), fyers_samples.TOGETHER),
    _fyers("margin", partial(_answer, fyers_answers.margin), fyers_samples.MARGIN),
    Decoder("fyers answers", _fyers_answer, BrokerError, FYERS_ANSWERS),
)

LISTS = tuple(
    text.encode() for text in (list_samples.KITE, list_samples.FYERS, list_samples.FYERS_JSON)
)

# A little of every class at once, so that pieces of one are spliced into another.
OTHERS = encode(list(EXAMPLES))

DECODERS = (
    Decoder("parse", parse, DecodeError, (BODY, OTHERS)),
    Decoder("parse_body to BatchRequest", _body, DecodeError, (BODY, OTHERS)),
    *map(_model, EXAMPLES),
    Decoder("Config.parse", _config, ConfigError, (TOML,)),
    Decoder("LogPosition.parse", _position, ValueError, (b"550e8400e29b41d4:4711", b"e:0")),
    Decoder("read_list", read_list, DecodeError, LISTS),
    *KITE,
    *FYERS,
)
