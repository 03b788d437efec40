"""The commands, as real processes where that is what matters."""
