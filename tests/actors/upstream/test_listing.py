"""Answers full of rows: the list is found, bad rows are told, and nothing else can come out."""

import ast
import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import actors
from actors.domain.errors import DecodeError
from actors.domain.model import Note, OrderReport
from actors.domain.wire import decode, encode, parse
from actors.upstream import listing
from actors.upstream.fields import FieldFault
from actors.upstream.kite import rows
from tests.actors.upstream.samples import ORDER_ROW, POSITION_ROW, TRADE_ROW

ORDER = parse(ORDER_ROW.encode())
TRADE = parse(TRADE_ROW.encode())
POSITION = parse(POSITION_ROW.encode())
READERS = (
    (ORDER, rows.order_report),
    (TRADE, lambda row: rows.trade(row, "primary")),
    (POSITION, lambda row: rows.position(row, "primary")),
)
PURE = (
    *("fields.py", "listing.py", "kite/rows.py"),
    *("ticker_service/frames.py", "ticker_service/answers.py"),
    *(f"kite/{name}.py" for name in ("forms", "answers", "frames")),
    *(
        f"fyers/{name}.py"
        for name in ("codes", "times", "words", "rows", "frames", "answers", "forms")
    ),
)


@pytest.mark.parametrize(
    ("body", "names", "path", "length"),
    [
        (b" [1]", ("data",), "$", 1),
        (b'{"status": "success", "data": [1, 2]}', ("data", "orders"), "$.data", 2),
        (b'{"orders":[]}', ("data", "orders"), "$.orders", 0),
        (b'{"data":{"net":[1],"day":[]}}', ("data", "positions", "net"), "$.data.net", 1),
        (b'{"net": [ 1 ] ,"day":[]}', ("data", "positions", "net"), "$.net", 1),
        (b'{"positions":{"net":[]}}', ("data", "positions", "net"), "$.positions.net", 0),
    ],
)
def test_the_list_is_found_in_its_envelope(body, names, path, length):
    """An answer is a bare list, or a list under Kite's or the service's own names."""
    where, found = listing.rows_of(body, *names)
    assert (where, len(found)) == (path, length)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"{}", "$.data: required field missing"),
        (b'{"data":{}}', "$.data.data: required field missing"),
        (b'{"data":null}', "$.data: a list is needed"),
        (b'"orders"', "$: a list is needed"),
        (b"", "$: a list is needed"),
        (b"[1,", "$: not JSON"),
        (b'{"data":[1}', "$: not JSON"),
        (b'{"\xff":1}', "$: not JSON"),
        (b'{"status":"error","data":[]}', "$.status: the broker answered with an error"),
        (b'{"data":' * 100_000, "$: not JSON"),
        (b"[" * 100_000, "$: not JSON"),
        (b"[" + b" " * 67_108_864, "$: more than 67108864 bytes"),
    ],
    ids=range(12),
)
def test_an_envelope_without_a_list_is_a_decode_error(body, fault):
    """P19: an answer of no known shape is named as such, with its path."""
    with pytest.raises(DecodeError) as caught:
        listing.rows_of(body, "data", "orders")
    assert str(caught.value) == fault


def test_a_bad_row_is_told_and_the_others_are_read():
    """A row that cannot be read becomes a note with its path, and never holds a value of the row."""
    bad = ORDER_ROW.replace('"quantity":50', '"quantity":"PAN ABCDE1234F"')
    numbers = ORDER_ROW.replace('"price":19500.25', '"price":' + "1" * 500 + ".5")
    body = f'{{"data":[{ORDER_ROW},{bad},{ORDER_ROW},"row",{numbers}]}}'.encode()
    path, found = listing.rows_of(body, "data")
    read = list(listing.read_rows(found, path, range(1, 5), rows.order_report))
    assert isinstance(read[1], OrderReport)
    texts = [note.text for note in read if isinstance(note, Note)]
    assert texts[:2] == [
        "a row of the broker's answer could not be read: $.data[1].quantity: a whole number is needed",
        "a row of the broker's answer could not be read: $.data[3]: an object is needed",
    ]
    assert texts[2].startswith("a row of the broker's answer could not be read: $.data[4]: ")


def test_notes_of_many_bad_rows_are_bounded():
    """P20: at most 20 notes are kept, and one says how many more there were."""
    notes = [Note("error", str(i)) for i in range(33)]
    assert listing.few(notes[:20]) == tuple(notes[:20])
    few = listing.few(notes)
    assert few[:20] == tuple(notes[:20])
    assert few[20:] == (Note("error", "13 more rows of the broker's answer could not be read"),)


ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**80), 2**80)
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.text(max_size=80)
    | st.sampled_from(["\ud800", "0001-01-01 00:00:00", "9999-12-31 23:59:59-23:59", "x" * 600])
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
)


@given(
    st.sampled_from(READERS),
    st.lists(st.tuples(st.integers(0, 60), ODD), min_size=1, max_size=4),
)
def test_any_row_gives_a_value_that_can_be_stored_or_a_fault(reader, changes):
    """P19: whatever stands in a row, reading gives a value that our own wire carries both ways,
    or the fault of a field; nothing else.
    """
    sample, read = reader
    row = copy.copy(sample)
    names = list(row)
    for i, value in changes:
        row[names[i % len(names)]] = value
    try:
        value = read(row)
    except FieldFault:
        return
    assert decode(encode(value), type(value)) == value


@given(st.integers(0, 2000), st.binary(max_size=8) | st.sampled_from([b"null", b"[[", b'"', b"{"]))
def test_any_list_gives_rows_and_notes_or_a_decode_error(at, put):
    """P19: an answer with bytes put in anywhere is split and read, row by row, or refused."""
    body = f'{{"status":"success","data":[{ORDER_ROW},{ORDER_ROW}]}}'.encode()
    at %= len(body)
    body = body[:at] + put + body[at + len(put) :]
    try:
        path, found = listing.rows_of(body, "data")
    except DecodeError:
        return
    read = list(listing.read_rows(found, path, range(len(found)), rows.order_report))
    assert all(isinstance(value, OrderReport | Note) for value in read)


def test_the_decoders_import_neither_trio_nor_a_web_framework():
    """Decisions are plain functions: no pure module reaches trio or quart, however indirectly."""
    root = Path(actors.__file__).parent.parent
    folder = root / "actors" / "upstream"
    seen: set[Path] = set()
    outside: set[str] = set()
    todo = [folder / name for name in PURE]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for module in _imported(node, path, root):
                inner = root.joinpath(*module.split("."))
                if module.startswith("actors"):
                    files = [inner.with_suffix(".py"), inner / "__init__.py"]
                    todo.extend(file for file in files if file.exists())
                else:
                    outside.add(module.partition(".")[0])
    assert folder / "kite" / "rows.py" in seen
    assert root / "actors" / "domain" / "wire.py" in seen
    assert not outside & {"trio", "quart", "quart_trio", "hypercorn", "trio_websocket", "web"}


def _imported(node, path, root):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        package = path.parent.relative_to(root).parts[: None if node.level == 1 else 1 - node.level]
        base = ".".join((*package, base)) if base else ".".join(package)
    return [base]
