"""The configuration: TOML in, a frozen Config out, or every fault with its path.

    [accounts.primary]                       AccountConfig(id="primary",
    upstream = "ticker_service"       ──▶        upstream="ticker_service",
    api_key = "env:TICKER_API_KEY"               api_key="…")        # shown nowhere

Any value may be `env:NAME` or `file:PATH` (relative to the configuration's own folder). Where a
number, a list, a time or true and false are needed, such a text is read as TOML writes them. A
file of instruments is read with the configuration, once for all accounts that name it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, get_origin

from attrs import field, frozen
from cattrs.gen import mapping_structure_factory

from .config_accounts import (
    AccountConfig,
    DeskLimits,
    LimitsConfig,
    check_account,
    check_amounts,
    fill_limits,
)
from .config_lists import ListAt
from .config_sources import Given, read_instruments, read_toml, resolve
from .errors import ConfigError, DecodeError, Fault
from .ids import AccountId
from .instruments import Instruments
from .wire import (
    exact_bool,
    exact_decimal,
    exact_float,
    exact_int,
    exact_str,
    guarded,
    strict_converter,
    structure_with,
)

__all__ = [
    "AccountConfig",
    "Config",
    "DeskLimits",
    "KeyConfig",
    "LimitsConfig",
    "ListAt",
    "Right",
    "ServerConfig",
    "StoreConfig",
]

Right = Literal["read", "trade", "admin"]

RETENTION_DAYS_MAX: Final = 3650
DIGEST_NEEDED: Final = (
    "64 hexadecimal digits in lower case are needed: the key's SHA-256, not the key"
)
ORIGIN: Final = re.compile(r"https?://(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?/?", re.IGNORECASE)


@frozen
class ServerConfig:
    """Where to listen, and whom to believe."""

    host: str = "127.0.0.1"
    port: int = 8009
    allowed_origins: tuple[str, ...] = ()
    grace_s: float = 5.0
    connections_per_address_max: int = 2000
    requests_per_address_s: float = 500.0


@frozen
class StoreConfig:
    """Where the one file of the store is, and for how many days it keeps events; 0: for ever."""

    path: str = "orderwire.db"
    retention_days: int = 30


@frozen
class KeyConfig:
    """An API key by its digest: which accounts it may see, what it may do there, and how much.

    Two are equal when they let in the same: other limits end nobody's connection.
    """

    sha256: str = field(repr=False)
    accounts: tuple[str, ...]
    rights: tuple[Right, ...]
    expires_at: datetime | None = None
    connections_max: int = field(default=2000, eq=False)
    requests_per_s: float = field(default=100.0, eq=False)
    requests_burst: int = field(default=200, eq=False)


@frozen
class Config:
    """All that a gateway is started with."""

    accounts: Mapping[AccountId, AccountConfig]
    server: ServerConfig = ServerConfig()
    store: StoreConfig = StoreConfig()
    keys: Mapping[str, KeyConfig] = field(factory=dict)
    limits: DeskLimits = field(factory=DeskLimits)

    @classmethod
    def load(cls, path: str | Path, *, env: Mapping[str, str] | None = None) -> Config:
        """Read a configuration file; ConfigError names each fault by its path in the file."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigError((Fault(str(path), f"cannot be read: {reason}"),)) from None
        given = os.environ if env is None else env
        return cls.parse(text, env=given, folder=path.parent, name=str(path))

    @classmethod
    def parse(cls, text: str, *, env: Mapping[str, str], folder: Path, name: str = "$") -> Config:
        """Read a configuration from TOML text, which a fault of its syntax calls by `name`."""
        faults: list[Fault] = []
        try:
            resolved = resolve(read_toml(text), "$", env, folder, faults)
        except ValueError as error:
            raise ConfigError((Fault(name, f"not TOML: {error}"),)) from None
        except RecursionError:
            raise ConfigError((Fault(name, "nested without end"),)) from None
        fill_limits(resolved.get("accounts"))
        read_instruments(resolved, folder, faults)
        if faults:
            raise ConfigError(tuple(faults))
        try:
            config = structure_with(_converter, resolved, cls)
        except DecodeError as error:
            raise ConfigError(error.faults) from None
        faults.extend(_check(config))
        if faults:
            raise ConfigError(tuple(faults))
        return config


def _check(config: Config) -> list[Fault]:
    """Find what is well formed and still cannot run."""
    faults: list[Fault] = []
    if not config.accounts:
        faults.append(Fault("$.accounts", "at least one account is needed"))
    for name, account in config.accounts.items():
        faults.extend(check_account(f"$.accounts.{name}", name, account))
    faults.extend(check_amounts("$.limits", config.limits))
    server = config.server
    if not server.host:
        faults.append(Fault("$.server.host", "a host is needed"))
    if not 0 <= server.port < 65536:
        faults.append(Fault("$.server.port", "a port is 0 (any free one) to 65535"))
    if not 0 < server.grace_s <= 300:
        faults.append(Fault("$.server.grace_s", "more than 0 and at most 300 seconds is needed"))
    if server.connections_per_address_max < 1:
        faults.append(Fault("$.server.connections_per_address_max", "at least 1 is needed"))
    if server.requests_per_address_s < 1:
        faults.append(Fault("$.server.requests_per_address_s", "at least 1 is needed"))
    for i, origin in enumerate(server.allowed_origins):
        if not ORIGIN.fullmatch(origin):
            needed = "a page's origin is needed, such as https://desk.example or http://a.test:3000"
            faults.append(Fault(f"$.server.allowed_origins[{i}]", needed))
    if not config.store.path or "\0" in config.store.path:
        faults.append(Fault("$.store.path", "the path of a file is needed"))
    if not 0 <= config.store.retention_days <= RETENTION_DAYS_MAX:
        needed = f"0 (for ever) to {RETENTION_DAYS_MAX} days are needed"
        faults.append(Fault("$.store.retention_days", needed))
    for key_name, key in config.keys.items():
        faults.extend(_check_key(f"$.keys.{key_name}", key, config.accounts))
    return faults


def _check_key(path: str, key: KeyConfig, accounts: Container[str]) -> Iterator[Fault]:
    if len(key.sha256) != 64 or set(key.sha256) - set("0123456789abcdef"):
        yield Fault(f"{path}.sha256", DIGEST_NEEDED)
    for i, account_id in enumerate(key.accounts):
        if account_id != "*" and account_id not in accounts:
            yield Fault(f"{path}.accounts[{i}]", f"there is no account {account_id}")
    for name in ("connections_max", "requests_per_s", "requests_burst"):
        if getattr(key, name) < 1:
            yield Fault(f"{path}.{name}", "at least 1 is needed")


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _make_table_hook(kind: Any) -> Any:
    inner = mapping_structure_factory(kind, _converter)
    return guarded(dict, "a table is needed", inner)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _exact_time(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a time with its zone is needed, such as 2026-12-31T00:00:00Z")
    return value.astimezone(UTC)


def _is_listed(kind: Any) -> bool:
    return bool(kind == Instruments | ListAt | None)


def _exact_instruments(value: Any, _: Any) -> Instruments | ListAt:
    if not isinstance(value, Instruments | ListAt):
        raise TypeError("files, addresses, or the word broker are needed")
    return value


def _opened(exact: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Read a text from the environment or a file as TOML writes what is needed here."""

    def hook(value: Any, _: Any) -> Any:
        if isinstance(value, Given):
            try:
                table = read_toml(f"value = {value}")
            except (ValueError, RecursionError):
                table = {}
            value = table["value"] if table.keys() == {"value"} else None
        return exact(value)

    return hook


def _make_list_hook(kind: Any) -> Any:
    inner = _lists.get_structure_hook(kind)
    return _opened(lambda value: inner(value, kind))


_lists = strict_converter(lambda _: True)
_converter = strict_converter(lambda _: True)
_converter.register_structure_hook_factory(_is_mapping, _make_table_hook)
_converter.register_structure_hook_factory(_is_tuple, _make_list_hook)
for _kind, _exact in (
    (int, exact_int),
    (float, exact_float),
    (Decimal, exact_decimal),
    (bool, exact_bool),
    (datetime, _exact_time),
):
    _converter.register_structure_hook(_kind, _opened(_exact))
_converter.register_structure_hook(str, lambda value, _: str(exact_str(value)))
_converter.register_structure_hook_func(_is_listed, _exact_instruments)
