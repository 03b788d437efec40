from actors.domain.config import Config
from actors.domain.errors import ConfigError
from tests.web.reference.judge import documents
from web.reference.notes import LEGS_MOST, NOTES


def test_every_note_is_of_a_field_that_is_there():
    """A field that is renamed or gone takes its bounds and words with it."""
    calls, _ = documents()
    schemas = calls["components"]["schemas"]
    for name, notes in NOTES.items():
        fields = set(schemas[name]["properties"])
        assert set(notes) - {""} <= fields, name


def test_a_note_does_not_contradict_its_type():
    """What a note says of null is what the type says: an optional leg's tag may be null."""
    calls, _ = documents()
    leg = calls["components"]["schemas"]["LegRequest"]["properties"]
    assert leg["tag"]["type"] == ["string", "null"]
    assert leg["price"]["type"] == ["number", "null"]
    assert leg["price"]["maximum"] == 10_000_000


def test_as_many_legs_are_told_as_an_account_may_take(tmp_path):
    """No account can be configured to take more legs than the document lets a client send."""
    for legs, is_well in ((LEGS_MOST, True), (LEGS_MOST + 1, False)):
        text = f'[accounts.a]\nupstream = "ticker_service"\nurl = "http://h"\nlegs_max = {legs}\n'
        (tmp_path / "orderwire.toml").write_text(text + 'api_key = "k"\n')
        try:
            Config.load(tmp_path / "orderwire.toml")
        except ConfigError as error:
            assert not is_well
            assert "legs_max" in str(error)
        else:
            assert is_well
