import gc
from contextlib import suppress

from web.commands.collector import YOUNG_MAX, calm_collector


def test_what_was_there_is_walked_no_more_and_the_rest_less_often():
    """P6: while a gateway serves, the collector leaves alone what its start made; afterwards it is
    as it was, whatever ended the serving.
    """
    before = gc.get_threshold()
    with suppress(RuntimeError), calm_collector():
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold() == (YOUNG_MAX, *before[1:])
        circle = []
        circle.append(circle)
        del circle
        assert gc.collect() >= 1, "what comes later is still looked at"
        raise RuntimeError
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
