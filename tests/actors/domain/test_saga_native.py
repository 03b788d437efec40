"""Every native batch of two and three legs, whatever the broker makes of it, and a crash anywhere.

2-3 legs under one tag x (filled, nothing, half, rejected, resting) each, a lying broker included
         x (answered, no answer) x (told at once, told when asked) x each policy
         x a crash after each durable step, before and after what it calls for
"""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest
from attrs import define, evolve, field

from actors.domain import legs, saga
from actors.domain.batch import WayOut
from actors.domain.ids import OrderId
from actors.domain.model import OrderReport
from actors.domain.unwind import tag_for

from .given import a_batch, a_leg
from .given_saga import Drive, Exchange, ready
from .test_saga_exhaustion import check

OUTCOMES = ("fill", "none", "half", "reject", "rest")
POLICIES = ("keep", "cancel_open", "cancel_and_flatten", "hold")
WHOLE = OrderId("whole")


@define
class NativeExchange(Exchange):
    """Takes all legs in one call. Rows are hidden until asked for, where the stream is silent.

    `shows_at` are the questions, from 1, at which the row of a leg comes out.
    """

    answer: str = "id"  # id, lost, gone, refuse
    shows_at: tuple[int, ...] = ()
    hidden: dict = field(factory=dict)
    questions: int = 0

    def place_native(self, action):
        """Take all legs; give the fact that comes back."""
        tag = action.tag
        self.sent.append(tag)
        if self.answer == "refuse":
            return lambda batch: legs.refused(batch, tag, "refused")
        if self.answer != "gone":
            for leg in action.legs:
                order = self.take(leg, self.places[leg.index])
                if self.shows_at:
                    del self.orders[order.order_id]
                    self.hidden[order.order_id] = (self.shows_at[leg.index], order)
        if self.answer == "id":
            return lambda batch: legs.taken(batch, WHOLE)
        return lambda batch: legs.unclear(batch, tag, "no answer")

    def take(self, leg, does):
        """See `Exchange`; ids stay unique while rows are hidden."""
        order = super().take(leg, does)
        del self.orders[order.order_id]
        order = evolve(order, order_id=OrderId(f"{leg.index}.{len(self.sent)}"))
        self.orders[order.order_id] = order
        return order

    def show(self, at):
        """Bring out the rows that are due by the n-th question."""
        for order_id, (shows_at, order) in list(self.hidden.items()):
            if shows_at <= at:
                del self.hidden[order_id]
                self.orders[order_id] = order

    def find(self, tag):
        """Give the fact of having asked for a tag: every row under it."""
        self.questions += 1
        self.show(self.questions)
        found = [
            OrderReport(one.order_id, one.status, tradingsymbol=one.tradingsymbol)
            for one in self.orders.values()
            if one.broker_tag == tag
        ]
        return lambda batch: legs.asked(batch, tag, found)


@define
class NativeDrive(Drive):
    """Drives a native batch."""

    def _act(self, action):
        if isinstance(action, saga.SendAsOne):
            return self.exchange.place_native(action)
        return super()._act(action)


def native(size, **changes):
    """Give a native batch not begun: one tag for all."""
    batch = ready(*("BUY", "SELL", "BUY")[:size], mode="native", advance_on="filled", **changes)
    tag = tag_for(batch.batch_id, 0)
    return evolve(batch, legs=tuple(evolve(leg, broker_tag=tag) for leg in batch.legs))


def drive(*places, crash_at=None, before=False, on_failure="cancel_and_flatten", **exchange):
    """Drive a native batch of one leg a word to its end, and judge it."""
    batch = native(len(places), on_failure=on_failure)
    given = NativeDrive(NativeExchange(places, **exchange), batch, crash_at, before)
    given.run()
    check(given)
    assert given.exchange.sent.count(batch.legs[0].broker_tag) <= 1, "P9: sent twice"
    is_whole = all(leg.state == "filled" for leg in given.batch.legs)
    assert is_whole or given.batch.outcome != "complete"
    return given


def crashed_everywhere(*places, **options):
    """Drive a batch without a crash, then with one at each of its steps; give the one without."""
    whole = drive(*places, **options)
    for crash_at in range(len(whole.durable)):
        for before in (False, True):
            drive(*places, crash_at=crash_at, before=before, **options)
    return whole


@pytest.mark.parametrize("on_failure", POLICIES)
@pytest.mark.parametrize("size", [2, 3])
def test_every_native_batch_ends_truly_wherever_it_crashes(size, on_failure):
    """P9, P10: all legs in one sending, never a second; the end is what the exchange has, also
    where a broker fills one leg and not the other, which it promised not to do.
    """
    for places in combinations_with_replacement(OUTCOMES, size):
        for answer, asks in product(("id", "lost"), (False, True)):
            shows_at = (1,) * size if asks else ()
            crashed_everywhere(*places, answer=answer, shows_at=shows_at, on_failure=on_failure)


@pytest.mark.parametrize("cancels", ["fills", "refused", "unanswered", "unanswered fill"])
@pytest.mark.parametrize("flattens", ["fill", "rest", "reject", "lost fill"])
def test_what_rests_against_the_rules_is_called_back_leg_by_leg(cancels, flattens):
    """P10: a leg that rests though it may not is cancelled by its own id, whatever comes of it."""
    for places in combinations_with_replacement(OUTCOMES, 2):
        crashed_everywhere(*places, cancels=cancels, flattens=flattens)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("answer", ["gone", "refuse"])
def test_what_is_not_there_fails_whole(size, answer):
    """P9: refused, or denied twice without an answer: every leg has failed, nothing is unwound."""
    given = crashed_everywhere(*["fill"] * size, answer=answer)
    assert given.batch.outcome == "rejected_clean"
    assert given.exchange.questions == (2 if answer == "gone" else 0)
    assert {leg.denials for leg in given.batch.legs} == {2 if answer == "gone" else 0}


@pytest.mark.parametrize("answer", ["id", "lost"])
@pytest.mark.parametrize("shows_at", [(1, 4), (4, 1), (2, 9), (1, 2, 6), (5, 1, 1)])
def test_a_leg_whose_row_is_late_is_not_denied_by_that(answer, shows_at):
    """P9: where one leg is, the others are: a book that shows them one by one denies none."""
    given = crashed_everywhere(*["fill"] * len(shows_at), answer=answer, shows_at=shows_at)
    assert given.batch.outcome == "complete"
    assert {leg.denials for leg in given.batch.legs} <= {0, 1}


def test_what_the_broker_named_is_waited_for():
    """P9: it gave an id, and shows nothing for a while: that is no denial, also after a crash."""
    for crash_at in (None, 1):
        given = drive("fill", "fill", shows_at=(20, 20), crash_at=crash_at)
        assert given.batch.parent_order_id == WHOLE
        assert given.batch.outcome == "complete"


@pytest.mark.parametrize("answer", ["id", "lost"])
def test_rows_that_never_come_end_it_and_late_ones_open_it_again(answer):
    """P10: no leg is waited for without end. Where the whole is known to be there, the end is not
    called clean; what turns up after it is unwound, and told anew.
    """
    for shows_at in ((1, 999), (999, 1), (999, 999)):
        batch = native(2)
        given = NativeDrive(
            NativeExchange(("fill", "fill"), answer=answer, shows_at=shows_at), batch
        )
        given.run()
        is_there = 1 in shows_at or answer == "id"
        assert given.batch.outcome == ("exposed" if is_there else "rejected_clean")
        assert given.batch.residual == ()
        given.exchange.show(999)
        given.seconds += 1
        given.run()
        assert given.batch.revised_at is not None
        assert given.batch.outcome == "unwound"
        assert given.exchange.net() == {}
        assert given.exchange.sent.count(batch.legs[0].broker_tag) == 1


@pytest.mark.parametrize("on_failure", POLICIES)
@pytest.mark.parametrize("shows_at", [(1, 999), (999, 999), (999, 1, 2)])
def test_a_leg_that_is_never_shown_keeps_no_batch_from_its_end(shows_at, on_failure):
    """P10: by every policy and over a crash at any step it ends, once sent, and not called clean."""
    fills = ("fill",) * len(shows_at)
    for crash_at, before in product(range(8), (False, True)):
        batch = native(len(shows_at), on_failure=on_failure)
        exchange = NativeExchange(fills, shows_at=shows_at)
        given = NativeDrive(exchange, batch, crash_at, before)
        given.run()
        is_known = given.batch.parent_order_id is not None or min(shows_at) == 1
        is_unseen = not exchange.sent or not is_known
        ends = ("kept",) if on_failure in ("keep", "hold") else ("exposed",)
        assert given.batch.outcome in (("rejected_clean",) if is_unseen else ends)
        assert exchange.sent.count(batch.legs[0].broker_tag) <= 1


def test_one_tag_is_asked_about_once():
    """P9: a restart finds three legs and one tag: one question, and no second sending."""
    batch = native(3)
    sent = saga.decide(batch, saga.Scene(batch.created_at)).batch
    step = saga.decide(sent, saga.Scene(batch.created_at))
    assert step.actions == (saga.Ask(batch.legs[0].broker_tag),)
    assert {leg.state for leg in step.batch.legs} == {"unknown"}


def test_a_row_in_a_foreign_symbol_is_no_leg():
    """P9: what stands under the tag in another symbol is neither a leg nor proof of one."""
    batch = native(2)
    sent = saga.decide(batch, saga.Scene(batch.created_at)).batch
    asked = saga.decide(sent, saga.Scene(batch.created_at)).batch
    tag = batch.legs[0].broker_tag
    stranger = OrderReport(OrderId("9"), "OPEN", tradingsymbol="ELSE")
    for _ in range(2):
        asked = legs.asked(asked, tag, [stranger])
    assert [(leg.state, leg.order_id) for leg in asked.legs] == [("rejected", None)] * 2


def test_the_way_out_of_a_native_batch_goes_out_one_by_one():
    """P10: what unwinds has tags of its own."""
    given = drive("fill", "none")
    first, *flattens = given.exchange.sent
    assert first == tag_for(given.batch.batch_id, 0)
    assert flattens == [tag_for(given.batch.batch_id, 2)]


def test_legs_of_other_batches_are_still_known_by_their_tags_alone():
    """P9: outside native batches a symbol that a broker spells its own way hides no order."""
    batch = a_batch("unknown", way_out=WayOut())
    found = [OrderReport(OrderId("7"), "OPEN", tradingsymbol="SPELT-OTHERWISE")]
    (leg,) = legs.asked(batch, a_leg(0).broker_tag, found).legs
    assert (leg.state, leg.order_id) == ("submitted", "7")
