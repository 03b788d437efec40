"""An account's table of the configuration: how it is reached, watched, and held within limits.

    [accounts.primary]            AccountConfig(upstream=…, url=…, api_key=…, legs_max=10,
    upstream = "ticker_service"                 limits=LimitsConfig(calls_per_minute=200, …))
    [accounts.primary.limits] ──▶
    calls_per_minute = 200        $.accounts.primary.limits.calls_per_minute: what is wrong

Classes first, then what is wrong with values that are well formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal

from attrs import field, frozen

from .config_lists import BROKERS_OWN, ListAt, check_lists, is_bare, own_lists
from .errors import Fault
from .instruments import Instruments

UPSTREAM_NAMES: Final = ("ticker_service", "fyers", "kite")
# What a broker allows where it is not what Kite does. Fyers counts orders and questions alike, and
# blocks for the day who goes over its 200 a minute: half of them are left to questions.
BROKERS_LIMITS: Final = {"fyers": {"calls_per_minute": 100, "calls_per_day": 50_000}}
# What an account is reached by: what its broker must be given, and what it may be.
REACH: Final = (
    *("url", "api_key", "socket_url", "app_id", "access_token", "api_secret"),
    "redirect_url",
)
REACHED_BY: Final = {
    "ticker_service": (("url", "api_key"), ()),
    "fyers": (("app_id",), ("url", "socket_url", "access_token", "api_secret", "redirect_url")),
    "kite": (("api_key",), ("url", "socket_url", "access_token", "api_secret")),
}
# Where a broker is, when nothing is said: (REST, socket). Fyers API v3, Kite Connect v3.
ADDRESSES: Final = {
    "fyers": ("https://api-t1.fyers.in/api/v3", "wss://socket.fyers.in/trade/v3"),
    "kite": ("https://api.kite.trade", "wss://ws.kite.trade"),
}
PAPER_HINT: Final = "a paper broker is reached as the broker that it speaks as"
ACCOUNT_ID_MAX: Final = 64
CALLS_PER_LEG: Final = 3  # it is placed; on the way out it is cancelled, and its fill flattened
WAY_OUT_BAND_PERCENT: Final = Decimal(3)  # around the last price, where no band is set
WORD_CHARS_MAX: Final = 16


@frozen
class LimitsConfig:
    """How often an account's broker may be called to move orders, and how much it may be sent.

    The defaults are Kite's (kite.trade/docs, July 2026), which ticker_service passes on: 10
    orders/s, 400/min, 5,000/day, each account, from midnight to midnight IST; an account at Fyers
    has `BROKERS_LIMITS` instead. `quantity_max` (units) and `notional_max` (money) bound each leg
    and each batch; `products` and `exchanges` are all that may be traded. None: no bound.
    """

    calls_per_second: int = 10
    calls_per_minute: int = 400
    calls_per_day: int = 5000
    quantity_max: int | None = None
    notional_max: Decimal | None = None
    products: tuple[str, ...] | None = None
    exchanges: tuple[str, ...] | None = None


@frozen
class DeskLimits:
    """What may be under way over all accounts together: units, and money. None: no bound."""

    quantity_max: int | None = None
    notional_max: Decimal | None = None


@frozen
class AccountConfig:
    """One account: whose it is, how to reach it, how it is watched, and what it may do.

    `url` and `socket_url` are the broker's own when not said. ticker_service and Kite take an
    `api_key`, Fyers an `app_id`; both brokers an `access_token`, which dies each day and may come
    later, and the `api_secret` of the login that brings a new one. Fyers' login page also wants
    the `redirect_url` that its app is registered with: our `/login/back`.

    `poll_s` is how often an account is asked while its stream is silent with orders open;
    `reconcile_s` how often when all is well. Within `duplicate_window_s` an equal batch is
    refused; 0 refuses none. A price may lie `price_band_percent` off the last one; None allows
    any. `fill_wait_s` is how long a leg that must fill may take. `flatten` is the kind of order
    that closes a fill; `batch_endpoint` whether legs go out one by one or by the broker's own
    batch. `instruments` is in the configuration the path of a file, or of several, read when that
    is; or where a list is published, loaded while the gateway runs.
    """

    upstream: str
    url: str = ""
    api_key: str = field(default="", repr=False)
    poll_s: float = 1.0
    reconcile_s: float = 30.0
    legs_max: int = 10
    rollback: Literal["cancel_open", "cancel_and_flatten"] = "cancel_and_flatten"
    mode: Literal["trade", "shadow"] = "trade"
    limits: LimitsConfig = LimitsConfig()
    duplicate_window_s: float = 0.0
    price_band_percent: Decimal | None = None
    fill_wait_s: float = 10.0
    flatten: Literal["limit", "market"] = "limit"
    batch_endpoint: Literal["legs", "broker"] = "legs"
    instruments: Instruments | ListAt | None = None
    socket_url: str = ""
    app_id: str = ""
    access_token: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)
    redirect_url: str = ""

    @property
    def address(self) -> str:
        """Give where the broker's REST is, without a slash at its end."""
        return (self.url or ADDRESSES[self.upstream][0]).rstrip("/")

    @property
    def socket_address(self) -> str:
        """Give where the broker's socket is."""
        return self.socket_url or ADDRESSES[self.upstream][1]

    @property
    def list_addresses(self) -> tuple[str, ...]:
        """Give where the account's list of instruments is published; () where it is a file's."""
        if not isinstance(self.instruments, ListAt):
            return ()
        found = [
            place
            for address in self.instruments.addresses
            for place in (self.own_lists if address == BROKERS_OWN else (address,))
        ]
        return tuple(dict.fromkeys(found))

    @property
    def own_lists(self) -> tuple[str, ...]:
        """Give where the account's broker publishes its list; () where it publishes none."""
        is_real = self.address == ADDRESSES.get(self.upstream, ("",))[0]
        return own_lists(self.upstream, self.address, is_real=is_real)

    @property
    def way_out_band_percent(self) -> Decimal:
        """Give how far off the last price an order that closes a fill may go."""
        if self.price_band_percent is None:
            return WAY_OUT_BAND_PERCENT
        return self.price_band_percent


def fill_limits(tables: Any) -> None:
    """Put what a broker allows into the accounts' tables, where they do not say it themselves."""
    for table in tables.values() if isinstance(tables, dict) else ():
        upstream = table.get("upstream") if isinstance(table, dict) else None
        given = table.get("limits", {}) if isinstance(upstream, str) else None
        if upstream in BROKERS_LIMITS and isinstance(given, dict):
            table["limits"] = {**BROKERS_LIMITS[upstream], **given}


def check_account(path: str, name: str, account: AccountConfig) -> Iterator[Fault]:
    """Find what is wrong with one account's table, under its path."""
    plain = name.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and len(name) <= ACCOUNT_ID_MAX):
        yield Fault(path, "an account's name is letters, digits, - and _, at most 64")
    if account.upstream not in UPSTREAM_NAMES:
        known = f"one of {', '.join(UPSTREAM_NAMES)} is needed"
        hint = f": {PAPER_HINT}" if account.upstream == "paper" else ""
        yield Fault(f"{path}.upstream", known + hint)
    else:
        yield from _check_reach(path, account)
    yield from _check_addresses(path, account)
    if isinstance(account.instruments, ListAt):
        yield from check_lists(f"{path}.instruments", account.upstream, account.instruments)
    for label, value, low, high in (
        ("poll_s", account.poll_s, 0.1, 3600),
        ("reconcile_s", account.reconcile_s, 1, 3600),
        ("legs_max", account.legs_max, 1, 20),
        ("duplicate_window_s", account.duplicate_window_s, 0, 3600),
        ("fill_wait_s", account.fill_wait_s, 0.1, 120),
    ):
        if not low <= value <= high:
            yield Fault(f"{path}.{label}", f"from {low} to {high} is needed")
    band = account.price_band_percent
    if band is not None and not 0 < band <= 100:
        yield Fault(f"{path}.price_band_percent", "more than 0 and at most 100 is needed")
    yield from _check_limits(f"{path}.limits", account)


def check_amounts(path: str, limits: LimitsConfig | DeskLimits) -> Iterator[Fault]:
    """Find what is wrong with a greatest quantity and a greatest amount of money."""
    if limits.quantity_max is not None and limits.quantity_max < 1:
        yield Fault(f"{path}.quantity_max", "at least 1 is needed")
    if limits.notional_max is not None and limits.notional_max <= 0:
        yield Fault(f"{path}.notional_max", "more than 0 is needed")


def _check_reach(path: str, account: AccountConfig) -> Iterator[Fault]:
    """Find what is missing or too much for this broker to be reached."""
    needed, taken = REACHED_BY[account.upstream]
    for label in needed:
        if not getattr(account, label):
            yield Fault(f"{path}.{label}", "required field missing, or empty")
    if account.batch_endpoint == "broker" and account.upstream == "kite":
        yield Fault(f"{path}.batch_endpoint", "kite has no batch call: legs is needed")
    for label in REACH:
        if label not in (*needed, *taken) and getattr(account, label):
            yield Fault(f"{path}.{label}", f"{account.upstream} takes no such field")
    if account.upstream in ADDRESSES and bool(account.url) != bool(account.socket_url):
        # Half at a stand-in and half at the broker, the token would go to both.
        told, other = ("url", "socket_url") if account.url else ("socket_url", "url")
        message = f"needed where {told} is: else half would still go to {account.upstream} itself"
        yield Fault(f"{path}.{other}", message)


def _check_addresses(path: str, account: AccountConfig) -> Iterator[Fault]:
    for label, an, schemes in (
        ("url", "an", ("http", "https")),
        ("redirect_url", "an", ("http", "https")),
        ("socket_url", "a", ("ws", "wss")),
    ):
        address = getattr(account, label)
        if address and not is_bare(address, schemes):
            # An address is shown and logged; credentials in it would be too.
            wanted = " or ".join(f"{scheme}://" for scheme in schemes)
            message = f"{an} {wanted} address is needed, without user, query or fragment"
            yield Fault(f"{path}.{label}", message)


def _check_limits(path: str, account: AccountConfig) -> Iterator[Fault]:
    limits = account.limits
    # A batch that could never have its calls and its way out would be refused for ever.
    least = CALLS_PER_LEG * account.legs_max
    for label, value, low, high in (
        ("calls_per_second", limits.calls_per_second, 1, 1000),
        ("calls_per_minute", limits.calls_per_minute, least, 60_000),
        ("calls_per_day", limits.calls_per_day, least, 10_000_000),
    ):
        if not low <= value <= high:
            yield Fault(f"{path}.{label}", f"from {low} to {high} is needed")
    yield from check_amounts(path, limits)
    for label, words in (("products", limits.products), ("exchanges", limits.exchanges)):
        if words is not None and not words:
            yield Fault(f"{path}.{label}", "at least one is needed")
        for i, word in enumerate(words or ()):
            if not 0 < len(word) <= WORD_CHARS_MAX or word != word.strip():
                message = f"1 to {WORD_CHARS_MAX} characters without spaces at the ends are needed"
                yield Fault(f"{path}.{label}[{i}]", message)
