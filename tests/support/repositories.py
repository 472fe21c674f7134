"""Real git repositories for tests, cut off from the git settings of the machine."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

Files = Mapping[str, str | bytes]

_GIT_SETTINGS = """\
[user]
	name = Ada
	email = ada@example.org
[init]
	defaultBranch = main
"""

# Looking must not write the index, which is compared too.
_DIFF = ("-c", "diff.autoRefreshIndex=false", "diff", "--no-ext-diff", "--binary")


@pytest.fixture
def isolated_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give git an empty home with a user in it; returns the home."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (home / ".gitconfig").write_text(_GIT_SETTINGS)
    return home


def git(folder: Path, *arguments: str, stdin: bytes | None = None, **variables: str) -> str:
    """Run git as a user would and return its output; what it refuses is an error."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", **variables},
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def write_files(folder: Path, files: Files) -> None:
    """Write `files`, by relative path, into `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def commit_files(folder: Path, files: Files, message: str = "Change") -> str:
    """Write `files`, commit everything and return the commit's id."""
    write_files(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def make_repository(folder: Path, files: Files) -> Path:
    """Make a repository with one commit of `files` in `folder` and return its top."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    commit_files(folder, files, "Start")
    return folder


def copy_repository(source: Path, folder: Path) -> Path:
    """Copy a repository, which takes a fraction of the time of making it, and return its top."""
    shutil.copytree(source, folder, symlinks=True, ignore=shutil.ignore_patterns("*.sample"))
    # The index knows its files by their inodes.
    git(folder, "update-index", "-q", "--refresh")
    return folder


def files_of(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Return every file below `folder` with its kind (file, executable, link) and content."""
    return dict(_walk(folder))


def whole_state(root: Path) -> dict[str, object]:
    """Return all of a checkout that belongs to the user: files, index, refs, settings.

    Podium's own refs are left out.
    """
    index = Path(git(root, "rev-parse", "--absolute-git-dir")) / "index"
    refs = git(root, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    podiums = ("refs/heads/podium/", "refs/podium/")
    return {
        "files": files_of(root),
        "status": git(root, "status", "--porcelain=v2", "--branch", "--ignored", "-uall", "-z"),
        "unstaged": git(root, *_DIFF),
        "staged": git(root, *_DIFF, "--cached"),
        "index": index.read_bytes(),
        "entries": git(root, "ls-files", "--stage", "-z"),
        "head": git(root, "rev-parse", "--symbolic-full-name", "HEAD"),
        "refs": [ref for ref in refs if not ref.startswith(podiums)],
        "settings": git(root, "config", "--local", "--list"),
        "stash": git(root, "stash", "list"),
    }


def _walk(folder: Path) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        for name in [*names, *links]:
            path = Path(where) / name
            relative = path.relative_to(folder).as_posix()
            if path.is_symlink():
                yield relative, ("link", os.fsencode(os.readlink(path)))
            elif name != ".git":
                kind = "executable" if os.access(path, os.X_OK) else "file"
                yield relative, (kind, path.read_bytes())
