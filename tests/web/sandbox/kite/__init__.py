"""Proofs of the sandbox as Kite Connect."""
