"""Proofs of the sandbox broker: literal frames, test symbols, ledger, faults."""
