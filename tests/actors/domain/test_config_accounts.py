"""An account's limits and manners: what stands there when nothing is said, and what may."""

from decimal import Decimal

import pytest

from actors.domain.config import AccountConfig, DeskLimits, LimitsConfig
from actors.domain.config_accounts import CALLS_PER_LEG, WAY_OUT_BAND_PERCENT

from .given_config import CONTRACT, EVERYTHING, changed_by, faults_in, parsed

PRIMARY = "$.accounts.primary"
LIMITS = "$.accounts.primary.limits"


def test_the_rates_are_kites_when_nothing_is_said():
    """10 calls a second, 400 a minute, 5,000 a day: what Kite allows an account, from July 2026."""
    (account,) = parsed(CONTRACT).accounts.values()
    assert account.limits == LimitsConfig(10, 400, 5000)


def test_nothing_else_is_limited_when_nothing_is_said():
    """No bound on what is sent, no band, no window for duplicates; fills are waited for 10 s."""
    config = parsed(CONTRACT)
    (account,) = config.accounts.values()
    limits = account.limits
    assert {limits.quantity_max, limits.notional_max, limits.products, limits.exchanges} == {None}
    assert config.limits == DeskLimits(None, None)
    assert (account.duplicate_window_s, account.price_band_percent) == (0, None)
    assert (account.fill_wait_s, account.instruments) == (10, None)
    assert (account.flatten, account.batch_endpoint) == ("limit", "legs")


def test_the_way_out_has_a_band_in_any_case():
    """P10: an order that closes a fill goes as far as the band, or 3 % where there is none."""
    account = AccountConfig("ticker_service", "http://broker.test", "k")
    assert account.way_out_band_percent == WAY_OUT_BAND_PERCENT == 3
    assert parsed(EVERYTHING).accounts["primary"].way_out_band_percent == Decimal("2.50")


def test_money_keeps_the_digits_that_were_written():
    """An amount in TOML is the number that stands there, not the nearest binary one."""
    config = parsed(changed_by("notional_max = 0.1000000000000000000001"))
    assert str(config.accounts["primary"].limits.notional_max) == "0.1000000000000000000001"
    given = {"MOST": "2500000.10"}
    config = parsed(changed_by('notional_max = "env:MOST"'), given)
    assert config.accounts["primary"].limits.notional_max == Decimal("2500000.10")


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ("calls_per_second = 0", f"{LIMITS}.calls_per_second", "from 1 to 1000 is needed"),
        ("calls_per_second = 1001", f"{LIMITS}.calls_per_second", "from 1 to 1000 is needed"),
        ("calls_per_second = 9.5", f"{LIMITS}.calls_per_second", "a whole number is needed"),
        ("calls_per_minute = 59", f"{LIMITS}.calls_per_minute", "from 60 to 60000 is needed"),
        ("calls_per_minute = 60001", f"{LIMITS}.calls_per_minute", "from 60 to 60000 is needed"),
        ("calls_per_day = 59", f"{LIMITS}.calls_per_day", "from 60 to 10000000 is needed"),
        ("calls_per_day = 10000001", f"{LIMITS}.calls_per_day", "from 60 to 10000000 is needed"),
        ("quantity_max = 0", f"{LIMITS}.quantity_max", "at least 1 is needed"),
        ("quantity_max = 1.5", f"{LIMITS}.quantity_max", "a whole number is needed"),
        ("notional_max = 0", f"{LIMITS}.notional_max", "more than 0 is needed"),
        ("notional_max = -0.5", f"{LIMITS}.notional_max", "more than 0 is needed"),
        ("notional_max = inf", f"{LIMITS}.notional_max", "a finite number is needed"),
        ("notional_max = nan", f"{LIMITS}.notional_max", "a finite number is needed"),
        (f"notional_max = 1e{'9' * 30}", f"{LIMITS}.notional_max", "a finite number is needed"),
        ('notional_max = "1"', f"{LIMITS}.notional_max", "a number is needed"),
        ("products = []", f"{LIMITS}.products", "at least one is needed"),
        ('products = "NRML"', f"{LIMITS}.products", "a list is needed"),
        ('products = ["MIS", ""]', f"{LIMITS}.products[1]",
         "1 to 16 characters without spaces at the ends are needed"),
        ("exchanges = []", f"{LIMITS}.exchanges", "at least one is needed"),
        ('exchanges = [" NFO"]', f"{LIMITS}.exchanges[0]",
         "1 to 16 characters without spaces at the ends are needed"),
        ("duplicate_window_s = -1", f"{PRIMARY}.duplicate_window_s", "from 0 to 3600 is needed"),
        ("duplicate_window_s = 3601", f"{PRIMARY}.duplicate_window_s", "from 0 to 3600 is needed"),
        ("price_band_percent = 0", f"{PRIMARY}.price_band_percent",
         "more than 0 and at most 100 is needed"),
        ("price_band_percent = 100.1", f"{PRIMARY}.price_band_percent",
         "more than 0 and at most 100 is needed"),
        ("fill_wait_s = 0", f"{PRIMARY}.fill_wait_s", "from 0.1 to 120 is needed"),
        ("fill_wait_s = 121", f"{PRIMARY}.fill_wait_s", "from 0.1 to 120 is needed"),
        ("fill_wait_s = nan", f"{PRIMARY}.fill_wait_s", "a finite number is needed"),
        ('flatten = "ioc"', f"{PRIMARY}.flatten", "one of limit, market is needed"),
        ('batch_endpoint = "native"', f"{PRIMARY}.batch_endpoint",
         "one of legs, broker is needed"),
    ],
)  # fmt: skip
def test_each_wrong_value_is_named_by_its_path(line, path, message):
    """P20: every rate and every wait is bounded; what is wrong is told with its path, alone."""
    assert faults_in(changed_by(line)) == [(path, message)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("quantity_max = 0", "at least 1 is needed"),
        ("notional_max = 0.0", "more than 0 is needed"),
    ],
)
def test_the_desks_own_limits_are_checked_too(line, message):
    """What bounds all accounts together stands under $.limits."""
    at = EVERYTHING.index("[limits]")
    text = EVERYTHING[:at] + changed_by(line, EVERYTHING[at:])
    assert faults_in(text) == [(f"$.limits.{line.partition(' ')[0]}", message)]


def test_the_largest_batch_must_fit_the_budgets():
    """P10: with rates below three calls a leg, a batch and its way out could never be let in."""
    fewer = changed_by("legs_max = 19", changed_by("calls_per_minute = 57"))
    assert parsed(fewer).accounts["primary"].limits.calls_per_minute == 19 * CALLS_PER_LEG
    ((path, message),) = faults_in(changed_by("legs_max = 20", fewer))
    assert (path, message) == (f"{LIMITS}.calls_per_minute", "from 60 to 60000 is needed")


def test_each_broker_has_its_own_limits_and_addresses():
    """Kite's and Fyers' accounts are reached and paced as those brokers say, unless told otherwise."""
    config = parsed(
        '[accounts.fy]\nupstream = "fyers"\napp_id = "ABC-100"\n'
        '[accounts.zer]\nupstream = "kite"\napi_key = "k"\nurl = "http://127.0.0.1:1/"\n'
        'socket_url = "ws://127.0.0.1:2/"\n'
        '[accounts.other]\nupstream = "fyers"\napp_id = "X-100"\n'
        "[accounts.other.limits]\ncalls_per_minute = 60\n"
    )
    fyers, kite, other = (config.accounts[name] for name in ("fy", "zer", "other"))
    assert (fyers.address, fyers.socket_address) == (
        "https://api-t1.fyers.in/api/v3",
        "wss://socket.fyers.in/trade/v3",
    )
    assert (kite.address, kite.socket_address) == ("http://127.0.0.1:1", "ws://127.0.0.1:2/")
    minutes = [each.limits.calls_per_minute for each in (fyers, kite, other)]
    assert minutes == [100, 400, 60]
    assert (fyers.limits.calls_per_day, other.limits.calls_per_day) == (50_000, 50_000)


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('upstream = "fyers"', "app_id", "required field missing, or empty"),
        ('upstream = "fyers"\napp_id = "a"\napi_key = "k"', "api_key", "fyers takes no such field"),
        ('upstream = "kite"', "api_key", "required field missing, or empty"),
        (
            'upstream = "kite"\napi_key = "k"\nbatch_endpoint = "broker"',
            "batch_endpoint",
            "kite has no batch call: legs is needed",
        ),
    ],
)
def test_what_an_account_lacks_at_its_broker_is_named(text, path, message):
    """A field of another broker is as much a fault as one that is missing."""
    assert faults_in(f"[accounts.a]\n{text}\n") == [(f"$.accounts.a.{path}", message)]


@pytest.mark.parametrize("upstream", ["fyers", "kite"])
@pytest.mark.parametrize(
    ("line", "other"), [('url = "http://h"', "socket_url"), ('socket_url = "ws://h"', "url")]
)
def test_an_account_is_not_half_at_a_stand_in(upstream, line, other):
    """P21: where one address is set and the other is not, a token for one would go to both."""
    reach = 'app_id = "a"' if upstream == "fyers" else 'api_key = "k"'
    said = line.partition(" ")[0]
    assert faults_in(f'[accounts.a]\nupstream = "{upstream}"\n{reach}\n{line}\n') == [
        (
            f"$.accounts.a.{other}",
            f"needed where {said} is: else half would still go to {upstream} itself",
        )
    ]
