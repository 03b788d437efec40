"""Each leaf takes one JSON type, and its refusal says what is needed, not what was sent."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from attrs import frozen
from cattrs import BaseValidationError
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import Fault, GatewayBug
from actors.domain.exact import (
    DIGITS_MAX,
    FAULTS_MAX,
    GUESSES_MAX,
    INT_MAX,
    exact_bool,
    exact_decimal,
    exact_float,
    exact_int,
    exact_str,
    faults_of,
    read_time,
    strict_converter,
    time_text,
)

SECRET = "hunter2-hunter2"
IST = timezone(timedelta(hours=5, minutes=30))


@frozen
class _Inner:
    price: Decimal
    note: str | None = None


@frozen
class _Outer:
    name: str
    inner: tuple[_Inner, ...]
    rate: float = 1.0


def _faults(value, *, closed=False):
    with pytest.raises((BaseValidationError, TypeError)) as caught:
        strict_converter(lambda _: closed).structure(value, _Outer)
    return faults_of(caught.value)


@pytest.mark.parametrize(
    ("exact", "taken"),
    [
        (exact_int, [0, -7, INT_MAX, -INT_MAX]),
        (exact_decimal, [0, 7, Decimal("610.50"), Decimal("1E+25"), Decimal("-0.05")]),
        (exact_float, [0, 7, 7.5, Decimal("7.5")]),
        (exact_bool, [True, False]),
        (exact_str, ["", "7", "नमस्ते", "\0", "😀"]),
    ],
)
def test_what_is_of_the_right_type_is_taken_unchanged(exact, taken):
    """Nothing is rounded, trimmed or turned into something else."""
    assert [exact(value) for value in taken] == taken


@pytest.mark.parametrize(
    ("exact", "refused"),
    [
        (exact_int, [None, "7", 7.0, Decimal(7), True, [], {}, INT_MAX + 1, -INT_MAX - 1, 10**5000]),
        (
            exact_decimal,
            [None, "7", "NaN", 7.0, True, Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"),
             Decimal("1E+31"), Decimal("1E-31"), Decimal("0E+40"), Decimal("1" * (DIGITS_MAX + 1)),
             10**31, 10**4000],
        ),
        (
            exact_float,
            [None, "7", True, float("nan"), float("inf"), 10**400, Decimal("1E+400"),
             Decimal("sNaN")],
        ),
        (exact_bool, [None, 0, 1, "true", "", []]),
        (exact_str, [None, 7, True, b"7", ["7"], "\ud800", "a\udfffb"]),
        (
            read_time,
            [None, 7, "", "2026-11-20", "2026-11-20T03:45:00", "2026-11-20T03:45:00+00:00",
             "2026-11-20T03:45:00+05:30Z", "2026-11-20 03:45:00Z", "2026-11-20T03:45Z",
             "20261120T034500Z", "2026-W47-5T03:45:00Z", "2026-11-20T03:45:00.Z",
             "2026-11-20T03:45:00.1234567Z", "\uff12\uff10\uff12\uff16-11-20T03:45:00Z", "2026-11-31T03:45:00Z",
             "2026-11-20T25:00:00Z", "0000-01-01T00:00:00Z", "2026-11-20T03:45:00Z\n"],
        ),
    ],
)  # fmt: skip
def test_what_is_not_is_refused_by_type_or_value(exact, refused):
    """P19: a leaf of the wrong type or out of bounds is a TypeError or ValueError, no other."""
    for value in refused:
        with pytest.raises((TypeError, ValueError)):
            exact(value)


@given(st.datetimes(timezones=st.sampled_from([UTC, IST]), min_value=datetime(2, 1, 1)))
def test_times_are_written_in_utc_to_the_millisecond(moment):
    """Times on the wire are RFC 3339 with `Z`, wherever they came from, and read back as UTC."""
    back = read_time(time_text(moment))
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert back.utcoffset() == timedelta(0)


def test_a_time_reads_as_the_contract_shows_it():
    """The contract's own form, to the letter."""
    moment = datetime(2025, 10, 31, 14, 45, 30, 123456, tzinfo=IST)
    assert time_text(moment) == "2025-10-31T09:15:30.123Z"
    assert read_time("2025-10-31T09:15:30.123456Z") == moment


def test_a_time_without_a_zone_is_never_written():
    """A naive time would be taken for the host's own zone; it is our bug, and is told as one."""
    with pytest.raises(GatewayBug, match="zone"):
        time_text(datetime(2026, 11, 20, 9, 15))


def test_each_fault_has_its_path():
    """A wrong value is named by where it stands, all of them at once."""
    assert _faults({"name": 7, "inner": [{"price": 1}, {"price": "1"}, {"note": None}]}) == (
        Fault("$.name", "a string is needed"),
        Fault("$.inner[1].price", "a number is needed"),
        Fault("$.inner[2].price", "required field missing"),
    )


@pytest.mark.parametrize("value", [None, 7, "x", [], [{}], True])
def test_an_object_is_needed_where_a_class_stands(value):
    """P19: cattrs alone would iterate over whatever it is given."""
    assert _faults(value) == (Fault("$", "an object is needed"),)


@pytest.mark.parametrize("value", [None, 7, "xy", {"0": {}}, True])
def test_a_list_is_needed_where_a_tuple_stands(value):
    """P19: a text or an object is no list, though both can be walked."""
    assert _faults({"name": "n", "inner": value}) == (Fault("$.inner", "a list is needed"),)


def test_a_closed_class_names_the_fields_it_does_not_know():
    """A caller's field that we do not know may be a typo of one that moves money."""
    value = {"name": "n", "inner": [{"price": 1, "prize": 2, "a @ $.b": 3}], "ra te": 1}
    assert _faults(value, closed=True) == (
        Fault("$", "unknown field: ra te (is rate meant?)"),
        Fault("$.inner[0]", "unknown field: a @ $.b, prize (is price meant?)"),
    )
    assert strict_converter(lambda _: False).structure(value, _Outer).inner[0].price == 1


def test_no_value_at_fault_is_repeated():
    """P21: a secret in the wrong place is not carried into the error, nor into what caused it."""
    shapes = ({"name": [SECRET]}, {"name": {SECRET: 1}}, {"name": "n", "inner": SECRET})
    for value in (*shapes, {"name": "n", "inner": [{"price": SECRET, "note": 7}]}):
        assert SECRET not in " ".join(map(str, _faults(value)))
    with pytest.raises(ValueError, match="RFC 3339") as caught:
        read_time(SECRET)
    assert SECRET not in str(caught.value)
    with pytest.raises(ValueError, match="no such day") as caught:
        read_time("2026-99-99T00:00:00Z")
    assert "99" not in str(caught.value)


def test_a_hopeless_value_is_given_up():
    """P20: a list of a million wrong values costs no more than its first faults."""
    assert len(_faults({"name": "n", "inner": [{}] * 100_000})) == FAULTS_MAX
    wide = {"name": "n", "inner": [{"price": None, "note": 7}] * 100_000}
    assert len(_faults(wide)) == FAULTS_MAX


def test_what_comes_after_the_last_fault_is_not_looked_at():
    """P19: the time that a wrong list costs is bounded by its faults, not by its length."""
    looked_at = []

    def refuse(value, _):
        looked_at.append(value)
        raise ValueError("no")

    converter = strict_converter(lambda _: False)
    converter.register_structure_hook(int, refuse)
    with pytest.raises(BaseValidationError):
        converter.structure(list(range(1000)), tuple[int, ...])
    assert looked_at == list(range(FAULTS_MAX))


def test_a_long_message_is_cut():
    """P20: the names of unknown fields are the sender's, so their length is bounded."""
    (fault,) = _faults({"name": "n", "inner": [], "x" * 100_000: 1}, closed=True)
    assert len(fault.message) < 250


def test_what_was_meant_is_looked_for_a_few_times_alone():
    """P20: of the names that a sender made up only the first few are held against the known."""
    many = {f"rat{letter}": 1 for letter in "abcdefgh"}
    (fault,) = _faults({"name": "n", "inner": [], **many}, closed=True)
    assert fault.message.count("is rate meant?") == GUESSES_MAX
    (fault,) = _faults({"name": "n", "inner": [], "rate" * 11: 1}, closed=True)
    assert "meant" not in fault.message


@pytest.mark.parametrize("error", [RuntimeError("inside"), ValueError(), RecursionError()])
def test_what_has_no_words_for_the_sender_gets_plain_ones(error):
    """P21: an error from within a library is told as a bad value, without its own text."""
    assert faults_of(error) == (Fault("$", "not a valid value"),)


@pytest.mark.parametrize("money", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E+31")])
def test_money_that_could_not_be_read_again_is_not_written(money):
    """P13: what is stored can be read back; anything else is our bug, told before it is stored."""
    with pytest.raises(GatewayBug, match="money"):
        strict_converter(lambda _: False).unstructure(_Inner(money))
