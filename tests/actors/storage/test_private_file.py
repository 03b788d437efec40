import stat

import pytest

from actors.storage.private_file import FILE_BYTES_MAX, read_private, replace_private


def test_what_was_put_there_is_read(tmp_path):
    """Nothing where no file is; then the last bytes that were put there."""
    path = tmp_path / "kept"
    assert read_private(path) is None
    replace_private(path, b"one")
    replace_private(path, b"two")
    assert read_private(path) == b"two"


def test_only_its_owner_can_read_it(tmp_path):
    """P21: 0600, also where files that all could read were in its place."""
    path, fresh = tmp_path / "kept", tmp_path / "kept.new"
    for there in (path, fresh):
        there.write_text("old")
        there.chmod(0o666)
    replace_private(path, b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not fresh.exists()


def test_what_cannot_be_replaced_stays(tmp_path):
    """A link in the way is not followed, and the old bytes stand."""
    path, elsewhere = tmp_path / "kept", tmp_path / "elsewhere"
    replace_private(path, b"old")
    (tmp_path / "kept.new").symlink_to(elsewhere)
    with pytest.raises(OSError, match="kept"):
        replace_private(path, b"new")
    assert read_private(path) == b"old"
    assert not elsewhere.exists()


def test_no_more_is_read_than_is_ours(tmp_path):
    """P20: a file that someone made huge does not fill the memory."""
    path = tmp_path / "kept"
    path.write_bytes(b"x" * (FILE_BYTES_MAX + 10))
    assert len(read_private(path)) == FILE_BYTES_MAX
