import pytest

from tests.web.guides.reading import DOCUMENTS, GUIDES, ROOT, anchors_of, links_of
from web.guides.texts import FOLDER, NAMES, guides, pictures, read_guide


def test_every_guide_is_named_once():
    """Each Markdown file beside the module is a guide, and each guide such a file."""
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(NAMES)
    assert list(guides()) == list(NAMES)


def test_a_guide_begins_with_its_title_and_says_what_it_is_about():
    """A title of one line, then one paragraph, in one piece."""
    made = read_guide("x", "# A title\n\nWhat it\nsays.\n\n## More\n")
    assert (made.title, made.summary) == ("A title", "What it says.")
    for guide in guides().values():
        assert guide.text.startswith(f"# {guide.title}\n\n")
        assert guide.summary.endswith(".")


def test_a_picture_can_stand_alone():
    """It says what it shows, has colours for the dark and the light, and asks for nothing."""
    for text in pictures().values():
        assert 'role="img" aria-label="' in text
        assert "prefers-color-scheme: dark" in text
        assert "href" not in text
        assert "url(" not in text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    """A link within the project is a file or folder that is there, and its anchor a heading."""
    broken = []
    for link in links_of(path):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def test_every_guide_is_led_to():
    """A reader of the README comes to each guide."""
    linked = set(links_of(ROOT / "README.md"))
    assert {f"web/guides/{path.name}" for path in GUIDES} - linked == set()
