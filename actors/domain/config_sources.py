"""Where a configuration's values come from: its own text, the environment, files beside it.

    api_key = "env:TICKER_API_KEY"      ──resolve──▶   what the environment has there
    token = "file:kite.token"           ──resolve──▶   what stands in the file, its ends trimmed
    instruments = "instruments.csv"     ──read_instruments──▶   Instruments
    instruments = "broker"              ──read_instruments──▶   ListAt(("broker",))

What is not there is a fault with its path. No fault repeats what the environment or a file said.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from .config_lists import BROKERS_OWN, ListAt
from .errors import DecodeError, Fault
from .instruments import LIST_BYTES_MAX, Instruments


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
            needed = f"the environment has no {name}: set it for this process"
            faults.append(Fault(path, needed if name else "env:NAME is needed"))
        return Given(env.get(name, ""))
    if value.startswith("file:"):
        file = folder / value.removeprefix("file:")
        try:
            return Given(file.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            faults.append(Fault(path, f"the file {file} cannot be read: {_why(error)}"))
            return ""
    return value


def read_instruments(resolved: dict[str, Any], folder: Path, faults: list[Fault]) -> None:
    """Put in the place of what an account says of its instruments what it means.

    Paths become what is in the files; addresses, and the word `broker`, are kept to be loaded from
    while the gateway runs.
    """
    accounts = resolved.get("accounts")
    known: dict[tuple[str, ...], Instruments | None] = {}
    for name, account in accounts.items() if isinstance(accounts, dict) else ():
        given = account.get("instruments") if isinstance(account, dict) else None
        named = tuple(given) if isinstance(given, list) else (given,)
        if not named or not all(isinstance(one, str) and one for one in named):
            continue
        path = f"$.accounts.{name}.instruments"
        if all(map(_is_address, named)):
            account["instruments"] = ListAt(tuple(map(str, named)))
        elif any(map(_is_address, named)):
            faults.append(Fault(path, "files alone or addresses alone are needed"))
            account["instruments"] = None
        else:
            if named not in known:
                known[named], wrong = _instruments_of(folder, named)
                faults.extend(Fault(path, text) for text in wrong)
            account["instruments"] = known[named]


def _is_address(text: str) -> bool:
    return text == BROKERS_OWN or text.lower().startswith(("http://", "https://"))


def _instruments_of(folder: Path, names: tuple[str, ...]) -> tuple[Instruments | None, list[str]]:
    """Read files as one list; of two rows for one thing the later file's holds."""
    found: list[Instruments] = []
    faults: list[str] = []
    for name in names:
        instruments, wrong = _instruments_in(folder, name)
        faults += wrong
        if instruments is not None:
            found.append(instruments)
    if len(found) == 1:
        return found[0], faults
    rows = {key: row for instruments in found for key, row in instruments.rows.items()}
    return Instruments(rows), faults


def _instruments_in(folder: Path, name: str) -> tuple[Instruments | None, list[str]]:
    """Read a file of instruments; or say what is wrong with it, with the line."""
    path = folder / name
    shown = "the file" if isinstance(name, Given) else f"the file {path}"
    try:
        if not path.is_file():  # a pipe would be read without end
            return None, [f"{shown} cannot be read: there is no such file"]
        if path.stat().st_size > LIST_BYTES_MAX:
            return None, [f"{shown} has more than {LIST_BYTES_MAX} bytes"]
        return Instruments.parse(path.read_text(encoding="utf-8-sig")), []
    except (OSError, ValueError) as error:
        return None, [f"{shown} cannot be read: {_why(error)}"]
    except DecodeError as error:
        return None, [f"{shown}, {fault}" for fault in error.faults]


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or "that is no path"


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all measure
        return Decimal("NaN")
