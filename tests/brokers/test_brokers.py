"""The short form: one world for all, each test leaves it live, and equal to the ledgers."""

from random import Random

import pytest

from tests.sim.checkers import Broken

from . import planted, stories
from .world import UPSTREAMS, World

pytestmark = [pytest.mark.process, pytest.mark.long]

NAMES = tuple(UPSTREAMS)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three brokers, a gateway, and a subscriber that was there all the time."""
    with World(tmp_path_factory.mktemp("brokers"), seed=1) as running:
        yield running


def test_frames_that_come_twice_and_overtake_each_other_are_told_once(world):
    """P2, P8: half of all frames doubled, half of them late, at all three brokers: nobody connects
    again, no event is told twice, no order goes back.
    """
    stories.doubled(world, Random(2), NAMES)


@pytest.mark.parametrize(("name", "by_hand"), [("fy", True), ("zer", False)])
def test_a_token_that_dies_at_noon_is_replaced_while_all_else_trades(world, name, by_hand):
    """P7: needs_login within one refused call, at most 3 attempts until there is a new token, live
    with it; the other accounts' updates flow meanwhile.
    """
    attempts, *_ = stories.noon(world, name, f"planted-{name}-token2", by_hand=by_hand)
    assert 1 <= attempts <= 3


def test_brokers_that_are_killed_come_back_and_disturb_nobody(world):
    """P5, P7: kill -9 of two brokers in the midst of trading; started again on their ledgers they
    are live again, their books equal to them, and the third account never noticed.
    """
    stories.kill(world, Random(4), ("zer", "tick"))


def test_two_brokers_fall_silent_and_the_third_trades_on(world):
    """P7: one broker stands still for longer than two keep-alives, another's line is half open:
    each is noticed without a word, and is live and right afterwards.
    """
    stories.frozen_and_half_open(world, Random(3), "fy", "zer")


def test_nothing_secret_was_let_out_by_anything_of_it(world):
    """P21: refusals, torn frames and rows, bad tokens, a broker that repeats a token; then every
    log line at DEBUG, every answer and frame, the metrics, the store and what `check` says are
    looked through for tokens, keys, codes, signatures and a PAN. Only the tokens' file has any.
    """
    planted.provoke(world)
    world.settle()
    assert planted.leaks(world) == []
    kept = world.folder / planted.TOKENS_FILE
    assert (kept.stat().st_mode & 0o777, b"planted" in kept.read_bytes()) == (0o600, True)


def test_a_disturbed_account_is_noticed(world):
    """The check itself: an account that was stopped and started was not undisturbed."""
    with pytest.raises(Broken, match="disturbed"), world.undisturbed(("tick",)):
        world.ask("POST", "/accounts/tick/disconnect")
    world.ask("POST", "/accounts/tick/connect")
    world.until_live()
