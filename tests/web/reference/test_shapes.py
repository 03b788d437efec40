from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from attrs import frozen

from actors.domain.batch import Batch, BatchRequest
from actors.domain.errors import GatewayBug
from actors.domain.ids import OrderId
from actors.domain.wire import plain
from tests.actors.domain.given import a_batch
from web.reference.call import Form, Listed, Named, OneOf
from web.reference.shapes import Shapes, fields_of


@frozen
class Inner:
    """Inside."""

    price: Decimal


@frozen
class Outer:
    """Outside."""

    id: OrderId
    at: datetime | None
    side: Literal["BUY", "SELL"] | None
    inner: Inner | None
    inners: tuple[Inner, ...] = ()
    count: int = 3
    share: float = 0.5


def component(kind, **options):
    """The schema of a class or a form, and all that it refers to."""
    shapes = Shapes()
    name = shapes.of(kind, **options)["$ref"].rpartition("/")[2]
    return shapes.components[name]


def test_a_class_is_told_field_by_field():
    """Ids are texts, money is a number, a time says its form, what may be null says so."""
    found = component(Outer)["properties"]
    inner = {"$ref": "#/components/schemas/Inner"}
    assert found["id"] == {"type": "string"}
    assert found["at"]["type"] == ["string", "null"]
    assert found["at"]["format"] == "date-time"
    assert found["side"] == {"type": ["string", "null"], "enum": ["BUY", "SELL", None]}
    assert found["inner"] == {"anyOf": [inner, {"type": "null"}]}
    assert found["inners"] == {"type": "array", "items": inner}
    assert found["share"] == {"type": "number"}
    assert component(Inner)["properties"] == {"price": {"type": "number"}}


def test_what_is_given_has_every_field_and_what_is_taken_its_needed_ones():
    """An answer always has all its fields; a request may leave out what has a default."""
    given, taken = component(Outer), component(Outer, taken=True)
    assert given["required"] == ["id", "at", "side", "inner", "inners", "count", "share"]
    assert taken["required"] == ["id", "at", "side", "inner"]
    assert taken["additionalProperties"] is False
    assert taken["properties"]["count"]["default"] == 3
    assert "default" not in given["properties"]["count"]


def test_a_form_has_its_base_and_its_own():
    """A form's fields are its base's and its own, of which some may lack."""
    fields = {"more": Any, "rows": Listed(Inner), "by": Named(bool), "one": OneOf((int, str))}
    found = component(Form("Formed", "Put together.", fields, Inner, frozenset({"more"})))
    assert list(found["properties"]) == ["price", "more", "rows", "by", "one"]
    assert found["properties"]["by"]["additionalProperties"] == {"type": "boolean"}
    assert found["properties"]["one"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert found["required"] == ["price", "rows", "by", "one"]


def test_a_batch_is_told_as_it_is_written():
    """What `wire` writes of a batch, and in which order, is what its schema has."""
    assert [one.name for one in fields_of(Batch)] == list(plain(a_batch("filled", "pending")))


def test_the_bounds_of_the_checks_are_told():
    """What would be refused for its size is told beforehand."""
    shapes = Shapes()
    shapes.of(BatchRequest, taken=True)
    leg = shapes.components["LegRequest"]["properties"]
    assert leg["quantity"]["minimum"] == 1
    assert leg["tradingsymbol"]["maxLength"] == 64
    assert shapes.components["BatchRequest"]["properties"]["wait_s"]["maximum"] == 120


def test_two_shapes_of_one_name_are_a_defect():
    """A name stands for one shape, or a reader would be told of another."""
    shapes = Shapes()
    shapes.of(Inner)
    with pytest.raises(GatewayBug, match="called Inner"):
        shapes.of(Form("Inner", "Another.", {}))


def test_what_has_no_schema_is_a_defect():
    """A type that nobody has said how to tell is not told as something else."""
    with pytest.raises(GatewayBug, match="no JSON Schema"):
        Shapes().of(set[int])
