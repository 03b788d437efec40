"""A row's fields become an instrument, or the one field that is wrong is named."""

from decimal import Decimal

import pytest

from actors.domain.instrument_rows import TICKS_MAX, Instrument, RowReader, WrongFieldError


def test_a_row_is_read():
    """Lots and freeze quantities are whole units, steps exact money."""
    assert RowReader().read("NFO", "A", "75", "0.10", "1800") == Instrument(
        "NFO", "A", 75, Decimal("0.1"), 1800
    )


@pytest.mark.parametrize("freeze", ["", "0", "000"])
def test_a_freeze_quantity_of_zero_is_none(freeze):
    """Zero says, as with lots and steps, that there is no such rule: not that nothing may go."""
    assert RowReader().read("NFO", "A", "75", "0.1", freeze).freeze_quantity is None


def test_a_wrong_field_is_named_and_not_repeated():
    """The place and what is needed there; the value, which may be anything, is in neither."""
    with pytest.raises(WrongFieldError) as caught:
        RowReader().read("NFO", "A", "s3cret", "0.1")
    assert (caught.value.place, caught.value.message) == (
        ".lot_size",
        "a whole number of units is needed",
    )


def test_what_a_reader_remembers_is_bounded():
    """P20: a list in which every line has a step of its own fills no memory."""
    reader = RowReader()
    for n in range(TICKS_MAX + 10):
        assert reader.read("NFO", "A", "1", f"{n + 1}").tick_size == n + 1
    assert len(reader._ticks) == TICKS_MAX
