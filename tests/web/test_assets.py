import pytest

from web.assets import Assets


async def test_the_page_and_its_files_are_served(gateway, autojump_clock):
    """GET / is the monitor; its scripts and pictures have the types that browsers run and show."""
    client = gateway.app.test_client()
    page = await client.get("/")
    assert page.status_code == 200
    assert page.content_type == "text/html; charset=utf-8"
    assert "<title>" in await page.get_data(as_text=True)
    for name, media_type in (
        ("page.js", "text/javascript; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ):
        answer = await client.get(f"/static/{name}")
        assert (answer.status_code, answer.content_type) == (200, media_type)


async def test_a_file_is_sent_once(gateway, autojump_clock):
    """Who has a file is told so: 304, and no bytes."""
    client = gateway.app.test_client()
    first = await client.get("/static/page.js")
    again = await client.get("/static/page.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, await again.get_data()) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        *("/static/", "/static/nothing.js", "/static/../app.py", "/static/%2e%2e/app.py"),
        *("/static//etc/passwd", "/static/index.html/..", "/static/..%2fapp.py"),
    ],
)
async def test_no_path_leads_out_of_the_folder(gateway, autojump_clock, path):
    """P21: only the files that were read at the start are there; all else is 404."""
    assert (await gateway.app.test_client().get(path)).status_code == 404


def test_files_of_unknown_types_are_left_out(tmp_path):
    """A note or a key that lies beside the page is not served."""
    (tmp_path / "a.mjs").write_text("1")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.svg").write_text("<svg/>")
    (tmp_path / "c.pem").write_text("key")
    assert set(Assets.read(tmp_path).assets) == {"a.mjs", "deep/b.svg"}
