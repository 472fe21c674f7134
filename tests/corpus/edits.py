"""Real edits: files that differ between two consecutive releases of a project."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podium.syntax import language_of
from tests.corpus.fetch import CACHE
from tests.corpus.projects import PROJECTS, Project

_VERSION_IN_NAME = re.compile(r"-v?\d+(\.\w+)+")
_MADE_BY_TOOLS = frozenset(
    ("node_modules", "build", "commonjs", "vendor", "third_party", "generated", "android-build")
)
_MADE_ENDINGS = (".d.ts", ".min.js", ".min.css", ".map", ".lock", "package-lock.json")
_BYTES = range(300, 120_000)
_LONGEST_LINE = 600


@dataclass(frozen=True)
class Edit:
    """One file in two consecutive versions.

    Args:
        project: the project's name.
        path: the path in the project.
        language: the language's name, or `OTHER`.
        old: the earlier version.
        new: the later one.
        commit: the commit that made the later version; empty for a release.
    """

    project: str
    path: str
    language: str
    old: bytes
    new: bytes
    commit: str = ""


OTHER = "other"
"""Stands for a language whose grammar is not always installed, and for text without a grammar."""


def edits_by_language(most: int, seed: int) -> dict[str, list[Edit]]:
    """Return the edits of every language, at most so many of each, drawn by a seed."""
    found: dict[str, list[Edit]] = {}
    for project in PROJECTS:
        for edit in _edits(project):
            found.setdefault(edit.language, []).append(edit)
    rng = random.Random(seed)
    return {
        language: edits if len(edits) <= most else rng.sample(edits, most)
        for language, edits in sorted(found.items())
    }


def _edits(project: Project) -> Iterator[Edit]:
    old_files = _files(CACHE / project.folder / project.old)
    new_files = _files(CACHE / project.folder / project.new)
    for path in sorted(old_files.keys() & new_files.keys()):
        old, new = old_files[path].read_bytes(), new_files[path].read_bytes()
        if old == new or not (is_written(old) and is_written(new)):
            continue
        language = language_of(path, new[:200].partition(b"\n")[0].decode(errors="replace"))
        if language is not None:
            yield Edit(project.name, path, language.name, old, new)


def _files(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in folder.rglob("*"):
        path = _VERSION_IN_NAME.sub("", file.relative_to(folder).as_posix())
        if not is_made(path) and file.is_file() and not file.is_symlink():
            found[path] = file
    return found


def is_made(path: str) -> bool:
    """Tell whether a path looks like the output of a tool."""
    return path.endswith(_MADE_ENDINGS) or not _MADE_BY_TOOLS.isdisjoint(path.split("/"))


def is_written(text: bytes) -> bool:
    """Tell whether people wrote a text: not too long, not packed into long lines, not binary."""
    if len(text) not in _BYTES or b"\0" in text:
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return max(map(len, text.split(b"\n"))) <= _LONGEST_LINE
