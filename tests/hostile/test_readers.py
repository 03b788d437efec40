import pytest

from . import readers


@pytest.mark.process
def test_bad_readers_end_alone():
    """P6: a stopped reader is told or cut, a flooding one closed, a vanished one gone at once, a
    trickling one kept; twenty healthy ones hear everything meanwhile.
    """
    said = []
    readers.run(said.append, count=20, seconds=6)
    assert any("4008" in line for line in said)
