"""Files are replaced whole, with their permissions, and leave nothing beside them."""

import os
from pathlib import Path

import pytest

from podium.platform.atomic_write import create_file, replace_file


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(
    ("before", "mode", "after"),
    [
        pytest.param(None, None, 0o640, id="a new file follows the umask"),
        pytest.param(0o755, None, 0o755, id="permissions are kept"),
        pytest.param(0o755, 0o600, 0o600, id="permissions are given"),
        pytest.param(None, 0o666, 0o666, id="given permissions ignore the umask"),
    ],
)
def test_a_file_is_replaced(
    tmp_path: Path, before: int | None, mode: int | None, after: int, durable: bool
) -> None:
    path = tmp_path / "new" / "file"
    if before is not None:
        path.parent.mkdir()
        path.write_text("the old content, which is longer")
        path.chmod(before)
    mask = os.umask(0o027)
    try:
        replace_file(path, b"new", mode=mode, durable=durable)
    finally:
        os.umask(mask)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == after
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_what_cannot_be_replaced_stays_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        replace_file(tmp_path / "folder", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_a_name_of_the_longest_kind_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_of_two_who_create_a_file_the_first_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert create_file(path, b"one", mode=0o600)
    assert not create_file(path, b"two", mode=0o600)
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]
