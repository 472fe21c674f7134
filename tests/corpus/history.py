"""Real edits: files that one commit modified, drawn by hash from the histories of repositories."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from podium.syntax.languages import LANGUAGES, language_of
from tests.corpus.edits import OTHER, Edit, is_made, is_written
from tests.corpus.fetch import git_folder
from tests.corpus.halves import Half, half_of
from tests.corpus.projects import BROKEN, REPOSITORIES, Repository

_COMMITS = 1000
_OF_ONE_PROJECT = 40
"""At most so many edits of one language from one project."""
_LINES = range(20, 3001)
_TRIES = 300
"""How many changed files of one language are looked at, before a project has no more of them."""


def history_edits(half: Half, most: int) -> dict[str, list[Edit]]:
    """Return the edits of one half of the projects by language, at most so many of each.

    The projects take turns, so that all of them are in a small sample too.
    """
    turns: dict[str, list[list[Edit]]] = {}
    for repository in REPOSITORIES:
        if half_of(repository.name) is not half or not git_folder(repository).is_dir():
            continue
        for language, edits in _drawn(repository, min(most, _OF_ONE_PROJECT)).items():
            turns.setdefault(language, []).append(edits)
    return {language: _in_turns(lists)[:most] for language, lists in sorted(turns.items())}


def _in_turns(lists: list[list[Edit]]) -> list[Edit]:
    longest = max(map(len, lists), default=0)
    return [each[at] for at in range(longest) for each in lists if at < len(each)]


def _drawn(repository: Repository, most: int) -> dict[str, list[Edit]]:
    found: dict[str, list[Edit]] = {}
    tries: dict[str, int] = {}
    with _Blobs(git_folder(repository)) as blobs:
        for _, commit, path, old, new in sorted(_changes(repository)):
            label = _language(path)
            tries[label] = tries.get(label, 0) + 1
            if len(found.get(label, ())) >= most or tries[label] > _TRIES:
                continue
            before, after = blobs.read(old), blobs.read(new)
            if _is_usable(before) and _is_usable(after):
                edit = Edit(repository.name, path, label, before, after, commit)
                found.setdefault(label, []).append(edit)
    return found


def _changes(repository: Repository) -> Iterator[tuple[bytes, str, str, str, str]]:
    """Yield every modified file: a hash to sort by, commit, path, and both blobs."""
    log = ["log", f"--max-count={_COMMITS}", "--raw", "--no-abbrev", "--no-renames"]
    log += ["--diff-filter=M", "--format=@%H", "-z", "corpus"]
    done = subprocess.run(
        ["git", "--git-dir", str(git_folder(repository)), *log], check=True, capture_output=True
    )
    commit, fields = "", iter(done.stdout.decode(errors="replace").split("\0"))
    for field in fields:
        entry = field.strip("\n")
        if entry.startswith("@"):
            commit = entry[1:]
        elif entry.startswith(":"):
            old_mode, new_mode, old, new, _ = entry[1:].split(" ")
            path = next(fields, "")
            is_file = old_mode == new_mode and new_mode.startswith("100")
            if is_file and not is_made(path) and (commit, path) not in BROKEN:
                yield (
                    hashlib.sha256(f"{old} {new} {path}".encode()).digest(),
                    commit,
                    path,
                    old,
                    new,
                )


def _language(path: str) -> str:
    language = language_of(path)
    return language.name if language is not None and language.name in LANGUAGES else OTHER


def _is_usable(text: bytes) -> bool:
    return text.count(b"\n") in _LINES and is_written(text)


class _Blobs:
    """Reads blobs of one repository; empty where it lacks one."""

    def __init__(self, folder: Path) -> None:
        self._git = subprocess.Popen(
            ["git", "--git-dir", str(folder), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _pipe(self._git.stdin).close()
        self._git.wait()
        _pipe(self._git.stdout).close()

    def read(self, name: str) -> bytes:
        asked, answers = _pipe(self._git.stdin), _pipe(self._git.stdout)
        asked.write(name.encode() + b"\n")
        asked.flush()
        head = answers.readline().split()
        if len(head) != 3:
            return b""
        text = answers.read(int(head[2]))
        answers.read(1)
        return text


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("git was started without this pipe")
    return pipe
