"""Whatever is heard and listed, in whatever order, a position has what is known and no more."""

from hypothesis import given
from hypothesis import strategies as st

from .fakes import a_trade
from .given_book import Bench, listed, sale

FILLS = st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=8)
STEPS = st.lists(
    st.tuples(st.sampled_from(["hear", "hear", "ask", "kill"]), st.integers(0, 11)),
    max_size=20,
)


@given(FILLS, STEPS, st.integers(-3, 3))
def test_never_behind_what_is_known_and_never_ahead_of_what_happened(fills, steps, carried):
    """P7: trades heard twice and out of order, answers older than what was heard meanwhile, kills:
    what is told has each known trade and none that was not made, and nobody is told of a disagreement.
    """
    trades = [
        a_trade(str(n), quantity=lots * 50) if buys else sale(str(n), quantity=lots * 50)
        for n, (buys, lots) in enumerate(fills)
    ]

    def row(made):
        bought = sum(t.quantity for t in trades[:made] if t.transaction_type == "BUY")
        sold = sum(t.quantity for t in trades[:made]) - bought
        return listed(bought, sold, carried=carried * 50)

    bench = Bench()
    bench.ask_fills([], [row(0)])
    made, known = 0, set()
    asked, mark = made, bench.book.mark()
    for what, n in steps:
        made = min(made + n % 3, len(trades))
        if what == "hear":
            heard = {n % made} if made else set()
            for i in heard:
                bench.hear(trades[i])
            known |= heard
        else:
            if what == "kill":
                bench.begin_again()
                asked, mark = made, bench.book.mark()
            seen = asked + n % (made - asked + 1)  # as of when the answer was made
            known |= set(range(seen))
            bench.ask_fills(trades[:seen], [row(min(seen + n % 2, made))], mark=mark)
            asked, mark = made, bench.book.mark()
        held = bench.view.positions[row(0).id].value
        assert held.quantity == carried * 50 + held.day_bought - held.day_sold
        bought = sum(trades[i].quantity for i in known if trades[i].transaction_type == "BUY")
        sold = sum(trades[i].quantity for i in known) - bought
        assert bought <= held.day_bought <= row(len(trades)).day_bought
        assert sold <= held.day_sold <= row(len(trades)).day_sold
    bench.ask_fills(trades, [row(len(trades))])
    bench.ask_fills(trades, [row(len(trades))])
    assert bench.view.positions[row(0).id].value.quantity == row(len(trades)).quantity
    assert "message" not in bench.types()
