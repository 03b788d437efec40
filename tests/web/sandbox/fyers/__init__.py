"""Proofs of the sandbox as Fyers."""
