"""Commands, metrics, paths and status words that the guides name, held against what has them."""

import re
import shlex
from typing import get_args

import attrs
import click
import pytest

from actors.domain.config import AccountConfig
from actors.domain.model import EventType
from tests.web.fakes import a_gateway
from tests.web.guides.reading import CODE, DOCUMENTS, GUIDES, ROOT, blocks_of, codes_of, tables_of
from web.__main__ import COMMANDS, orderwire
from web.reference.calls import CALLS
from web.server import PORT, Port

SHELLS = ("bash", "console", "sh")
COMMAND = re.compile(r"(?<![\w.-])(?:[\w./]*/)?orderwire +([a-z][^\n`]*)")
OURS = re.compile(
    r"(?:batch|broker_calls|journal|upstream|instruments|queue|key|access|event_loop|order_update"
    r"|circuit_breaker|subscriber|account_halted|websocket_connections|http_requests)\w*"
)
METRIC = re.compile(r"^# TYPE (\w+) \w+$", re.MULTILINE)
CALL = re.compile(r"(GET|POST|PUT|DELETE) (/[^\s?`]*)")
OPERATIONS = ROOT / "web" / "guides" / "operations.md"


def commands_in(text):
    """The command lines of a text, from the word after `orderwire` on."""
    for line in text.replace("\\\n", " ").splitlines():
        for found in COMMAND.finditer(line):
            words = shlex.split(found[1], comments=True)
            end = next((i for i, word in enumerate(words) if word in ("|", "&&", ">")), None)
            yield words[:end]


def is_taken(words):
    """Whether there is such a command, with these options."""
    if words[0] not in COMMANDS:
        return False
    command, rest = orderwire.get_command(click.Context(orderwire), words[0]), words[1:]
    while isinstance(command, click.Group):
        if not rest or rest[0].startswith("-"):
            return True
        command, rest = command.commands.get(rest[0]), rest[1:]
    options = {option for param in command.params for option in param.opts}
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    return given - options - {"--help"} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_is_there(path):
    """A command line that is shown is one that runs: its command, and its options."""
    blocks = [block.text for shell in SHELLS for block in blocks_of(path, shell)]
    wrong = [
        words
        for text in (*blocks, *codes_of(path))
        for words in commands_in(text)
        if not is_taken(words)
    ]
    assert wrong == []


def test_a_command_that_is_not_there_is_found():
    """The test above would see one: an unknown command, an unknown option."""
    assert [is_taken(words) for words in commands_in("orderwire nothing\norderwire demo --no")] == [
        False,
        False,
    ]
    assert list(commands_in("systemctl stop orderwire\njournalctl -u orderwire -o cat")) == []


async def metrics(tmp_path):
    """What a gateway that serves would tell, by name."""
    async with a_gateway(tmp_path) as gateway, gateway.app.test_app():
        gateway.app.extensions[PORT] = Port(gateway.app, 10)
        answer = await gateway.app.test_client().get("/metrics")
        found = METRIC.findall(await answer.get_data(as_text=True))
    return {name for name in found if not name.endswith("_created")}


async def test_every_metric_is_told(tmp_path, autojump_clock):
    """The table of metrics has each that a gateway gives; each that any guide names is given."""
    given = await metrics(tmp_path)
    tables = [table for table in tables_of(OPERATIONS) if table[0][0] == "metric"]
    alarms, all_of_them = (
        {name for row in table[1:] for name in CODE.findall(row[0])} for table in tables
    )
    assert alarms - given == set()
    assert all_of_them - given == set(), "told, and not given"
    assert given - all_of_them == set(), "given, and not told"
    named = {code for path in GUIDES for code in codes_of(path) if OURS.fullmatch(code)}
    others = {"batch_id", *get_args(EventType), *attrs.fields_dict(AccountConfig)}
    assert {name for name in named if "_" in name} - given - others == set()


def rule_of(path):
    """A path with a mark in place of each name in it."""
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_call_is_there(path):
    """A method and a path that are told are a call of the reference."""
    known = {(call.method, rule_of(call.path)) for call in CALLS}
    accounts = re.compile(r"^/accounts/(?:primary|fy|zer)(?=/)")
    wrong = [
        (method, place)
        for code in codes_of(path)
        for method, place in CALL.findall(code)
        if (method, rule_of(accounts.sub("/accounts/{}", place))) not in known
    ]
    assert wrong == []


def test_where_a_broker_is_named_is_where_it_is():
    """The places that the guide to a new broker lists: each name is at home in the file beside it."""
    guide = ROOT / "web" / "guides" / "adding-a-broker.md"
    rows = next(table for table in tables_of(guide) if table[0][0] == "place")[1:]
    seen = 0
    for cell, _ in rows:
        for names, link in re.findall(r"([^\[\]]*)\[[^\]]*\]\(([^)]*)\)", cell):
            text = (guide.parent / link).resolve().read_text("utf-8")
            for name in CODE.findall(names):
                assert re.search(rf"^(?:def )?{name}\b", text, re.MULTILINE), (name, link)
                seen += 1
    assert seen > 8
    folders = {
        "kite": ROOT / "actors" / "upstream" / "kite",
        "upstream": ROOT / "actors" / "upstream",
    }
    for table in tables_of(guide):
        if (found := re.search(r"file of `actors/upstream(/kite)?`", table[0][0])) is not None:
            folder = folders["kite" if found[1] else "upstream"]
            assert all((folder / CODE.search(row[0])[1]).is_file() for row in table[1:])
