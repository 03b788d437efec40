import json

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.books import Told
from actors.domain.ids import Epoch, LogPosition, Offset
from actors.domain.wire import encode
from web.answers import has_fields, listed, page_of, stamped
from web.query import Page

AT = LogPosition(Epoch("e1"), Offset(9))


def row(first, **fields):
    """A row that began at an offset."""
    fields = {"n": first, **fields}
    return Told(encode(fields), Offset(first), Offset(first), fields)


def test_a_list_is_json_of_its_rows():
    """Rows go out as the bytes that are in the book, with the position they stand at."""
    assert json.loads(listed([b'{"a":1}', b"2"], 4, AT)) == {
        "status": "success",
        "count": 2,
        "data": [{"a": 1}, 2],
        "next": 4,
        "epoch": "e1",
        "offset": 9,
    }
    assert json.loads(listed([], None, AT))["data"] == []


def test_an_object_takes_its_position_in():
    """A batch's answer is its bytes and the position, in one object."""
    assert json.loads(stamped(b'{"a":1}', AT)) == {"a": 1, "epoch": "e1", "offset": 9}


@given(st.sets(st.integers(1, 60)), st.integers(1, 7))
def test_pages_give_every_row_once(firsts, limit):
    """However rows and pages fall, walking by `next` meets each row once, newest first."""
    rows = [row(first) for first in sorted(firsts, reverse=True)]
    seen, before, pages = [], None, 0
    while True:
        data, before = page_of(rows, Page(limit, before, None, None), lambda _: True)
        seen += [json.loads(body)["n"] for body in data]
        pages += 1
        if before is None:
            break
    assert seen == sorted(firsts, reverse=True)
    assert pages == max(1, -(-len(firsts) // limit))


@given(st.text(), st.text(), st.text())
def test_a_filter_sees_fields_and_not_what_stands_in_them(status, symbol, text):
    """What a row says in some text of its own never passes for a field."""
    fits = has_fields(status=status)
    assert fits(row(1, status=status, text=text))
    spoof = json.dumps({"status": status})[1:-1]
    assert not fits(row(1, status=status + symbol + "!", text=spoof))
    assert has_fields(status=None)(row(1))
