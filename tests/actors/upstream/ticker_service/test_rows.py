"""Rows: what is read, what is refused, and that nothing else can come out."""

import ast
import copy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import actors
from actors.domain.errors import DecodeError
from actors.domain.model import Note, OrderReport, Position, Trade
from actors.domain.wire import decode, encode, parse
from actors.upstream.ticker_service import fields, rows
from actors.upstream.ticker_service.fields import FieldFault
from tests.actors.upstream.samples import ORDER_ROW, POSITION_ROW, REJECTED_ROW, TRADE_ROW

ORDER = parse(ORDER_ROW.encode())
TRADE = parse(TRADE_ROW.encode())
POSITION = parse(POSITION_ROW.encode())
READERS = (
    (ORDER, rows.order_report),
    (TRADE, lambda row: rows.trade(row, "primary")),
    (POSITION, lambda row: rows.position(row, "primary")),
)
PURE = ("fields.py", "rows.py", "frames.py", "answers.py")


def test_a_kite_order_row_becomes_a_report():
    """Every field of the model is read from Kite's own; IST becomes UTC, money keeps its digits."""
    assert rows.order_report(ORDER) == OrderReport(
        order_id="251123000123456",
        status="COMPLETE",
        filled_quantity=50,
        pending_quantity=0,
        average_price=Decimal("19500.2"),
        tradingsymbol="NIFTY26NOVFUT",
        exchange="NFO",
        transaction_type="BUY",
        order_type="LIMIT",
        product="NRML",
        validity="DAY",
        variety="regular",
        quantity=50,
        price=Decimal("19500.25"),
        trigger_price=Decimal(0),
        tag="ow01abc",
        placed_at=datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC),
        at=datetime(2026, 11, 23, 3, 45, 31, tzinfo=UTC),
        status_message=None,
    )


def test_a_row_that_never_reached_the_exchange_has_its_order_time():
    """`at` is the later of the two times that Kite gives; null is what was not said."""
    report = rows.order_report(parse(REJECTED_ROW.encode()))
    assert report.at == report.placed_at == datetime(2026, 11, 23, 3, 46, tzinfo=UTC)
    assert report.tag is None
    assert report.status_message.startswith("Insufficient funds.")
    later = ORDER | {"order_timestamp": "2026-11-23 10:00:00"}
    assert rows.order_report(later).at == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    alone = {"order_id": "1", "status": "OPEN", "exchange_update_timestamp": "2026-11-23 09:15:30"}
    assert rows.order_report(alone).at == datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC)


def test_a_kite_trade_row_becomes_a_trade():
    """Value is price times quantity; the time of day alone in `order_timestamp` is not read."""
    assert rows.trade(TRADE, "primary") == Trade(
        trade_id="75894751",
        order_id="251123000123456",
        account_id="primary",
        exchange="NFO",
        tradingsymbol="NIFTY26NOVFUT",
        transaction_type="BUY",
        product="NRML",
        quantity=50,
        price=Decimal("19500.2"),
        value=Decimal("975010.0"),
        traded_at=datetime(2026, 11, 23, 3, 45, 31, tzinfo=UTC),
    )
    unfilled = TRADE | {"fill_timestamp": None, "exchange_timestamp": "2026-11-23 09:15:32"}
    assert rows.trade(unfilled, "primary").traded_at.second == 32


@pytest.mark.parametrize(
    ("quantity", "side"), [(-50, "short"), (0, "flat"), (25, "long"), (2**63 - 1, "long")]
)
def test_a_kite_position_row_becomes_a_position(quantity, side):
    """The sign of the quantity is the side; its id is exchange, symbol and product."""
    assert rows.position(POSITION | {"quantity": quantity}, "primary") == Position(
        id="NFO:NIFTY26NOVFUT:NRML",
        account_id="primary",
        exchange="NFO",
        tradingsymbol="NIFTY26NOVFUT",
        product="NRML",
        quantity=quantity,
        average_price=Decimal("19500.2"),
        last_price=Decimal(19510),
        realised=Decimal(0),
        unrealised=Decimal("-490.0"),
        pnl=Decimal("-490.0"),
        side=side,
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("order_id", None, "required field missing"),
        ("order_id", "", "required field missing"),
        ("order_id", 251123000123456, "a string is needed"),
        ("order_id", "x" * 65, "at most 64 characters are allowed"),
        ("order_id", "\ud800", "a string without unpaired surrogates is needed"),
        ("status", 4, "a string is needed"),
        ("quantity", "50", "a whole number is needed"),
        ("quantity", Decimal("50.0"), "a whole number is needed"),
        ("quantity", True, "a whole number is needed"),
        ("quantity", -1, "a whole number from 0 that fits 64 bits is needed"),
        ("quantity", 2**63, "a whole number from 0 that fits 64 bits is needed"),
        ("price", "19500.25", "a number is needed"),
        ("price", True, "a number is needed"),
        ("price", Decimal("1e31"), "a number of at most 30 digits is needed"),
        ("price", Decimal("Infinity"), "a finite number is needed"),
        ("order_timestamp", "09:15:30", "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", "0001-01-01 00:00:00", "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", "2026-02-30 09:15:30", "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", 1763869530, "a time such as 2026-11-21 09:15:30 is needed"),
        ("order_timestamp", "2" * 41, "a time such as 2026-11-21 09:15:30 is needed"),
        ("status_message", ["no"], "a string is needed"),
        ("tag", "t" * 65, "at most 64 characters are allowed"),
    ],
)
def test_an_order_row_is_read_exactly(name, value, message):
    """P19: a value of another type or beyond its bounds is a fault of its field, never converted."""
    with pytest.raises(FieldFault) as caught:
        rows.order_report(ORDER | {name: value})
    assert (caught.value.name, caught.value.message) == (name, message)


@pytest.mark.parametrize(
    ("row", "name", "read"),
    [
        (TRADE | {"quantity": None}, "quantity", READERS[1][1]),
        (TRADE | {"average_price": None}, "average_price", READERS[1][1]),
        (
            TRADE | {"average_price": Decimal("1e20"), "quantity": 10**12},
            "average_price",
            READERS[1][1],
        ),
        (POSITION | {"quantity": None}, "quantity", READERS[2][1]),
        (POSITION | {"quantity": False}, "quantity", READERS[2][1]),
        (POSITION | {"quantity": -(2**64)}, "quantity", READERS[2][1]),
        (POSITION | {"pnl": None}, "pnl", READERS[2][1]),
        ([], "", READERS[0][1]),
        (None, "", READERS[1][1]),
        ("row", "", READERS[2][1]),
    ],
)
def test_trades_and_positions_have_no_unknown_amounts(row, name, read):
    """P19: an amount that is missing, or that our store could not read back, is a fault."""
    with pytest.raises(FieldFault) as caught:
        read(row)
    assert caught.value.name == name


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 09:15:30",
        "2026-11-23T09:15:30",
        "2026-11-23T09:15:30+05:30",
        "2026-11-23T03:45:30Z",
        "2026-11-23T03:45:30.000+00:00",
    ],
)
def test_a_time_is_ist_unless_it_names_its_zone(text):
    """Kite's times have no zone and are IST; ISO 8601 with one is read in it. All become UTC."""
    read = fields.maybe_time({"at": text}, "at")
    assert read == datetime(2026, 11, 23, 3, 45, 30, tzinfo=UTC)
    assert read.tzinfo is UTC


def test_a_long_explanation_is_cut_and_loses_no_row():
    """A status message of any length is kept to 500 characters."""
    assert len(rows.order_report(ORDER | {"status_message": "x" * 9000}).status_message) == 500


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
    where, found = rows.rows_of(body, *names)
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
        rows.rows_of(body, "data", "orders")
    assert str(caught.value) == fault


def test_a_bad_row_is_told_and_the_others_are_read():
    """A row that cannot be read becomes a note with its path, and never holds a value of the row."""
    bad = ORDER_ROW.replace('"quantity":50', '"quantity":"PAN ABCDE1234F"')
    numbers = ORDER_ROW.replace('"price":19500.25', '"price":' + "1" * 500 + ".5")
    body = f'{{"data":[{ORDER_ROW},{bad},{ORDER_ROW},"row",{numbers}]}}'.encode()
    path, found = rows.rows_of(body, "data")
    read = list(rows.read_rows(found, path, range(1, 5), rows.order_report))
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
    assert rows.few(notes[:20]) == tuple(notes[:20])
    few = rows.few(notes)
    assert few[:20] == tuple(notes[:20])
    assert few[20:] == (Note("error", "13 more rows of the broker's answer could not be read"),)


def test_a_row_under_a_tag_is_read_and_others_are_not():
    """P9: only the exact tag counts; a row whose tag cannot be read is a fault, never "not ours"."""
    assert rows.order_under(ORDER, "ow01abc").order_id == "251123000123456"
    assert rows.order_under(ORDER | {"quantity": "bad"}, "ow01ab") is None
    assert rows.order_under(ORDER | {"tag": None}, "ow01abc") is None
    without = {name: value for name, value in ORDER.items() if name != "tag"}
    for row in (without, ORDER | {"tag": 7}, ORDER | {"quantity": "bad"}):
        with pytest.raises(FieldFault):
            rows.order_under(row, "ow01abc")


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
        path, found = rows.rows_of(body, "data")
    except DecodeError:
        return
    read = list(rows.read_rows(found, path, range(len(found)), rows.order_report))
    assert all(isinstance(value, OrderReport | Note) for value in read)


def test_the_decoders_import_neither_trio_nor_a_web_framework():
    """Decisions are plain functions: no pure module reaches trio or quart, however indirectly."""
    root = Path(actors.__file__).parent.parent
    folder = root / "actors" / "upstream" / "ticker_service"
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
    assert folder / "rows.py" in seen
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
