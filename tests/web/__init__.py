"""Proofs of the surfaces."""
