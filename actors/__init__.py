"""Orderwire's actors: the tree that holds the streams, and the one door into it."""
