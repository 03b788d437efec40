"""The sandbox: a paper broker that speaks a real broker's wire format over real sockets.

    orders ──▶ market ──▶ exchange ──▶ ledger ──▶ stream and answers

It shares no encoder, model or constant with the gateway: each is tested against the literal
frames of the broker's documentation, or both would be wrong together.
"""
