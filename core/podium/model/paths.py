"""Validates paths of project files lexically, without accessing the file system.

Paths come from models, plans, replies and clients, so they are validated before they are resolved.
A path is rejected, with a reason, if it could escape the project, reach the Git directory or
`.podium`, or mean something else to another program (a shell, Windows, macOS).
"""

import re
import unicodedata

PROTECTED_FOLDERS = (".git", ".podium")
MAX_PART_BYTES = 255
MAX_PATH_BYTES = 1024

_PLAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*")
"""Matches most paths; no rule can apply to them, so they need no further checks."""

_DRIVE = re.compile(r"[A-Za-z]:")
_SHORT_NAME_OF_GIT = re.compile(r"git~\d+")


def path_problem(text: str) -> str | None:
    """Return why `text` cannot be the path of a file in a project.

    Args:
        text: a relative path with `/` as separator; `./` and doubled or trailing `/` are allowed.

    Returns: A clause that does not include the path, or None if the path is acceptable.
    """
    if len(text) <= MAX_PART_BYTES and _PLAIN.fullmatch(text):
        return None
    return _problem_of_whole(text) or next(
        (problem for part in path_parts(text) if (problem := _problem_of_part(part))), None
    )


def path_parts(text: str) -> tuple[str, ...]:
    """Return the components of a path, without empty ones and `.`."""
    return tuple(part for part in text.split("/") if part not in ("", "."))


def _problem_of_whole(text: str) -> str | None:
    if not text.strip():
        return "it is empty"
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return "it contains control characters"
    if text.startswith("/"):
        return "it is absolute; use a path relative to the project folder"
    if _DRIVE.match(text):
        return "it begins with a drive letter; use a path relative to the project folder"
    if "\\" in text:
        return "it contains a backslash; use / as the separator"
    if len(text.encode()) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES} bytes"
    parts = path_parts(text)
    if not parts:
        return "it names the project folder itself, not a file in it"
    return "it begins with ~, the home folder of a shell" if parts[0] == "~" else None


def _problem_of_part(part: str) -> str | None:
    if part == "..":
        return "it contains .., which leads to a parent folder"
    if part[-1] in ". " or part[0].isspace() or part[-1].isspace():
        return "a name in it begins or ends with a space, or ends with a dot"
    if len(part.encode()) > MAX_PART_BYTES:
        return f"a name in it is longer than {MAX_PART_BYTES} bytes"
    protected = _protected_name(part)
    return f"{protected} belongs to git or Podium" if protected else None


def _protected_name(part: str) -> str | None:
    """Return the protected folder that `part` refers to on some file system.

    macOS ignores case and invisible format characters. Windows truncates at a colon, drops trailing
    dots and spaces, and also accepts the short name of `.git`.
    """
    visible = "".join(letter for letter in part if unicodedata.category(letter) != "Cf")
    plain = unicodedata.normalize("NFKC", visible).casefold().split(":")[0].rstrip(". ")
    if _SHORT_NAME_OF_GIT.fullmatch(plain):
        return PROTECTED_FOLDERS[0]
    return plain if plain in PROTECTED_FOLDERS else None
