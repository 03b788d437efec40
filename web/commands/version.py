"""Which Orderwire this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """Give the version that was installed; a checkout that was not says so."""
    try:
        return version("orderwire")
    except PackageNotFoundError:
        return "0.0.0+checkout"
