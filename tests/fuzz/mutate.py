"""Mutants of good bytes: cut, doubled, spliced, and sprinkled with what parsers trip over."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

BYTES_MAX = 20_000

# Words of JSON, TOML and of our own, and what has broken readers of them before.
TOKENS = (
    b"null", b"true", b"false", b"NaN", b"Infinity", b"-Infinity", b"-", b"-0", b"7.0", b'"7"',
    b"1e400", b"1e-400", b"1E+25", b"1.0e99999999999999999999", b"9223372036854775808",
    b"18446744073709551616", b"9" * 40, b"9" * 5000, b"0." + b"1" * 200, b"0x7", b"1_000",
    b"{", b"}", b"[", b"]", b"[" * 40, b"[" * 2000, b'{"a":' * 40, b"[[]]", b"{}", b"[]", b'""',
    b'"', b"'", b"\\", b",", b":", b"=", b"\n", b"#", b".", b"\x00", b"\\u0000", b"\\ud800",
    b"\\udc00", b"\\ud83d\\ude00", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbb\xbf",
    b'"order_id":', b'"orders":', b'"legs":', b'"status":', b'"quantity":', b'"x":1,',
    b'"2026-11-20T03:45:00.000Z"', b'"2026-02-30T00:00:00Z"', b"2026-12-31T00:00:00Z",
    b'"env:NUMBER"', b'"env:NONE"', b"inf", b"nan", b"[[a]]", b"a.a.a.a=1",
)  # fmt: skip


def _cut(rng: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + raw[at + rng.choice((1, 2, 8, 64)) :]


def _tear(rng: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def _double(rng: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(raw) + 1)
    piece = raw[at : at + rng.choice((1, 8, 64, 512))]
    return raw[:at] + piece * rng.choice((2, 3, 40)) + raw[at:]


def _flip(rng: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    if not raw:
        return bytes([rng.randrange(256)])
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]


def _sprinkle(rng: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.choice(TOKENS) + raw[at + rng.choice((0, 0, 1, 4)) :]


def _replace_value(rng: random.Random, raw: bytes, _: Sequence[bytes]) -> bytes:
    """Put a token where a value stands, so that the syntax often stays whole."""
    colons = [i for i, byte in enumerate(raw) if byte in b":="]
    if not colons:
        return rng.choice(TOKENS)
    start = rng.choice(colons) + 1
    end = start
    while end < len(raw) and raw[end] not in b",}]\n":
        end += 1
    return raw[:start] + rng.choice(TOKENS) + raw[end:]


def _splice(rng: random.Random, raw: bytes, samples: Sequence[bytes]) -> bytes:
    other = rng.choice(samples)
    return raw[: rng.randrange(len(raw) + 1)] + other[rng.randrange(len(other) + 1) :]


def _noise(rng: random.Random, _: bytes, __: Sequence[bytes]) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 3, 20, 300)))


WAYS: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _cut, _tear, _double, _flip, _sprinkle, _sprinkle, _replace_value, _replace_value,
    _replace_value, _splice, _noise,
)  # fmt: skip


def mutant(rng: random.Random, samples: Sequence[bytes]) -> bytes:
    """Give bytes that come of one sample by one to four changes, of bounded length."""
    raw = rng.choice(samples)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        raw = rng.choice(WAYS)(rng, raw, samples)[:BYTES_MAX]
    return raw
