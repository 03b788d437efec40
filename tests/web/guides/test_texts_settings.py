"""What the guides and the README say of the configuration, held against what reads it."""

import re
import tomllib

import attrs
import pytest

from actors.domain.config import (
    AccountConfig,
    Config,
    DeskLimits,
    KeyConfig,
    LimitsConfig,
    ServerConfig,
    StoreConfig,
)
from tests.actors.domain.list_samples import KITE
from tests.web.guides.reading import CODE, DOCUMENTS, GUIDES, blocks_of, tables_of
from web.sandbox.faults import KINDS, read_faults

BASE = {
    "accounts": {"primary": {"upstream": "ticker_service", "url": "http://h", "api_key": "k"}},
    "keys": {"desk": {"sha256": "0" * 64, "accounts": ["*"], "rights": ["read"]}},
}
CLASSES = {
    "[server]": ServerConfig,
    "[store]": StoreConfig,
    "[keys.NAME]": KeyConfig,
    "[accounts.NAME.limits]": LimitsConfig,
    "[accounts.NAME]": AccountConfig,
}
INTO, FAULTS = "toml in ", "toml of faults"
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path, "toml")]


class Everything(dict):
    """An environment that has each name."""

    def __contains__(self, name):
        return True

    def get(self, *_):
        return "0" * 64


def merged(base, over):
    """A table laid over another, tables within them too."""
    both = {name: over.get(name, base.get(name)) for name in (*base, *over)}
    return {
        name: merged(base.get(name, {}), value) if isinstance(value, dict) else value
        for name, value in both.items()
    }


def tables(block):
    """What a block says, with what it leaves out: a fragment goes into the table that it names."""
    said = tomllib.loads(block.text)
    if block.info.startswith(INTO):
        path = block.info.removeprefix(INTO).split(".")
        own = {name: value for name, value in said.items() if not isinstance(value, dict)}
        for name in reversed(path):
            own = {name: own}
        said = merged(own, {name: value for name, value in said.items() if isinstance(value, dict)})
    return merged(BASE, said)


def written(value):
    """A value as TOML; tables inline, which says the same."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}" = {written(one)}' for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.info != FAULTS], ids=lambda block: block.place
)
def test_every_configuration_is_one(block, tmp_path):
    """Each block of TOML is read as it stands, or within the table that its fence names."""
    for name in re.findall(r'"file:([^"]+)"', block.text):
        (tmp_path / name).write_text("a-token")
    (tmp_path / "instruments.csv").write_text(KITE)
    text = "\n".join(f"{name} = {written(value)}" for name, value in tables(block).items())
    config = Config.parse(text, env=Everything(), folder=tmp_path)
    assert config.accounts


def test_there_are_configurations():
    """The test above looks at some: the README's and each broker's."""
    assert len(BLOCKS) > 12


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.info == FAULTS], ids=lambda b: b.place)
def test_every_file_of_faults_is_one(block, tmp_path):
    """What is given to the paper broker is read by it."""
    (tmp_path / "faults.toml").write_text(block.text)
    assert {fault.kind for fault in read_faults(tmp_path / "faults.toml")} <= KINDS


def told():
    """The tables of settings: the class that each is of, and its rows."""
    for path in GUIDES:
        for table in tables_of(path):
            head = table[0][0]
            if head == "setting":
                yield AccountConfig, table[1:]
            elif head.startswith("setting of"):
                yield CLASSES[CODE.search(head)[1]], table[1:]


def test_every_setting_is_told():
    """A field of the configuration stands in a table, and what stands there is a field."""
    for kind in CLASSES.values():
        fields = set(attrs.fields_dict(kind))
        names = {CODE.search(row[0])[1] for of, rows in told() for row in rows if of is kind}
        assert names == fields, kind
    assert set(attrs.fields_dict(DeskLimits)) <= set(attrs.fields_dict(LimitsConfig))


def test_every_default_is_the_one_that_is_told():
    """A number or a text in the second column is what the class has."""
    seen = 0
    for kind, rows in told():
        for name, default, *_ in rows:
            plain = default.strip("`")
            if not re.fullmatch(r'"[^"]*"|\d+', plain):
                continue
            has = attrs.fields_dict(kind)[CODE.search(name)[1]].default
            assert tomllib.loads(f"value = {plain}")["value"] == has, name
            seen += 1
    assert seen > 12
