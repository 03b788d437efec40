import pytest

from . import posts


@pytest.mark.process
def test_every_post_is_answered_on_its_connection():
    """P20: POSTs over kept connections, some answered before their body came: each gets the one
    status that is right, none is wedged or lost, and a last answer says that it is the last.
    """
    said = []
    posts.run(said.append, count=700)
    assert "413 x10" in said[0]
