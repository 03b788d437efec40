"""A configuration is a Config, or every fault in it with its path; secrets are shown nowhere."""

from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest

from actors.domain.config import (
    DIGEST_NEEDED,
    AccountConfig,
    Config,
    DeskLimits,
    KeyConfig,
    LimitsConfig,
    ServerConfig,
    StoreConfig,
)

from .given_config import CONTRACT, DIGEST, EVERYTHING, SECRET, changed_by, faults_in, parsed

ORIGIN_NEEDED = "a page's origin is needed, such as https://desk.example or http://a.test:3000"


def test_the_contracts_example_parses():
    """The example of the contract, as far as its upstreams exist, is a Config."""
    assert parsed(CONTRACT) == Config(
        server=ServerConfig(host="127.0.0.1", port=8009),
        store=StoreConfig(path="orderwire.db"),
        accounts={
            "primary": AccountConfig(
                upstream="ticker_service", url="http://127.0.0.1:8080", api_key=SECRET
            )
        },
        keys={"desk": KeyConfig(sha256=DIGEST, accounts=("*",), rights=("read", "trade"))},
    )


def test_every_field_can_be_set():
    """Each field of each table is read into its own type; times become UTC."""
    config = parsed(EVERYTHING)
    assert config.server == ServerConfig("0.0.0.0", 0, ("https://desk.example",), 2.0, 10, 50.0)
    assert config.store == StoreConfig("/var/lib/orderwire/orderwire.db", 90)
    assert config.accounts["primary"] == AccountConfig(
        "ticker_service", "https://ticker.example:8443/base", SECRET, 0.5, 60.0, 20,
        "cancel_open", "shadow",
        LimitsConfig(8, 200, 3000, 1800, Decimal("2500000.50"), ("NRML", "MIS"), ("NFO",)),
        5.0, Decimal("2.50"), 2.5, "market", "broker",
    )  # fmt: skip
    assert config.limits == DeskLimits(3600, Decimal(5_000_000))
    assert list(config.accounts) == ["primary", "hedge_2"]
    key = config.keys["desk"]
    assert key.rights == ("read", "trade", "admin")
    assert key.expires_at == datetime(2026, 12, 31, tzinfo=UTC)
    assert key.expires_at.tzinfo is UTC
    assert (key.connections_max, key.requests_per_s, key.requests_burst) == (20, 2.5, 10)
    assert type(config.server.grace_s) is float


def test_an_account_is_all_that_is_needed():
    """Server, store and keys have defaults: loopback, a file beside, nobody let in."""
    (account,) = [CONTRACT[CONTRACT.index("[accounts") : CONTRACT.index("[keys")]]
    config = parsed(account)
    assert (config.server, config.store, config.keys) == (ServerConfig(), StoreConfig(), {})


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ("port = 65536", "$.server.port", "a port is 0 (any free one) to 65535"),
        ("port = -1", "$.server.port", "a port is 0 (any free one) to 65535"),
        ("port = 8009.0", "$.server.port", "a whole number is needed"),
        ('port = "8009"', "$.server.port", "a whole number is needed"),
        ("port = true", "$.server.port", "a whole number is needed"),
        ('host = ""', "$.server.host", "a host is needed"),
        ("host = 7", "$.server.host", "a string is needed"),
        ('allowed_origins = "*"', "$.server.allowed_origins", "a list is needed"),
        ('allowed_origins = ["a", 7]', "$.server.allowed_origins[1]", "a string is needed"),
        ("grace_s = 0", "$.server.grace_s", "more than 0 and at most 300 seconds is needed"),
        ("grace_s = 300.1", "$.server.grace_s", "more than 0 and at most 300 seconds is needed"),
        ("grace_s = inf", "$.server.grace_s", "a finite number is needed"),
        ("grace_s = nan", "$.server.grace_s", "a finite number is needed"),
        (f"grace_s = 1{'0' * 400}", "$.server.grace_s", "a finite number is needed"),
        ("connections_per_address_max = 0", "$.server.connections_per_address_max",
         "at least 1 is needed"),
        ("requests_per_address_s = 0.5", "$.server.requests_per_address_s", "at least 1 is needed"),
        ('allowed_origins = ["*"]', "$.server.allowed_origins[0]", ORIGIN_NEEDED),
        ('allowed_origins = ["https://a", "https://a/b"]', "$.server.allowed_origins[1]",
         ORIGIN_NEEDED),
        ('path = ""', "$.store.path", "the path of a file is needed"),
        ('path = "a\\u0000b"', "$.store.path", "the path of a file is needed"),
        ("retention_days = -1", "$.store.retention_days", "0 (for ever) to 3650 days are needed"),
        ("retention_days = 3651", "$.store.retention_days", "0 (for ever) to 3650 days are needed"),
        ("retention_days = 1.5", "$.store.retention_days", "a whole number is needed"),
        ('upstream = "zerodha"', "$.accounts.primary.upstream",
         "one of ticker_service, fyers, kite is needed"),
        ('upstream = "paper"', "$.accounts.primary.upstream",
         ("one of ticker_service, fyers, kite is needed: "
         "a paper broker is reached as the broker that it speaks as")),
        ('api_key = ""', "$.accounts.primary.api_key", "required field missing, or empty"),
        ("api_key = 7", "$.accounts.primary.api_key", "a string is needed"),
        ("poll_s = 0.05", "$.accounts.primary.poll_s", "from 0.1 to 3600 is needed"),
        ("poll_s = 3601", "$.accounts.primary.poll_s", "from 0.1 to 3600 is needed"),
        ("reconcile_s = 0", "$.accounts.primary.reconcile_s", "from 1 to 3600 is needed"),
        ("legs_max = 0", "$.accounts.primary.legs_max", "from 1 to 20 is needed"),
        ("legs_max = 21", "$.accounts.primary.legs_max", "from 1 to 20 is needed"),
        ('rollback = "keep"', "$.accounts.primary.rollback",
         "one of cancel_open, cancel_and_flatten is needed"),
        ('mode = "live"', "$.accounts.primary.mode", "one of trade, shadow is needed"),
        ('sha256 = "abc"', "$.keys.desk.sha256", DIGEST_NEEDED),
        (f'sha256 = "{"5E" * 32}"', "$.keys.desk.sha256", DIGEST_NEEDED),
        ('accounts = ["primary", "other"]', "$.keys.desk.accounts[1]", "there is no account other"),
        ("connections_max = 0", "$.keys.desk.connections_max", "at least 1 is needed"),
        ("requests_per_s = 0", "$.keys.desk.requests_per_s", "at least 1 is needed"),
        ("requests_burst = 0", "$.keys.desk.requests_burst", "at least 1 is needed"),
        ("requests_burst = 1.5", "$.keys.desk.requests_burst", "a whole number is needed"),
        ('rights = ["read", "root"]', "$.keys.desk.rights[1]",
         "one of read, trade, admin is needed"),
        ("expires_at = 2026-12-31T00:00:00", "$.keys.desk.expires_at",
         "a time with its zone is needed, such as 2026-12-31T00:00:00Z"),
        ('expires_at = "2026-12-31T00:00:00Z"', "$.keys.desk.expires_at",
         "a time with its zone is needed, such as 2026-12-31T00:00:00Z"),
    ],
)  # fmt: skip
def test_each_wrong_value_is_named_by_its_path(line, path, message):
    """What is wrong is told with its path and what would be right, and nothing else is wrong."""
    assert faults_in(changed_by(line)) == [(path, message)]


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8080",
        "ftp://broker.example",
        "ws://broker.example",
        "http://",
        "http://:8080",
        "http://broker.example:0",
        "http://broker.example:99999",
        "http://broker.example:x",
        "http://[::1",
        f"http://desk:{SECRET}@broker.example",
        f"http://{SECRET}@broker.example",
        f"http://broker.example/?api_key={SECRET}",
        f"http://broker.example/#{SECRET}",
    ],
)
def test_an_address_is_bare_http(url):
    """P21: an address is shown and logged, so one with credentials in it is refused."""
    ((path, message),) = faults_in(changed_by(f'url = "{url}"'))
    assert path == "$.accounts.primary.url"
    assert message.startswith("an http:// or https:// address is needed")


@pytest.mark.parametrize("name", ["desk.1", "पहला", "a b", "-", "_", "", "a" * 65, "a/b", "*"])
def test_an_accounts_name_can_stand_in_a_url(name):
    """An account's name stands in paths, frames and metrics: letters, digits, - and _."""
    text = CONTRACT.replace("[accounts.primary]", f'[accounts."{name}"]')
    ((path, message),) = faults_in(text)
    assert path == f"$.accounts.{name}"
    assert message == "an account's name is letters, digits, - and _, at most 64"


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("", "$"),
        ("[server]", "$.server"),
        ("[store]", "$.store"),
        ("[accounts.primary]", "$.accounts.primary"),
        ("[keys.desk]", "$.keys.desk"),
        ("[limits]", "$.limits"),
        ("[accounts.primary.limits]", "$.accounts.primary.limits"),
    ],
)
def test_every_unknown_key_is_refused(table, path):
    """A misspelt key would leave its default in force unseen; in each table it is refused."""
    text = EVERYTHING.replace(table, f"{table}\nretries_max = 3\n", 1)
    assert faults_in(text) == [(path, "unknown field: retries_max")]


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ("[servr]", "$", "servr (is server meant?)"),
        ("[accounts.primary]\napp_secret = 1", "$.accounts.primary",
         "app_secret (is api_secret meant?)"),
        ("[accounts.primary.limits]\ncalls_per_min = 1", "$.accounts.primary.limits",
         "calls_per_min (is calls_per_minute meant?)"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_told_with_the_one_that_is_meant(line, path, message):
    """A key that is nearly one of its table's is told beside it."""
    table = line.split("\n")[0]
    text = EVERYTHING.replace(table, line, 1) if table in EVERYTHING else f"{EVERYTHING}\n{line}\n"
    assert faults_in(text) == [(path, f"unknown field: {message}")]


@pytest.mark.parametrize("kind", [AccountConfig, KeyConfig])
def test_what_has_no_default_must_be_there(kind):
    """A required key that is missing is named, one fault each."""
    where, table = {
        AccountConfig: ("$.accounts.primary", "[accounts.primary]"),
        KeyConfig: ("$.keys.desk", f"{CONTRACT[: CONTRACT.index('[keys')]}\n[keys.desk]"),
    }[kind]
    needed = [f.name for f in attrs.fields(kind) if f.default is attrs.NOTHING]
    assert faults_in(table) == [(f"{where}.{name}", "required field missing") for name in needed]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("", "$.accounts", "required field missing"),
        ("[accounts]", "$.accounts", "at least one account is needed"),
        ("accounts = 7", "$.accounts", "a table is needed"),
        ('accounts = ["primary"]', "$.accounts", "a table is needed"),
        ("[accounts]\nprimary = 7", "$.accounts.primary", "an object is needed"),
        ("server = 7\n" + CONTRACT[CONTRACT.index("[store]") :], "$.server", "an object is needed"),
    ],
)
def test_tables_must_be_tables(text, path, message):
    """What should be a table and is not is said to be so, at its path."""
    assert faults_in(text) == [(path, message)]


@pytest.mark.parametrize(
    "text",
    ["accounts", "[a]\n[a]", "a = 1\na = 2", '"\\x"', "a = 00", "a = " + "9" * 5000, "a = '\x01'"],
)
def test_what_is_no_toml_is_one_fault(text):
    """P19: a file that is no TOML is told as such, with the place in it where there is one."""
    ((path, message),) = faults_in(text)
    assert path == "$"
    assert message.startswith("not TOML: ")


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, ".".join(["a"] * 5000) + " = 1"])
def test_a_file_nested_without_end_is_refused(text):
    """P19: nesting that would exhaust the stack is a fault of the file, not of the process."""
    assert faults_in(text) == [("$", "nested without end")]


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ("", "url", "required field missing"),
        ('app_id = "ABC-100"', "app_id", "ticker_service takes no such field"),
        ('api_secret = "x"', "api_secret", "ticker_service takes no such field"),
        ('socket_url = "http://b"', "socket_url", "a ws:// or wss:// address is needed"),
    ],
)
def test_a_broker_is_reached_by_its_own_fields(line, path, message):
    """What a broker needs must be there, and what it takes no notice of is a typo."""
    account = f'[accounts.a]\nupstream = "ticker_service"\napi_key = "k"\n{line}\n'
    account += "" if path == "url" else 'url = "http://broker"\n'
    assert any(
        where == f"$.accounts.a.{path}" and said.startswith(message)
        for where, said in faults_in(account)
    )


def test_a_keys_limits_are_no_part_of_what_it_is():
    """A key with other limits lets in the same: whoever came with it need not come again."""
    key = KeyConfig(sha256=DIGEST, accounts=("*",), rights=("read",))
    assert attrs.evolve(key, connections_max=1, requests_per_s=1.0, requests_burst=1) == key
    assert attrs.evolve(key, rights=("read", "trade")) != key
