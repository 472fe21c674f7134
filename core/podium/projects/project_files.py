"""Reads and writes individual project files: text only, inside the project, atomically."""

from pathlib import Path

from podium.errors import StorageError, ValidationError, WriteConflict
from podium.platform.atomic_write import replace_file
from podium.workspace.paths import resolve_inside

MAX_BYTES = 8 * 1024 * 1024


def read_text_file(path: str) -> tuple[str, str]:
    """Return a file's content and its name.

    Raises:
        ValidationError: the file cannot be read, is too large, or is not text.
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
    """Decode UTF-8 bytes.

    Raises:
        ValidationError: the bytes contain NUL or are not UTF-8.
    """
    if b"\0" in content:
        raise ValidationError(f"{name} is not a text file", why="it contains NUL bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1} is not UTF-8"
        raise ValidationError(f"{name} is not a text file", why=why) from error


def write_project_file(root: Path, path: str, text: str) -> str:
    """Write a project file atomically and return its path relative to the project.

    Raises:
        PathOutsideWorkspace: the path is outside the project.
        StorageError: the file cannot be written.
    """
    target = resolve_inside(root, path)
    try:
        replace_file(target, text.encode("utf-8"))
    except OSError as error:
        raise StorageError(f"{path} cannot be written", why=error.strerror or "") from error
    return target.relative_to(root.resolve()).as_posix()


def replace_project_file(root: Path, path: str, content: bytes, *, expected: bytes) -> None:
    """Replace the content of a project file atomically; its permissions are kept.

    Raises:
        PathOutsideWorkspace: the path is outside the project.
        WriteConflict: the file's content is no longer `expected`.
        StorageError: the file cannot be written.
    """
    target = resolve_inside(root, path)
    try:
        if target.read_bytes() != expected:
            raise WriteConflict(f"{path} has changed in the meantime", hints=["try again"])
        replace_file(target, content)
    except OSError as error:
        raise StorageError(f"{path} cannot be written", why=error.strerror or "") from error


def put_project_file(root: Path, path: str, content: bytes, *, expected: bytes | None) -> None:
    """Replace the content of a project file, or create the file if none is expected.

    Args:
        expected: the current content; None if the file does not exist.

    Raises:
        PathOutsideWorkspace: the path is outside the project.
        WriteConflict: the file's content is no longer `expected`.
        StorageError: the file cannot be written.
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
        raise WriteConflict(f"{path} was created in the meantime", hints=["try again"]) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written", why=error.strerror or "") from error


def check_file_contains(root: Path, path: str, text: str) -> None:
    """Check that a project file exists and contains a string.

    Raises:
        PathOutsideWorkspace: the path is outside the project.
        ValidationError: the file does not exist or does not contain the string.
    """
    content, name = read_text_file(str(resolve_inside(root, path)))
    if text not in content:
        raise ValidationError(f"{name} does not contain {text!r}", why="it is not evidence")
