"""Classes and forms as JSON Schemas (2020-12, as OpenAPI 3.1 has them). Pure.

    Order ──Shapes.of──▶ {"$ref": "#/components/schemas/Order"}      and the component beside it
    Decimal ▶ number    datetime ▶ RFC 3339 in UTC    NewType ▶ what it is of    Literal ▶ enum

What the gateway writes has all its fields, and may have more one day. What it takes may lack those
that have a default, and has no others: `taken`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Any, Final, Literal, NewType, Union, get_args, get_origin, get_type_hints

import attrs

from actors.domain.batch import Batch
from actors.domain.errors import GatewayBug

from .call import Form, Listed, Named, OneOf, Schema
from .notes import NOTES

AT: Final = "#/components/schemas/"
TIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
}
PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
    datetime: TIME,
    Any: {},
}


@attrs.define
class Shapes:
    """The components that were needed so far, by name."""

    components: dict[str, Schema] = attrs.field(factory=dict)
    _sources: dict[str, Any] = attrs.field(factory=dict)

    def of(self, kind: Any, *, taken: bool = False) -> Schema:
        """Give the schema of a type, a class, a form or a mere schema; GatewayBug for another."""
        if isinstance(kind, dict):
            return kind
        if isinstance(kind, NewType):
            return self.of(kind.__supertype__, taken=taken)
        if kind in PLAIN:
            return dict(PLAIN[kind])
        if isinstance(kind, Listed):
            return {"type": "array", "items": self.of(kind.item, taken=taken)}
        if isinstance(kind, Named):
            return {"type": "object", "additionalProperties": self.of(kind.value, taken=taken)}
        if isinstance(kind, OneOf):
            return {"anyOf": [self.of(inner, taken=taken) for inner in kind.kinds]}
        if isinstance(kind, Form):
            return self._component(kind.name, kind, kind.about, taken=taken)
        if attrs.has(kind):
            about = inspect.getdoc(kind) or ""
            return self._component(kind.__name__, kind, about, taken=taken)
        return self._of_generic(kind, taken=taken)

    def _of_generic(self, kind: Any, *, taken: bool) -> Schema:
        origin, inside = get_origin(kind), get_args(kind)
        if origin is Literal:
            return {"type": "string", "enum": list(inside)}
        if origin in (tuple, list):
            return {"type": "array", "items": self.of(inside[0], taken=taken)}
        if origin in (Union, UnionType):
            return self._union(inside, taken=taken)
        raise GatewayBug(f"no JSON Schema is known for a {kind}")

    def _union(self, kinds: tuple[Any, ...], *, taken: bool) -> Schema:
        schemas = [self.of(kind, taken=taken) for kind in kinds if kind is not type(None)]
        if len(schemas) == len(kinds):
            return {"anyOf": schemas}
        if len(schemas) == 1 and "type" in schemas[0]:
            found = schemas[0]
            more = {"enum": [*found["enum"], None]} if "enum" in found else {}
            return {**found, "type": [found["type"], "null"], **more}
        return {"anyOf": [*schemas, {"type": "null"}]}

    def _component(self, name: str, source: Any, about: str, *, taken: bool) -> Schema:
        if self._sources.setdefault(name, source) is not source:
            raise GatewayBug(f"two shapes are called {name}")
        if name not in self.components:
            self.components[name] = {}  # a shape may hold itself
            self.components[name] = self._object(name, source, about, taken=taken)
        return {"$ref": f"{AT}{name}"}

    def _object(self, name: str, source: Any, about: str, *, taken: bool) -> Schema:
        notes = NOTES.get(name, {})
        properties, needed = {}, []
        for field in fields_of(source):
            schema = self.of(field.kind, taken=taken)
            if taken and field.default not in (NEEDED, None):
                schema = {**schema, "default": field.default}
            properties[field.name] = {**schema, **notes.get(field.name, {})}
            if field.is_needed(taken=taken):
                needed.append(field.name)
        shape: Schema = {"type": "object", "description": about, "properties": properties}
        if needed:
            shape["required"] = needed
        return shape | notes.get("", {}) | ({"additionalProperties": False} if taken else {})


NEEDED: Final = object()


@attrs.frozen
class Field:
    """A field as it is in JSON. `default` is NEEDED where there is none."""

    name: str
    kind: Any
    default: Any = NEEDED
    may_lack: bool = False  # also of what is written

    def is_needed(self, *, taken: bool) -> bool:
        """Say whether it always stands there."""
        return not self.may_lack and (self.default is NEEDED or not taken)


def fields_of(source: Any) -> Iterator[Field]:
    """Give the fields of a class or a form, in the order in which they are written."""
    if source is Batch:
        yield from _of_batch()
    elif not isinstance(source, Form):
        yield from _of_class(source)
    else:
        if source.base is not None:
            yield from fields_of(source.base)
        for name, kind in source.fields.items():
            yield Field(name, kind, may_lack=name in source.optional)


def _of_class(kind: type) -> Iterator[Field]:
    hints = get_type_hints(kind)
    for field in attrs.fields(kind):
        if field.default is attrs.NOTHING:
            yield Field(field.name, hints[field.name])
        else:
            is_plain = isinstance(field.default, bool | int | str)
            yield Field(field.name, hints[field.name], field.default if is_plain else None)


def _of_batch() -> Iterator[Field]:
    """Give a batch's fields as `wire` writes them: what is counted of it stands there too."""
    hints = get_type_hints(Batch)
    counted = {
        name: get_type_hints(getattr(Batch, name).fget)["return"]
        for name in ("status", "succeeded", "failed", "pending")
    }
    first = {
        "status": counted["status"],
        "account_id": hints["account_id"],
        "batch_id": hints["batch_id"],
        "total_orders": int,
        **counted,
        "order_ids": tuple[str, ...],
    }
    rest = {field.name: hints[field.name] for field in attrs.fields(Batch)}
    yield from (Field(name, kind) for name, kind in (first | rest).items())
