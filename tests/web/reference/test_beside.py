import re

import pytest

from web.reference.beside import AS_IT_WAS, BEFORE, BY_SYMBOL, LIMIT_ROWS, PAGE, PLACE

ORDERS = "/accounts/primary/orders"


@pytest.mark.parametrize("one", [LIMIT_ROWS, BEFORE, BY_SYMBOL], ids=lambda one: one.name)
async def test_the_bounds_are_the_gateways(gateway, autojump_clock, one):
    """What stands at a told bound is taken, and what is beyond it is 422."""
    schema = one.schema
    if schema["type"] == "integer":
        taken, beyond = (schema["minimum"], schema["maximum"]), schema["maximum"] + 1
        below = schema["minimum"] - 1
    else:
        taken, beyond, below = ("x", "x" * schema["maxLength"]), "x" * (schema["maxLength"] + 1), ""
    for value in taken:
        await gateway.get(f"{ORDERS}?{one.name}={value}")
    for value in (beyond, below):
        await gateway.get(f"{ORDERS}?{one.name}={value}", 422)


@pytest.mark.parametrize("schema", [AS_IT_WAS.schema, PLACE])
async def test_a_place_is_told_as_it_is_read(gateway, autojump_clock, schema):
    """The pattern of a place is one that JSON Schema and Python read alike."""
    epoch = gateway.system.journal.epoch
    assert re.search(schema["pattern"], f"{epoch}:12")
    assert not re.search(schema["pattern"], f"{epoch}:{'1' * 19}")
    assert not re.search(schema["pattern"], "here")


def test_a_page_is_asked_for_alike_everywhere():
    """Lists share their parameters."""
    assert [one.name for one in PAGE] == ["status", "symbol", "limit", "before"]
