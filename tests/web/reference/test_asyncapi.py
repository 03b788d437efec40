import re

from jsonschema import Draft202012Validator

from tests.web.reference.judge import documents, lookup, references
from web.order_stream_wishes import SOCKET_PARAMETERS
from web.reference.asyncapi import name_of, query_of
from web.reference.frames import CLOSES, DIALECTS
from web.wishes import PARAMETERS

OPEN_NAME = re.compile(r"<(\w+)>")


async def test_every_websocket_is_told(gateway, autojump_clock):
    """Each websocket of the app is a channel of the document, and the other way round."""
    rules = gateway.app.url_map.iter_rules()
    paths = {OPEN_NAME.sub(r"{\1}", rule.rule) for rule in rules if rule.websocket}
    _, sockets = documents()
    assert {channel["address"] for channel in sockets["channels"].values()} == paths


def test_every_reference_leads_somewhere():
    """No `$ref` of the document hangs."""
    _, sockets = documents()
    for reference in set(references(sockets)):
        assert lookup(sockets, reference)


def test_every_shape_is_a_schema():
    """Each shape and each payload is a JSON Schema as 2020-12 has it."""
    _, sockets = documents()
    for schema in sockets["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for message in sockets["components"]["messages"].values():
        Draft202012Validator.check_schema(message["payload"])


def test_every_frame_goes_one_way():
    """Each websocket sends every frame of its dialect that is told, and takes those it may send."""
    _, sockets = documents()
    for dialect in DIALECTS:
        for path in dialect.paths:
            said = {
                way: {
                    one["$ref"].rpartition("/")[2]
                    for one in sockets["operations"][f"{name_of(path)}_{way}"]["messages"]
                }
                for way in ("out", "in")
            }
            assert said["out"] == {"pong", *(form.name for form in dialect.out)}
            assert said["in"] == {"ping", *(form.name for form in dialect.taken)}
            assert said["out"] & said["in"] == set()


def test_the_parameters_are_those_that_are_read():
    """What may stand in a websocket's URL is what its surface reads there."""
    ours, stream = (query_of(dialect.paths[0]) for dialect in DIALECTS)
    assert {one.name for one in ours} == set(PARAMETERS)
    assert {one.name for one in stream} == {*SOCKET_PARAMETERS, "event_types"}


def test_every_close_is_told():
    """The contract's close codes, each with why, stand with every channel."""
    assert {1003, 1009, 1012, 4001, 4008, 4009} <= set(CLOSES)
    _, sockets = documents()
    for channel in sockets["channels"].values():
        assert all(f"- {code}: " in channel["description"] for code in CLOSES)
