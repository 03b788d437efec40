"""The configuration: TOML in, a frozen Config out, or every fault with its path.

    [accounts.primary]                       AccountConfig(id="primary",
    upstream = "ticker_service"       ──▶        upstream="ticker_service",
    api_key = "env:TICKER_API_KEY"               api_key="…")        # shown nowhere

Any value may be `env:NAME` or `file:PATH` (relative to the configuration's own folder). Where a
number, a list, a time or true and false are needed, such a text is read as TOML writes them.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_origin
from urllib.parse import urlsplit

from attrs import field, frozen
from cattrs.gen import mapping_structure_factory

from .errors import ConfigError, DecodeError, Fault
from .ids import AccountId
from .wire import (
    exact_bool,
    exact_float,
    exact_int,
    exact_str,
    guarded,
    strict_converter,
    structure_with,
)

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
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigError((Fault(str(path), f"cannot be read: {reason}"),)) from None
        return cls.parse(text, env=os.environ if env is None else env, folder=path.parent)

    @classmethod
    def parse(cls, text: str, *, env: Mapping[str, str], folder: Path) -> Config:
        """Read a configuration from TOML text."""
        faults: list[Fault] = []
        try:
            resolved = _resolve(tomllib.loads(text), "$", env, folder, faults)
        except ValueError as error:
            raise ConfigError((Fault("$", f"not TOML: {error}"),)) from None
        except RecursionError:
            raise ConfigError((Fault("$", "nested without end"),)) from None
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


class _Given(str):
    """A text that came from the environment or a file."""

    __slots__ = ()


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
        return _Given(env.get(name, ""))
    if value.startswith("file:"):
        try:
            given = (folder / value.removeprefix("file:")).read_text(encoding="utf-8")
            return _Given(given.strip())
        except (OSError, ValueError):
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
    server = config.server
    if not server.host:
        faults.append(Fault("$.server.host", "a host is needed"))
    if not 0 <= server.port < 65536:
        faults.append(Fault("$.server.port", "a port is 0 (any free one) to 65535"))
    if not 0 < server.grace_s <= 300:
        faults.append(Fault("$.server.grace_s", "more than 0 and at most 300 seconds is needed"))
    if server.connections_per_address_max < 1:
        faults.append(Fault("$.server.connections_per_address_max", "at least 1 is needed"))
    if not config.store.path or "\0" in config.store.path:
        faults.append(Fault("$.store.path", "the path of a file is needed"))
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
        bare = "@" not in parts.netloc and not parts.query and not parts.fragment
    except ValueError:
        usable = bare = False
    if not (usable and bare):
        # An address is shown and logged; credentials in it would be too.
        message = "an http:// or https:// address is needed, without user, query or fragment"
        faults.append(Fault(f"{path}.url", message))
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


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _exact_time(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a time with its zone is needed, such as 2026-12-31T00:00:00Z")
    return value.astimezone(UTC)


def _opened(exact: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Read a text from the environment or a file as TOML writes what is needed here."""

    def hook(value: Any, _: Any) -> Any:
        if isinstance(value, _Given):
            try:
                table = tomllib.loads(f"value = {value}")
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
    (bool, exact_bool),
    (datetime, _exact_time),
):
    _converter.register_structure_hook(_kind, _opened(_exact))
_converter.register_structure_hook(str, lambda value, _: str(exact_str(value)))
