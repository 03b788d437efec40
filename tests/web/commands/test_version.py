from importlib.metadata import PackageNotFoundError

from web.commands import version


def test_it_is_what_was_installed(monkeypatch):
    """The version is that of the installed distribution."""
    monkeypatch.setattr(version, "version", lambda name: f"{name} 1.2.3")
    assert version.own_version() == "orderwire 1.2.3"


def test_a_checkout_that_was_not_installed_says_so(monkeypatch):
    """Without an installed distribution there is still a version, and it cannot be mistaken."""

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(version, "version", missing)
    assert version.own_version() == "0.0.0+checkout"
