"""The sandbox: a paper broker that speaks a real broker's wire format over real sockets.

    face ── orders ──▶ market ──▶ exchange ──▶ ledger ──▶ face ── stream and answers

A face is one broker's wire format (`ticker_service`, `fyers`, `kite`); what is behind it is the
same for all.

It shares no encoder, model or constant with the gateway: each is tested against the literal
frames of the broker's documentation, or both would be wrong together.
"""
