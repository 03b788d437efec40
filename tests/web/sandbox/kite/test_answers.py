import json

import pytest

from web.sandbox.kite.answers import error, refused, success, success_text


def test_data_come_in_an_envelope():
    """As published: status and data; data that are text already are not encoded twice."""
    assert json.loads(success([1]).body) == {"status": "success", "data": [1]}
    assert success_text("[1]") == success([1])


def test_an_error_has_a_type():
    """As published: status, message, error_type, and data that are null."""
    response = error(400, "no", "OrderException")
    assert response.status == 400
    assert json.loads(response.body) == {
        "status": "error", "message": "no", "data": None, "error_type": "OrderException",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "InputException"), (403, "TokenException"), (429, "NetworkException"),
        (500, "GeneralException"), (502, "DataException"), (503, "NetworkException"),
        (504, "GeneralException"),
    ],
)  # fmt: skip
def test_a_status_has_the_type_that_goes_with_it(status, kind):
    """The pairs of Kite's documentation; what is not in it is General."""
    assert json.loads(refused(status, "no").body)["error_type"] == kind
