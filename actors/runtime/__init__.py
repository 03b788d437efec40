"""What the actors run on: mailboxes, supervision, the journal, limits, metrics, and the seams."""
