"""What both worlds are made of: two accounts at a broker, and what is set beyond the defaults.

The limits leave room for every story at once, and a leg that must fill has two seconds. A story
is the same at every broker: what differs is how an account is reached, and that is all here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve

from actors.domain.config import Config, StoreConfig
from actors.domain.config_accounts import LimitsConfig
from actors.domain.ids import AccountId
from web.commands.demo import account_at

ACCOUNTS = ("primary", "hedge")
FILL_WAIT_S = 2
LIMITS = {"calls_per_second": 1000, "calls_per_minute": 60_000, "calls_per_day": 1_000_000}


def configuration(folder: Path, broker_url: str, upstream: str, **account: Any) -> Config:
    """Make the gateway's configuration in the simulation; `account` is set otherwise."""
    more = {"limits": LimitsConfig(**LIMITS), "fill_wait_s": FILL_WAIT_S, **account}
    return Config(
        accounts={
            AccountId(name): evolve(account_at(upstream, name, broker_url, "paper"), **more)
            for name in ACCOUNTS
        },
        store=StoreConfig(str(folder / "orderwire.db")),
    )


def settings_toml() -> str:
    """Give what is set beyond the defaults in each account's table."""
    limits = ", ".join(f"{name} = {value}" for name, value in LIMITS.items())
    return f"fill_wait_s = {FILL_WAIT_S}\nlimits = {{ {limits} }}\n"
