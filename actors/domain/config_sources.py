"""Where a configuration's values come from: its own text, the environment, files beside it.

    api_key = "env:TICKER_API_KEY"      ──resolve──▶   what the environment has there
    token = "file:kite.token"           ──resolve──▶   what stands in the file, its ends trimmed
    instruments = "instruments.csv"     ──read_instruments──▶   Instruments

What is not there is a fault with its path. No fault repeats what the environment or a file said.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from .errors import DecodeError, Fault
from .instruments import Instruments

INSTRUMENTS_BYTES_MAX: Final = 64 * 1024 * 1024  # Kite's dump has about 10


class Given(str):
    """A text that came from the environment or a file."""

    __slots__ = ()


def read_toml(text: str) -> dict[str, Any]:
    """Read TOML; numbers with a point become Decimal, so that money keeps its digits."""
    return tomllib.loads(text, parse_float=_number)


def resolve(
    value: Any, path: str, env: Mapping[str, str], folder: Path, faults: list[Fault]
) -> Any:
    """Put in what `env:NAME` and `file:PATH` point to."""
    if isinstance(value, dict):
        return {
            name: resolve(inner, f"{path}.{name}", env, folder, faults)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [
            resolve(inner, f"{path}[{i}]", env, folder, faults) for i, inner in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in env:
            faults.append(Fault(path, f"the environment has no {name}"))
        return Given(env.get(name, ""))
    if value.startswith("file:"):
        try:
            given = (folder / value.removeprefix("file:")).read_text(encoding="utf-8")
            return Given(given.strip())
        except (OSError, ValueError):
            faults.append(Fault(path, f"the file {value.removeprefix('file:')} cannot be read"))
            return ""
    return value


def read_instruments(resolved: dict[str, Any], folder: Path, faults: list[Fault]) -> None:
    """Put in the place of each account's path of a file of instruments what is in it."""
    accounts = resolved.get("accounts")
    known: dict[str, Instruments | None] = {}
    for name, account in accounts.items() if isinstance(accounts, dict) else ():
        given = account.get("instruments") if isinstance(account, dict) else None
        if not isinstance(given, str) or not given:
            continue
        if given not in known:
            known[given], wrong = _instruments_in(folder, given)
            faults.extend(Fault(f"$.accounts.{name}.instruments", text) for text in wrong)
        account["instruments"] = known[given]


def _instruments_in(folder: Path, name: str) -> tuple[Instruments | None, list[str]]:
    """Read a file of instruments; or say what is wrong with it, with the line."""
    shown = "the file" if isinstance(name, Given) else f"the file {name}"
    try:
        path = folder / name
        if not path.is_file():  # a pipe would be read without end
            return None, [f"{shown} cannot be read"]
        if path.stat().st_size > INSTRUMENTS_BYTES_MAX:
            return None, [f"{shown} has more than {INSTRUMENTS_BYTES_MAX} bytes"]
        return Instruments.parse(path.read_text(encoding="utf-8-sig")), []
    except (OSError, ValueError):
        return None, [f"{shown} cannot be read"]
    except DecodeError as error:
        return None, [f"{shown}, {fault}" for fault in error.faults]


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all measure
        return Decimal("NaN")
