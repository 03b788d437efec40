"""Proofs of the sandbox as ticker_service."""
