"""Three accounts at three brokers, each a process of its own, and all that can befall them.

python -m tests.brokers --minutes 10 --seed 1     kills, freezes, half-open lines, doubled frames,
                                                  tokens that die, one broker or all of them

    paper (ticker_service) ◀── relay ──┐
    paper (fyers)          ◀── relay ──┼── gateway ──▶ a subscriber that was there all the time
    paper (kite)           ◀── relay ──┘
"""
