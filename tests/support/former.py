"""A released revision of Podium beside the present one, as users have it on their machines.

The wheel of the revision is built from the history of this repository and installed into a Python
environment of its own. Everything that the old program starts (runner, shim, worker, player) is
the old program too, because it is started with that environment's interpreter. The dependencies
are those of the running environment.
"""

import compileall
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Done
from tests.support.goldens import ROOT

REVISION = "7f6128c95944d9481806f27a043963a3973c3a32"
"""The revision whose data, calls and processes the present program has to get along with."""

PROGRAMS = ROOT / "tests" / "compat" / "programs"
"""Scripts for the old program. They use its names, so they are data here, not Python files."""

_CACHE = ROOT / ".cache" / "former"


@dataclass(frozen=True)
class Installation:
    """A Python environment with one Podium in it.

    Args:
        folder: the environment's folder.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Return its interpreter."""
        return self.folder / "bin" / "python"

    @cached_property
    def packages(self) -> Path:
        """Return the folder that packages are installed in."""
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `podium` with these words."""
        return [str(self.python), "-P", "-m", "podium_cli", *words]

    def podium(self, folder: Path, *words: str) -> Done:
        """Run a command line as a person's shell would."""
        return self._run(self.command(*words), folder)

    def script(self, name: str, *arguments: str) -> Any:
        """Run one of `PROGRAMS` and return the JSON in the last line that it prints."""
        command = [str(self.python), "-P", str(PROGRAMS / name), *arguments]
        done = self._run(command, self.folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def install(self, wheel: Path) -> None:
        """Install a wheel; an earlier Podium goes, as with `pip install --upgrade`.

        Processes that run keep what they have loaded and find the new files from then on.
        """
        for former in self.packages.glob("podium*"):
            shutil.rmtree(former)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.packages)

    def copy(self, folder: Path) -> "Installation":
        """Return a copy in another folder, to be changed."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Installation(folder)

    def _run(self, command: list[str], folder: Path) -> Done:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment(), "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def environment() -> dict[str, str]:
    """Return this process's environment without what would change where Python finds modules."""
    return {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}


def install_former() -> Installation:
    """Return the former revision, installed; it is built once and kept in `.cache`.

    The test is skipped where the repository's history is not there.
    """
    _require_history()
    place = ":".join([sys.version, *_borrowed()])
    name = f"{REVISION[:12]}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"
    with _locked(_CACHE):
        if not (_CACHE / name).is_dir():
            _build(_CACHE / name)
    return Installation(_CACHE / name)


def former_file(path: str) -> str:
    """Return a file's text as of the former revision."""
    _require_history()
    return _git("show", f"{REVISION}:{path}").decode()


def build_present_wheel(folder: Path) -> Path:
    """Build the wheel of this tree, changes that nobody has committed included."""
    return _build_wheel(ROOT, folder)


def _build(target: Path) -> None:
    """Make the environment beside its place and move it there, so that it is whole or missing."""
    with tempfile.TemporaryDirectory(dir=_CACHE) as temporary:
        sources, made = Path(temporary) / "sources", Installation(Path(temporary) / "made")
        archive = Path(temporary) / "sources.tar"
        archive.write_bytes(_git("archive", REVISION))
        with tarfile.open(archive) as tar:
            tar.extractall(sources, filter="data")
        venv.EnvBuilder(symlinks=True, with_pip=False).create(made.folder)
        made.install(_build_wheel(sources, Path(temporary)))
        # A path in a .pth file is searched, but .pth files in it are not read: the editable
        # installation of this tree, which is one, stays out.
        (made.packages / "borrowed.pth").write_text("".join(f"{each}\n" for each in _borrowed()))
        compileall.compile_dir(made.packages, quiet=2)
        made.folder.rename(target)


def _build_wheel(sources: Path, folder: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=sources, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _borrowed() -> list[str]:
    return sorted({sysconfig.get_path(each) for each in ("purelib", "platlib")})


def _require_history() -> None:
    try:
        _git("rev-parse", "--verify", "--quiet", f"{REVISION}^{{commit}}")
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip(f"needs revision {REVISION[:7]}: this is no clone with its whole history")


def _git(*arguments: str) -> bytes:
    # The checkout's own git folder, whatever settings a test has made for its repositories.
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)
    return done.stdout


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Hold a lock in a folder: test processes share what they build there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
