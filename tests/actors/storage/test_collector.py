"""The garbage collector's rest."""

from __future__ import annotations

import gc

import pytest

from actors.storage.collector import no_collector


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_left_as_it_was_found(was_on):
    """P18: it rests inside the block, and afterwards is on if and only if it was on before."""
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(KeyError), no_collector():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() == was_on
    finally:
        gc.enable()
