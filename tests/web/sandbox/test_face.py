import pytest

from web.sandbox.face import Admission
from web.sandbox.paper import FACES, UPSTREAMS, PaperOptions, open_paper


def test_an_admission_is_whole_unless_it_says_otherwise():
    """A broker whose credentials come with the handshake has nothing left to ask for."""
    assert Admission("primary").authenticated
    assert not Admission("primary", authenticated=False).authenticated


@pytest.mark.parametrize("upstream", UPSTREAMS)
async def test_each_upstream_has_a_face_of_its_own(autojump_clock, upstream):
    """A broker that is asked for is the one that runs, and it refuses who has no key."""
    async with open_paper(PaperOptions(upstream=upstream)) as broker:
        assert broker.admit("/nowhere", {}).status == 404
    assert len({FACES[each] for each in UPSTREAMS}) == len(UPSTREAMS)
