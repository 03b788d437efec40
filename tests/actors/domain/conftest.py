"""How the properties here are searched: the same examples each time, and no deadline to flake."""

from hypothesis import settings

settings.register_profile("orderwire", deadline=None, derandomize=True, database=None)
settings.load_profile("orderwire")
