"""Configurations to test with, and what is wrong with them."""

import re
from pathlib import Path

import pytest

from actors.domain.config import Config
from actors.domain.errors import ConfigError

SECRET = "hunter2-hunter2"
DIGEST = "5e" * 32
NOWHERE = Path("/nowhere/at/all")

CONTRACT = f"""
[server]
host = "127.0.0.1"
port = 8009
[store]
path = "orderwire.db"
[accounts.primary]
upstream = "ticker_service"
url = "http://127.0.0.1:8080"
api_key = "env:TICKER_API_KEY"
[keys.desk]
sha256 = "{DIGEST}"
accounts = ["*"]
rights = ["read", "trade"]
"""
EVERYTHING = f"""
[server]
host = "0.0.0.0"
port = 0
allowed_origins = ["https://desk.example"]
grace_s = 2
connections_per_address_max = 10
requests_per_address_s = 50
[store]
path = "/var/lib/orderwire/orderwire.db"
retention_days = 90
[accounts.primary]
upstream = "ticker_service"
url = "https://ticker.example:8443/base"
api_key = "{SECRET}"
poll_s = 0.5
reconcile_s = 60
legs_max = 20
rollback = "cancel_open"
mode = "shadow"
duplicate_window_s = 5
price_band_percent = 2.50
fill_wait_s = 2.5
flatten = "market"
batch_endpoint = "broker"
[accounts.primary.limits]
calls_per_second = 8
calls_per_minute = 200
calls_per_day = 3000
quantity_max = 1800
notional_max = 2500000.50
products = ["NRML", "MIS"]
exchanges = ["NFO"]
[accounts.hedge_2]
upstream = "ticker_service"
url = "http://[::1]:8080"
api_key = "k"
[keys.desk]
sha256 = "{DIGEST}"
accounts = ["primary", "hedge_2"]
rights = ["read", "trade", "admin"]
expires_at = 2026-12-31T05:30:00+05:30
connections_max = 20
requests_per_s = 2.5
requests_burst = 10
[limits]
quantity_max = 3600
notional_max = 5000000
"""


def parsed(text, env=None, folder=NOWHERE):
    return Config.parse(text, env=env or {"TICKER_API_KEY": SECRET}, folder=folder)


def faults_in(text, env=None, folder=NOWHERE):
    with pytest.raises(ConfigError) as caught:
        parsed(text, env, folder)
    return [(fault.path, fault.message) for fault in caught.value.faults]


def changed_by(line, text=EVERYTHING):
    """Put one line in the place of the one that sets the same name (its first)."""
    name = line.split(" = ")[0]
    changed, count = re.subn(rf"^{name} = .*$", lambda _: line, text, count=1, flags=re.MULTILINE)
    assert count == 1
    return changed
