"""Any row at all: nothing of a person comes out of it, and nothing but a value or a fault."""

import copy
import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.errors import DecodeError
from actors.domain.wire import decode, encode, parse
from actors.upstream.fields import FieldFault
from actors.upstream.fyers import rows
from tests.actors.upstream.fyers import names, samples

trade = partial(rows.trade, account_id="primary")
position = partial(rows.position, account_id="primary")


@pytest.mark.parametrize("frame", samples.FRAMES[:7])
def test_nothing_of_a_person_is_kept(frame):
    """P21: client id and PAN, wherever they are planted, reach no report."""
    planted = frame.replace('"s":"ok",', "").replace(',"s":"ok"', "")
    for body in parse(planted.encode()).values():
        said = f"{samples.PERSON} {samples.PAN} C-{samples.PERSON} QWERT1234Z"
        row = {**body, "client_id": samples.PERSON, "pan": samples.PAN, "oms_msg": said}
        for read in (rows.order_report, trade, position):
            try:
                value = read(row)
            except FieldFault as fault:
                assert samples.PAN not in str(fault)
                continue
            text = encode(value).decode() + repr(value)
            assert not any(secret in text for secret in (samples.PERSON, samples.PAN, "QWERT"))


ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**80), 2**80)
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.text(max_size=80)
    | st.sampled_from(["\ud800", "01-Jan-0001 00:00:00", "31-12-9999 23:59:59", "NA", "x" * 600])
    | st.sampled_from(["NSE:", ":", "NSE:A-EQ", "1:", "2:Untagged", "1:5", "²", 1e9, 90])
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
)
NAMES = sorted(
    {
        name
        for table in (names.ORDERS, names.TRADES, names.POSITIONS)
        for row in table
        for name in row[:2]
    }
)
ROWS = [
    *(body for frame in samples.FRAMES[:7] for body in json.loads(frame).values()),
    *map(json.loads, (samples.ORDER_ROW, samples.TRADE_ROW, samples.POSITION_ROW)),
]
MORE = ["orderNumStatus", "update_time_epoch_oms", "ltp", "pan"]


@given(
    st.sampled_from([row for row in ROWS if isinstance(row, dict)]),
    st.sampled_from([rows.order_report, trade, position]),
    st.dictionaries(st.sampled_from([*NAMES, *MORE]), ODD, min_size=1, max_size=5),
)
def test_any_row_gives_a_value_that_can_be_stored_or_a_fault(row, read, changes):
    """P19: whatever stands in a row, reading gives a value that our own wire carries both ways,
    or the fault of a field; nothing else.
    """
    row = copy.copy(row)
    row.update(changes)
    try:
        value = read(parse(json.dumps(row, default=str).encode()))
        found = read(row)
    except (FieldFault, DecodeError):
        return
    for one in (value, found):
        assert decode(encode(one), type(one)) == one
