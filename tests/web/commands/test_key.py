import hashlib
import tomllib

import pytest

from tests.web.commands.processes import ran
from web.commands.key import make_key, toml_lines


@pytest.mark.process
def test_a_key_is_printed_once_with_the_lines_that_know_it():
    """The first line is the key; the rest is TOML with its SHA-256, accounts and rights."""
    status, out, err = ran("key", "new", "--accounts", "a,b", "--rights", "read,trade")
    key, empty, *lines = out
    table = tomllib.loads("\n".join(lines))["keys"]["desk"]
    assert (status, empty, len(err)) == (0, "", 1)
    assert table == {
        "sha256": hashlib.sha256(key.encode()).hexdigest(),
        "accounts": ["a", "b"],
        "rights": ["read", "trade"],
    }
    assert sum(key in line for line in out + err) == 1


def test_keys_are_long_and_never_the_same():
    """256 random bits: a thousand keys are a thousand different ones."""
    keys = {make_key().text for _ in range(1000)}
    assert len(keys) == 1000
    assert min(map(len, keys)) >= 43


def test_the_lines_are_toml_for_all_accounts_too():
    """`*` stands as it is, under the name that was asked for."""
    table = tomllib.loads(toml_lines("screens", "0" * 64, ("*",), ("read",)))
    assert table["keys"]["screens"]["accounts"] == ["*"]


@pytest.mark.process
@pytest.mark.parametrize(
    "wrong", [("--rights", "write"), ("--accounts", "a b"), ("--name", 'x"]')], ids=str
)
def test_what_the_configuration_would_refuse_is_refused(wrong):
    """No key is made for what could not be written down."""
    status, out, err = ran("key", "new", *wrong)
    assert (status, out) == (2, [])
    assert wrong[0] in err[-1]
