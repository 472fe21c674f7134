"""Which texts may name a file of a project; lexical only, must not look at any disk.

A path comes from a model, a plan, a reply or a client, so it is judged before anything is resolved:
what could climb out, reach git's or Podium's own folder, or be read differently by another program
(a shell, Windows, macOS) is refused with a sentence that says what is wrong.
"""

import re
import unicodedata

PROTECTED_FOLDERS = (".git", ".podium")
MAX_PART_BYTES = 255
MAX_PATH_BYTES = 1024

_DRIVE = re.compile(r"[A-Za-z]:")
_SHORT_NAME_OF_GIT = re.compile(r"git~\d+")


def path_problem(text: str) -> str | None:
    """Say what is wrong with `text` as a path of a file inside a project.

    Args:
        text: a relative path with `/` between folders; `./` and doubled or trailing `/` are fine.

    Returns:
        A sentence without the path itself, or None when the path is acceptable.
    """
    return _problem_of_whole(text) or next(
        (problem for part in path_parts(text) if (problem := _problem_of_part(part))), None
    )


def path_parts(text: str) -> tuple[str, ...]:
    """Return the names of which a path consists, without empty ones and `.`."""
    return tuple(part for part in text.split("/") if part not in ("", "."))


def _problem_of_whole(text: str) -> str | None:
    if not text.strip():
        return "it is empty"
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        return "it holds control characters"
    if text.startswith("/"):
        return "it is absolute; name it relative to the project's folder"
    if _DRIVE.match(text):
        return "it begins with a drive letter; name it relative to the project's folder"
    if "\\" in text:
        return "it holds a backslash; put / between folders"
    if len(text.encode()) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES} bytes"
    parts = path_parts(text)
    if not parts:
        return "it names the project's folder itself, not a file in it"
    return "it begins with ~, which stands for a home folder" if parts[0] == "~" else None


def _problem_of_part(part: str) -> str | None:
    if part == "..":
        return "it climbs with .."
    if part[-1] in ". " or part[0].isspace() or part[-1].isspace():
        return "a name in it begins or ends with a space, or ends with a dot"
    if len(part.encode()) > MAX_PART_BYTES:
        return f"a name in it is longer than {MAX_PART_BYTES} bytes"
    protected = _protected_name(part)
    return f"{protected} belongs to git or Podium" if protected else None


def _protected_name(part: str) -> str | None:
    """Return the protected folder that some file system takes `part` for.

    macOS ignores letter case and invisible format characters, Windows cuts at a colon, drops
    trailing dots and spaces and knows `.git` by its short name too.
    """
    visible = "".join(letter for letter in part if unicodedata.category(letter) != "Cf")
    plain = unicodedata.normalize("NFKC", visible).casefold().split(":")[0].rstrip(". ")
    if _SHORT_NAME_OF_GIT.fullmatch(plain):
        return PROTECTED_FOLDERS[0]
    return plain if plain in PROTECTED_FOLDERS else None
