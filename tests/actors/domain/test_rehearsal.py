"""A dry run says what would be sent, in which order, and how it would be undone."""

from decimal import Decimal

from attrs import evolve

from actors.domain.rehearsal import Exit, rehearse
from actors.domain.unwind import Prices

from .given import a_batch, a_leg
from .given_saga import ready


def test_the_stages_are_those_of_the_mode():
    """The legs that go out side by side, in turn."""
    assert rehearse(ready("SELL", "BUY"), Prices()).stages == ((0, 1),)
    assert rehearse(ready("SELL", "BUY", mode="sequential"), Prices()).stages == ((0,), (1,))
    hedged = rehearse(ready("SELL", "BUY", "SELL", mode="hedge_first"), Prices())
    assert hedged.stages == ((1,), (0, 2))
    assert (hedged.total_orders, hedged.calls) == (3, 9)


def test_the_way_out_is_priced_at_its_worst():
    """Shorts bought back first, each at the edge of the band around the last price."""
    legs = (
        a_leg(0, tradingsymbol="A", price=Decimal(100)),
        a_leg(1, tradingsymbol="B", transaction_type="SELL"),
    )
    prices = Prices({("NFO", "B"): Decimal(200)})
    assert rehearse(evolve(a_batch(), legs=legs), prices).way_out == (
        Exit("B", "NFO", "NRML", "BUY", 50, "LIMIT", Decimal("206.00")),
        Exit("A", "NFO", "NRML", "SELL", 50, "LIMIT", Decimal("97.00")),
    )


def test_what_would_be_kept_has_no_way_out():
    """Nothing is flattened where the desk does not ask for it."""
    assert rehearse(ready("BUY", on_failure="keep"), Prices()).way_out == ()
