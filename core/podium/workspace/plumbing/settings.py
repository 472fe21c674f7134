"""Reads the git settings that matter to Podium: programs, identities, checkouts.

One command reads them all. The result is cached until one of the configuration files changes, so a
change by an agent is noticed at the next command.
"""

import os
import time
from dataclasses import dataclass

from podium.platform.machine import raise_refusal
from podium.workspace.plumbing.git import Git

OWN_SCOPES = ("local", "worktree")
"""The scopes of a repository's own configuration, which an agent can write."""

_PATTERN = (
    r"^(filter\..+\.(clean|smudge|process|required)|merge\..+\.driver|hook\..+\.command"
    r"|(user|author|committer)\.(name|email)|include(if\..+)?\.path"
    r"|core\.(autocrlf|eol|symlinks|filemode|ignorecase|attributesfile|sparsecheckout.*)"
    r"|extensions\..+)$"
)
_FINE_TICK_NS = 100_000_000
_COARSE_TICK_NS = 3_000_000_000
"""Timestamp granularity of a coarse file system: a change within this time may go unnoticed."""

_MOST_KEPT = 64

_Stamp = tuple[int, int, int, int, int] | None
_Fingerprint = tuple[tuple[str, _Stamp], ...]


@dataclass(frozen=True)
class Setting:
    """One configured value and its scope: `system`, `global`, `local` or `worktree`."""

    scope: str
    key: str
    value: str


_kept: dict[_Fingerprint, tuple[Setting, ...]] = {}


async def read_settings(git: Git) -> tuple[Setting, ...]:
    """Return the settings that name programs or identities, or change a checkout, in git's order.

    Raises:
        GitError: the configuration is unreadable.
    """
    before = _fingerprint(git)
    if before in _kept:
        return _kept[before]
    now = time.time_ns()
    found = await _ask(git)
    if _is_settled(before, now) and not _includes_files(found) and before == _fingerprint(git):
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[before] = found
    return found


async def _ask(git: Git) -> tuple[Setting, ...]:
    output = await git.read(
        "config", "-z", "--show-scope", "--get-regexp", _PATTERN, accept=frozenset({0, 1})
    )
    fields = output.fields
    entries = (entry.partition("\n") for entry in fields[1::2])
    scoped = zip(fields[::2], entries, strict=True)
    return tuple(Setting(scope, key, value) for scope, (key, _, value) in scoped)


def _includes_files(found: tuple[Setting, ...]) -> bool:
    """Return whether the repository's own configuration depends on files that are not watched."""
    return any(each.key.startswith("include") and each.scope in OWN_SCOPES for each in found)


def _fingerprint(git: Git) -> _Fingerprint:
    """Return a fingerprint of the configuration files, or an empty one if they are not known.

    The worktrees of a repository share its configuration, unless one has its own.
    """
    if git.git_dir is None:
        return ()
    git_dir = str(git.git_dir)
    own = f"{git_dir}/config.worktree"
    common = _stamp(f"{_common_dir(git_dir)}/config")
    owned = [("own", _stamp(own))] if os.path.lexists(own) else []
    # The same file has several paths in a repository's worktrees; its stamp identifies it.
    return ("common", common), *owned, *((each, _stamp(each)) for each in _users_files())


def _common_dir(git_dir: str) -> str:
    try:
        with open(f"{git_dir}/commondir", encoding="utf-8", errors="surrogateescape") as file:
            target = file.read().rstrip("\n")
    except OSError as error:
        raise_refusal(error)
        return git_dir
    return os.path.join(git_dir, target)


def _users_files() -> list[str]:
    variables = os.environ
    home = variables.get("HOME", "/")
    xdg = variables.get("XDG_CONFIG_HOME") or f"{home}/.config"
    named = [variables.get(f"GIT_CONFIG_{scope}", "") for scope in ("GLOBAL", "SYSTEM", "NOSYSTEM")]
    return [
        f"{home}/.gitconfig",
        f"{xdg}/git/config",
        "/etc/gitconfig",
        *(name for name in named if name),
    ]


def _stamp(place: str) -> _Stamp:
    try:
        found = os.stat(place)
    except OSError:
        return None
    # No program can set the time of the last change of a file's state (`ctime`).
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_dev


def _is_settled(files: _Fingerprint, now: int) -> bool:
    """Return whether any later change of the files alters their fingerprint."""
    changed = [stamp[3] for _, stamp in files if stamp is not None]
    return bool(files) and all(each + _tick(each) < now for each in changed)


def _tick(changed_at: int) -> int:
    is_coarse = changed_at % 1_000_000 == 0
    return _COARSE_TICK_NS if is_coarse else _FINE_TICK_NS
