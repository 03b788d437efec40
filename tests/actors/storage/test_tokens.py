import stat

import pytest

from actors.domain.errors import StoreError
from actors.storage.tokens import TokenFile


@pytest.fixture
def tokens(tmp_path):
    return TokenFile.beside(tmp_path / "orderwire.db")


def test_what_is_kept_is_there_again(tokens):
    """A token outlives the process; accounts do not mix; with no file there is none."""
    assert tokens.load({"fy": "", "zer": ""}) == {}
    tokens.keep("fy", "one", "")
    tokens.keep("zer", "two", "configured")
    tokens.keep("fy", "three", "")
    assert tokens.load({"fy": "", "zer": "configured"}) == {"fy": "three", "zer": "two"}


def test_a_newer_configuration_beats_it(tokens):
    """A token that was put into the configuration after one was kept is the one in use."""
    tokens.keep("fy", "kept", "of monday")
    assert tokens.load({"fy": "of tuesday"}) == {}


def test_only_its_owner_can_read_it(tokens):
    """P21: 0600, also where a file that all could read was in its place."""
    fresh = tokens.path.with_name(tokens.path.name + ".new")
    for path in (tokens.path, fresh):
        path.write_text("{}")
        path.chmod(0o666)
    tokens.keep("fy", "secret", "")
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert not fresh.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"fy": "t"}', '{"fy": {"token": 7}}', "\xff"])
def test_another_file_in_its_place_is_told(tokens, text):
    """A file that is not ours is an error that names it, and the next token is kept all the same."""
    tokens.path.write_text(text)
    with pytest.raises(StoreError, match=r"orderwire\.db\.tokens"):
        tokens.load({"fy": ""})
    tokens.keep("fy", "t", "")
    assert tokens.load({"fy": ""}) == {"fy": "t"}


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """A token that cannot be kept is an error without the token in it."""
    tokens = TokenFile.beside(tmp_path / "nowhere" / "orderwire.db")
    with pytest.raises(StoreError) as caught:
        tokens.keep("fy", "hunter2", "")
    assert "hunter2" not in str(caught.value)
