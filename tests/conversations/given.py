"""What both worlds are made of: two accounts, and what is set for them beyond the defaults.

The limits leave room for every story at once, and a leg that must fill has two seconds.
"""

from __future__ import annotations

from pathlib import Path

from actors.domain.config import AccountConfig, Config, StoreConfig
from actors.domain.config_accounts import LimitsConfig
from actors.domain.ids import AccountId

ACCOUNTS = ("primary", "hedge")
FILL_WAIT_S = 2
LIMITS = {"calls_per_second": 1000, "calls_per_minute": 60_000, "calls_per_day": 1_000_000}


def configuration(folder: Path, broker_url: str) -> Config:
    """Make the gateway's configuration in the simulation."""
    limits = LimitsConfig(**LIMITS)
    account = AccountConfig(
        "ticker_service", broker_url, "paper", limits=limits, fill_wait_s=FILL_WAIT_S
    )
    return Config(
        accounts={AccountId(name): account for name in ACCOUNTS},
        store=StoreConfig(str(folder / "orderwire.db")),
    )


def settings_toml(plain: str) -> str:
    """Give a configuration with what is set beyond the defaults put into each account's table."""
    limits = ", ".join(f"{name} = {value}" for name, value in LIMITS.items())
    more = f"fill_wait_s = {FILL_WAIT_S}\nlimits = {{ {limits} }}\n"
    return plain.replace('upstream = "ticker_service"\n', f'upstream = "ticker_service"\n{more}')
