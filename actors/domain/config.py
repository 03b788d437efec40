"""The configuration: TOML in, a frozen Config out, or every fault with its path.

    [accounts.primary]                       AccountConfig(id="primary",
    upstream = "ticker_service"       ──▶        upstream="ticker_service",
    api_key = "env:TICKER_API_KEY"               api_key="…")        # shown nowhere

Any value may be `env:NAME` or `file:PATH` (relative to the configuration's own folder).
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_origin
from urllib.parse import urlsplit

from attrs import field, frozen
from cattrs.gen import mapping_structure_factory

from .errors import ConfigError, DecodeError, Fault
from .ids import AccountId
from .wire import guarded, strict_converter, structure_with

Right = Literal["read", "trade", "admin"]
UPSTREAM_NAMES: Final = ("ticker_service",)
ACCOUNT_ID_MAX: Final = 64


@frozen
class ServerConfig:
    """Where to listen, and whom to believe."""

    host: str = "127.0.0.1"
    port: int = 8009
    allowed_origins: tuple[str, ...] = ()
    grace_s: float = 5.0
    connections_per_address_max: int = 2000


@frozen
class StoreConfig:
    """Where the one file of the store is."""

    path: str = "orderwire.db"


@frozen
class AccountConfig:
    """One account: whose it is, how to reach it, and how it is watched.

    `poll_s` is how often an account is asked while its stream is silent with orders open;
    `reconcile_s` how often when all is well.
    """

    upstream: str
    url: str
    api_key: str = field(repr=False)
    poll_s: float = 1.0
    reconcile_s: float = 30.0
    legs_max: int = 10
    rollback: Literal["cancel_open", "cancel_and_flatten"] = "cancel_and_flatten"
    mode: Literal["trade", "shadow"] = "trade"


@frozen
class KeyConfig:
    """An API key by its digest: which accounts it may see, and what it may do there."""

    sha256: str = field(repr=False)
    accounts: tuple[str, ...]
    rights: tuple[Right, ...]
    expires_at: datetime | None = None


@frozen
class Config:
    """All that a gateway is started with."""

    accounts: Mapping[AccountId, AccountConfig]
    server: ServerConfig = ServerConfig()
    store: StoreConfig = StoreConfig()
    keys: Mapping[str, KeyConfig] = field(factory=dict)

    @classmethod
    def load(cls, path: str | Path, *, env: Mapping[str, str] | None = None) -> Config:
        """Read a configuration file; ConfigError names each fault by its path in the file."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigError((Fault(str(path), f"cannot be read: {reason}"),)) from None
        return cls.parse(text, env=os.environ if env is None else env, folder=path.parent)

    @classmethod
    def parse(cls, text: str, *, env: Mapping[str, str], folder: Path) -> Config:
        """Read a configuration from TOML text."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError((Fault("$", f"not TOML: {error}"),)) from None
        faults: list[Fault] = []
        resolved = _resolve(table, "$", env, folder, faults)
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


def _resolve(
    value: Any, path: str, env: Mapping[str, str], folder: Path, faults: list[Fault]
) -> Any:
    """Put in what `env:NAME` and `file:PATH` point to."""
    if isinstance(value, dict):
        return {
            name: _resolve(inner, f"{path}.{name}", env, folder, faults)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [
            _resolve(inner, f"{path}[{i}]", env, folder, faults) for i, inner in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in env:
            faults.append(Fault(path, f"the environment has no {name}"))
        return env.get(name, "")
    if value.startswith("file:"):
        try:
            return (folder / value.removeprefix("file:")).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            faults.append(Fault(path, f"the file {value.removeprefix('file:')} cannot be read"))
            return ""
    return value


def _check(config: Config) -> list[Fault]:
    """Find what is well formed and still cannot run."""
    faults: list[Fault] = []
    if not config.accounts:
        faults.append(Fault("$.accounts", "at least one account is needed"))
    for name, account in config.accounts.items():
        faults.extend(_check_account(f"$.accounts.{name}", name, account))
    if not 0 <= config.server.port < 65536:
        faults.append(Fault("$.server.port", "a port is 0 (any free one) to 65535"))
    if not 0 < config.server.grace_s <= 300:
        faults.append(Fault("$.server.grace_s", "more than 0 and at most 300 seconds is needed"))
    for key_name, key in config.keys.items():
        if len(key.sha256) != 64 or set(key.sha256) - set("0123456789abcdef"):
            faults.append(Fault(f"$.keys.{key_name}.sha256", "64 hexadecimal digits are needed"))
        for i, account_id in enumerate(key.accounts):
            if account_id != "*" and account_id not in config.accounts:
                path = f"$.keys.{key_name}.accounts[{i}]"
                faults.append(Fault(path, f"there is no account {account_id}"))
    return faults


def _check_account(path: str, name: str, account: AccountConfig) -> list[Fault]:
    faults: list[Fault] = []
    plain = name.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and len(name) <= ACCOUNT_ID_MAX):
        faults.append(Fault(path, "an account's name is letters, digits, - and _, at most 64"))
    if account.upstream not in UPSTREAM_NAMES:
        known = ", ".join(UPSTREAM_NAMES)
        faults.append(Fault(f"{path}.upstream", f"one of {known} is needed"))
    try:
        parts = urlsplit(account.url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        faults.append(Fault(f"{path}.url", "an http:// or https:// address is needed"))
    if not account.api_key:
        faults.append(Fault(f"{path}.api_key", "a key is needed"))
    for label, value, low, high in (
        ("poll_s", account.poll_s, 0.1, 3600),
        ("reconcile_s", account.reconcile_s, 1, 3600),
        ("legs_max", account.legs_max, 1, 20),
    ):
        if not low <= value <= high:
            faults.append(Fault(f"{path}.{label}", f"from {low} to {high} is needed"))
    return faults


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _make_table_hook(kind: Any) -> Any:
    inner = mapping_structure_factory(kind, _converter)
    return guarded(dict, "a table is needed", inner)


def _toml_number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is needed")
    if not math.isfinite(value):
        raise ValueError("a finite number is needed")
    return float(value)


def _toml_time(value: Any, _: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a time with its zone is needed, such as 2026-12-31T00:00:00Z")
    return value


_converter = strict_converter(lambda _: True)
_converter.register_structure_hook_factory(_is_mapping, _make_table_hook)
_converter.register_structure_hook(float, _toml_number)
_converter.register_structure_hook(datetime, _toml_time)
