"""The document in a stranger's hand: Schemathesis makes requests of it, and judges the answers."""

import pytest

from tests.web.reference.desk import a_desk
from tests.web.reference.drive import drive

SECONDS, EXAMPLES = 25, 4


@pytest.mark.process
async def test_no_request_finds_a_defect_or_an_answer_that_is_not_told(tmp_path):
    """P19: whatever is sent to whatever call, no answer is a defect of ours, and each is told.

    The long run is `python -m tests.web.reference.drive --seconds 300`.
    """
    async with a_desk(tmp_path) as asker:
        status, said = await drive(asker.url, tmp_path, seconds=SECONDS, examples=EXAMPLES)
    assert status == 0, said
    assert " passed" in said
