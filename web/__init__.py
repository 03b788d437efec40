"""The surfaces of Orderwire: its web app, its command, and the sandbox broker."""
