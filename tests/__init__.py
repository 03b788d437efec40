"""The proofs of Orderwire, in the shape of what they prove."""
