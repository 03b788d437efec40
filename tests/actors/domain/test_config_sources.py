"""Values from the environment and from files, secrets that are never shown, and any text at all."""

import os
import traceback
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.config import (
    Config,
)
from actors.domain.config_lists import ListAt
from actors.domain.errors import ConfigError, Fault
from actors.domain.instruments import LIST_BYTES_MAX

from .given_config import CONTRACT, DIGEST, EVERYTHING, SECRET, changed_by, faults_in, parsed


def test_values_come_from_the_environment_and_from_files(tmp_path):
    """Any value may stand elsewhere; a file's path is beside the configuration, its ends trimmed."""
    (tmp_path / "ticker.key").write_text(f"\n {SECRET}\n", encoding="utf-8")
    text = changed_by('api_key = "file:ticker.key"', changed_by('host = "env:HOST"'))
    config = parsed(text, {"HOST": "::1"}, tmp_path)
    assert config.accounts["primary"].api_key == SECRET
    assert config.server.host == "::1"
    assert type(config.server.host) is str


@pytest.mark.parametrize(
    ("name", "given_text", "value"),
    [
        ("port", "8010", 8010),
        ("grace_s", "2.5", 2.5),
        ("grace_s", "2", 2.0),
        ("allowed_origins", '["https://a.example", "https://b.example"]',
         ("https://a.example", "https://b.example")),
    ],
)  # fmt: skip
def test_any_value_may_come_from_the_environment(name, given_text, value):
    """The contract says any value: a number or a list there is read as TOML writes it."""
    config = parsed(changed_by(f'{name} = "env:GIVEN"'), {"GIVEN": given_text})
    assert getattr(config.server, name) == value


def test_an_expiry_may_come_from_the_environment():
    """A time in the environment is read as TOML writes it, too."""
    config = parsed(changed_by('expires_at = "env:UNTIL"'), {"UNTIL": "2026-12-31T00:00:00Z"})
    assert config.keys["desk"].expires_at == datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "given_text", ["", SECRET, f'"{SECRET}"', "1\nport = 2", "[" * 5000, "9" * 5000, "true"]
)
def test_what_the_environment_says_is_held_to_the_type_and_never_shown(given_text):
    """P21: a text that is not what is needed is refused by path, and not repeated."""
    ((path, message),) = faults_in(changed_by('port = "env:GIVEN"'), {"GIVEN": given_text})
    assert (path, message) == ("$.server.port", "a whole number is needed")


def test_what_points_nowhere_is_named(tmp_path):
    """What the environment lacks, and a file that is not there: by its whole path, and why."""
    (tmp_path / "binary.key").write_bytes(b"\xff\xfe")
    text = """
    [accounts.a]
    upstream = "env:NO_SUCH_NAME"
    url = ["file:missing", "file:binary.key", "file:.", "file:a\\u0000b"]
    api_key = "env:"
    """

    def cannot(name):
        return f"the file {tmp_path / name} cannot be read"

    assert faults_in(text, {"OTHER": "x"}, tmp_path) == [
        (
            "$.accounts.a.upstream",
            "the environment has no NO_SUCH_NAME: set it for this process",
        ),
        ("$.accounts.a.url[0]", f"{cannot('missing')}: No such file or directory"),
        ("$.accounts.a.url[1]", f"{cannot('binary.key')}: it is not UTF-8"),
        ("$.accounts.a.url[2]", f"{cannot('.')}: Is a directory"),
        ("$.accounts.a.url[3]", f"{cannot(chr(0).join('ab'))}: that is no path"),
        ("$.accounts.a.api_key", "env:NAME is needed"),
    ]


LIST = "exchange,tradingsymbol,lot_size,tick_size\nNFO,NIFTY26NOVFUT,75,0.1\n"
WITH_LIST = CONTRACT.replace("[keys", 'instruments = "lists/day.csv"\n[keys', 1)

SECOND = '[accounts.second]\nupstream = "ticker_service"\nurl = "http://a.test"\napi_key = "k"\n'


def test_instruments_are_read_with_the_configuration(tmp_path):
    """An account names a file beside the configuration; accounts that name one file share it."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "day.csv").write_text(f"\ufeff{LIST}", encoding="utf-8")
    line = 'instruments = "env:LIST"\n[keys'
    text = WITH_LIST.replace("[keys", f"{SECOND}{line}", 1)
    config = parsed(text, {"TICKER_API_KEY": SECRET, "LIST": "lists/day.csv"}, tmp_path)
    one, other = (account.instruments for account in config.accounts.values())
    assert one is other
    assert one.get("NFO", "NIFTY26NOVFUT").lot_size == 75


def test_several_files_are_one_list(tmp_path):
    """Fyers has a file a segment; of two lines for one thing the later file's holds."""
    (tmp_path / "a.csv").write_text(LIST)
    (tmp_path / "b.csv").write_text(f"{LIST}NFO,B,1,1\n".replace("75", "65"))
    text = WITH_LIST.replace('"lists/day.csv"', '["a.csv", "b.csv"]')
    listed = parsed(text, folder=tmp_path).accounts["primary"].instruments
    assert (len(listed), listed.get("NFO", "NIFTY26NOVFUT").lot_size) == (2, 65)


@pytest.mark.parametrize(
    ("given", "addresses"),
    [
        ('"https://h/list.csv"', ("https://h/list.csv",)),
        ('["http://h/a.csv", "HTTPS://h/b.csv"]', ("http://h/a.csv", "HTTPS://h/b.csv")),
        ('"env:LIST"', ("http://h/given.csv",)),
        ('["env:LIST", "https://h"]', ("http://h/given.csv", "https://h")),
    ],
)
def test_an_address_is_kept_to_be_loaded_from(given, addresses):
    """Nothing is asked while a configuration is read; what is no path is where to load from."""
    text = WITH_LIST.replace('"lists/day.csv"', given)
    env = {"TICKER_API_KEY": SECRET, "LIST": "http://h/given.csv"}
    config = parsed(text, env)
    assert config.accounts["primary"].instruments == ListAt(addresses)


def test_files_and_addresses_do_not_mix(tmp_path):
    """A list is of one kind; and what the account's broker has not cannot be asked of it."""
    (tmp_path / "a.csv").write_text(LIST)
    where = "$.accounts.primary.instruments"
    text = WITH_LIST.replace('"lists/day.csv"', '["a.csv", "https://h/list.csv"]')
    mixed = (where, "files alone or addresses alone are needed")
    assert faults_in(text, folder=tmp_path) == [mixed]
    text = WITH_LIST.replace('"lists/day.csv"', '"broker"')
    (fault,) = faults_in(text)
    assert fault == (where, "ticker_service publishes none: a file or an address is needed")
    for none in ("[]", '[""]', "[7]"):
        (fault,) = faults_in(WITH_LIST.replace('"lists/day.csv"', none))
        assert fault[0] == where


def test_a_wrong_line_of_the_instruments_is_named(tmp_path):
    """What is wrong in the file is told with the file and the line, at the account's path."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "day.csv").write_text(f"{LIST}NFO,X,75.0,0.1\n", encoding="utf-8")
    assert faults_in(WITH_LIST, folder=tmp_path) == [
        (
            "$.accounts.primary.instruments",
            (
                f"the file {tmp_path / 'lists/day.csv'}, "
                "line 3.lot_size: a whole number of units is needed"
            ),
        )
    ]


def test_instruments_that_are_no_file_are_refused(tmp_path):
    """P20: what is missing, no file, no text or larger than 64 MiB is one fault."""
    (tmp_path / "large.csv").touch()
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate(LIST_BYTES_MAX + 1)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe")
    for name, message in (
        ("missing.csv", f"the file {tmp_path}/missing.csv cannot be read: there is no such file"),
        (".", f"the file {tmp_path} cannot be read: there is no such file"),
        (os.devnull, f"the file {os.devnull} cannot be read: there is no such file"),
        ("binary.csv", f"the file {tmp_path}/binary.csv cannot be read: it is not UTF-8"),
        ("large.csv", f"the file {tmp_path}/large.csv has more than {LIST_BYTES_MAX} bytes"),
        ("", "files, addresses, or the word broker are needed"),
    ):
        text = WITH_LIST.replace("lists/day.csv", name)
        assert faults_in(text, folder=tmp_path) == [("$.accounts.primary.instruments", message)]
    text = WITH_LIST.replace('"lists/day.csv"', "7")
    ((path, message),) = faults_in(text, folder=tmp_path)
    assert (path, message) == (
        "$.accounts.primary.instruments",
        "files, addresses, or the word broker are needed",
    )


def test_secrets_are_in_no_repr():
    """P21: a configuration that is printed or logged shows no key and no digest."""
    config = parsed(EVERYTHING)
    assert config.accounts["primary"].api_key == SECRET
    shown = f"{config!r} {config} {config.accounts!r} {config.keys!r}"
    assert SECRET not in shown
    assert DIGEST not in shown


@pytest.mark.parametrize(
    "name",
    ["api_key", "upstream", "url", "port", "sha256", "rights", "mode", "flatten", "products"],
)
def test_secrets_are_in_no_error(name):
    """P21: a secret that stands in the wrong place is not repeated by the fault, nor its cause."""
    text = changed_by(f'{name} = "env:S"')
    wrong = text.replace("legs_max = 20", "legs_max = 99")
    with pytest.raises(ConfigError) as caught:
        parsed(wrong, {"S": SECRET})
    assert SECRET not in repr(caught.value) + "".join(traceback.format_exception(caught.value))


def test_a_secret_in_the_place_of_a_file_is_not_told(tmp_path):
    """P21: what the environment gives as a file's name is not repeated when there is none."""
    text = WITH_LIST.replace('"lists/day.csv"', '"env:S"')
    given_env = {"TICKER_API_KEY": SECRET, "S": SECRET}
    ((path, message),) = faults_in(text, given_env, tmp_path)
    no_file = "the file cannot be read: there is no such file"
    assert (path, message) == ("$.accounts.primary.instruments", no_file)


def test_loading_reads_the_file_and_the_environment(tmp_path, monkeypatch):
    """A file is read with the process's environment, or with the one that is given."""
    path = tmp_path / "orderwire.toml"
    path.write_text(CONTRACT, encoding="utf-8")
    monkeypatch.setenv("TICKER_API_KEY", "from-process")
    assert Config.load(path).accounts["primary"].api_key == "from-process"
    given_env = {"TICKER_API_KEY": SECRET}
    assert Config.load(str(path), env=given_env).accounts["primary"].api_key == SECRET
    with pytest.raises(ConfigError, match="the environment has no TICKER_API_KEY"):
        Config.load(path, env={})


def test_a_file_that_cannot_be_read_is_one_fault(tmp_path):
    """A missing file, a folder, bytes that are no text: one fault each, with the path given."""
    (tmp_path / "binary.toml").write_bytes(b"\xff")
    for path, reason in (
        (tmp_path / "missing.toml", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (tmp_path / "binary.toml", "it is not UTF-8"),
    ):
        with pytest.raises(ConfigError) as caught:
            Config.load(path)
        assert caught.value.faults == (Fault(str(path), f"cannot be read: {reason}"),)


def test_what_is_no_toml_is_told_with_its_file(tmp_path):
    """A fault of the syntax has no path inside: it is the file's own, with the place in it."""
    path = tmp_path / "orderwire.toml"
    path.write_text("[accounts.a]\nupstream = fyers\n")
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    (fault,) = caught.value.faults
    assert fault.path == str(path)
    assert fault.message.startswith("not TOML: ")
    assert "line 2" in fault.message


@given(st.text(max_size=60), st.integers(0, len(EVERYTHING)), st.integers(0, 40))
def test_any_text_is_a_config_or_a_config_error(inserted, at, cut):
    """P19: whatever stands in the file, a Config or its faults come of it, nothing else."""
    for text in (inserted, EVERYTHING[:at] + inserted + EVERYTHING[at + cut :]):
        try:
            config = parsed(text)
        except ConfigError:
            continue
        assert config.accounts
