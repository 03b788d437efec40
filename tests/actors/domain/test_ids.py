"""A place in the log is written as EPOCH:OFFSET and read back, or refused in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.ids import Epoch, LogPosition, Offset


@given(st.text(min_size=1, max_size=40), st.integers(0, 10**18 - 1))
def test_a_position_comes_back_as_it_was_written(epoch, offset):
    """P4: what a client was given it can give back: any epoch, any offset to 18 digits."""
    position = LogPosition(Epoch(epoch), Offset(offset))
    assert LogPosition.parse(str(position)) == position


@pytest.mark.parametrize(
    "text",
    ["", ":", ":7", "e:", "e", "7", "e:-1", "e:+1", "e: 1", "e:1 ", "e:1.0", "e:\u0667", "e:\u00b2", "e:0x7",
     "e:" + "9" * 19, "e:1_0", "e:null"],
)  # fmt: skip
def test_what_is_no_position_is_refused(text):
    """P19: a resume position that no frame ever carried is a ValueError in plain words."""
    with pytest.raises(ValueError, match="EPOCH:OFFSET"):
        LogPosition.parse(text)


@given(st.text())
def test_any_text_is_a_position_or_a_value_error(text):
    """P19: whatever a client puts in `since`, nothing but a ValueError comes of it."""
    try:
        position = LogPosition.parse(text)
    except ValueError:
        return
    assert position.offset >= 0
    assert position.epoch
