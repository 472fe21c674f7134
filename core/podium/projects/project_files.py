"""Reads and writes single files for a person: plain text, inside bounds, in one step."""

from pathlib import Path

from podium.errors import StorageError, ValidationError, WriteConflict
from podium.platform.atomic_write import replace_file
from podium.workspace.paths import resolve_inside

MAX_BYTES = 8 * 1024 * 1024


def read_text_file(path: str) -> tuple[str, str]:
    """Return a file's text and its name.

    Raises:
        ValidationError: it cannot be read, is too large, or is not text.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValidationError(f"{file.name} is too large", why=f"at most {MAX_BYTES} bytes")
        content = file.read_bytes()
    except OSError as error:
        raise ValidationError(f"{path} cannot be read", why=error.strerror or "") from error
    return decode(content, file.name), file.name


def decode(content: bytes, name: str) -> str:
    """Return bytes as text.

    Raises:
        ValidationError: NUL bytes, or not UTF-8.
    """
    if b"\0" in content:
        raise ValidationError(f"{name} is not a text file", why="it holds NUL bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1} is not UTF-8"
        raise ValidationError(f"{name} is not a text file", why=why) from error


def write_project_file(root: Path, path: str, text: str) -> str:
    """Write a file of the project in one step and return its path relative to the project.

    Raises:
        PathOutsideWorkspace: the path leads out of the project.
        StorageError: it cannot be written.
    """
    target = resolve_inside(root, path)
    try:
        replace_file(target, text.encode("utf-8"))
    except OSError as error:
        raise StorageError(f"{path} cannot be written", why=error.strerror or "") from error
    return target.relative_to(root.resolve()).as_posix()


def replace_project_file(root: Path, path: str, content: bytes, *, expected: bytes) -> None:
    """Give a file of the project another content in one step; its permissions stay.

    Raises:
        PathOutsideWorkspace: the path leads out of the project.
        WriteConflict: it does not hold `expected` any more.
        StorageError: it cannot be written.
    """
    target = resolve_inside(root, path)
    try:
        if target.read_bytes() != expected:
            raise WriteConflict(f"{path} has changed meanwhile", hints=["ask again"])
        replace_file(target, content)
    except OSError as error:
        raise StorageError(f"{path} cannot be written", why=error.strerror or "") from error


def put_project_file(root: Path, path: str, content: bytes, *, expected: bytes | None) -> None:
    """Give a file of the project a content in one step, also one that is not there any more.

    Args:
        expected: what it holds now; None when there is none.

    Raises:
        PathOutsideWorkspace: the path leads out of the project.
        WriteConflict: it does not hold `expected` any more.
        StorageError: it cannot be written.
    """
    if expected is not None:
        replace_project_file(root, path, content, expected=expected)
        return
    target = resolve_inside(root, path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as opened:
            opened.write(content)
    except FileExistsError as error:
        raise WriteConflict(f"{path} has appeared meanwhile", hints=["ask again"]) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written", why=error.strerror or "") from error


def file_holds(root: Path, path: str, text: str) -> None:
    """Check that a file of the project exists and holds a text.

    Raises:
        PathOutsideWorkspace: the path leads out of the project.
        ValidationError: it does not exist or does not hold the text.
    """
    content, name = read_text_file(str(resolve_inside(root, path)))
    if text not in content:
        raise ValidationError(f"{name} does not hold {text!r}", why="so it is no evidence")
