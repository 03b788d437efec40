"""Conversations: what a client sends and must get, as plain text that runs.

    happy_spread.txt ─▶ script ─▶ Story ─┬─ tell ─▶ simulated: the whole tree on a virtual clock
    matrix.txt ───────▶ matrix ─▶ Story ─┘      └─▶ real: two processes, real sockets

How to read one, and how to write one: a line that begins with one of these marks is a step, all
else is prose, and indented lines go on with the step above them.

    > POST /accounts/primary/orders      a request; headers and JSON below it, indented
    > GET /health (within 5 s)           the same, asked again until the answer is as it must be
    < 200                                what it must be answered; headers and JSON below it
    ws /ws/orders/primary                a subscriber, from here to the story's end
    ws> ping                             what it says
    ws< {"type": "order_update"}         what it must be told next; other frames may come between
    broker: 1 BUY order in REST1, net 0  what the broker's own ledger must say
    $leg = {"quantity": 50}              a name for a piece of JSON
    ! the broker dies                    something happens to the world

What must come is JSON with holes, see `pattern.py`: `*` is any value, `$name` is one that is the
same wherever the name stands again. No word of a story is one broker's own: it is told to each.
What only one broker says is in `test_own_words.py`.
"""
