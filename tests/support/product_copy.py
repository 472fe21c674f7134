"""A copy of the product that tests add to, and the count of what differs in it."""

import filecmp
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from tests.support.goldens import ROOT

PARTS = ("core", "adapters", "lsp_server", "mcp_server")

GENERATED = {
    "core/podium/app/profile_signs.json": "written by `pytest --update` from the profiles",
    "mcp_server/podium_mcp/snapshot.json": "written by `pytest --update` from the tools",
}
"""Files of the product that nobody edits, with what writes them."""

LIMITS = {
    "agent package": 0,
    "ACP agent": 1,
    "auditor package": 0,
    "operation": 2,
    "gate": 1,
    "syntax rule": 2,
    "MCP tool": 1,
    "setting": 2,
    "field of a task": 2,
}
"""How many files of the product one more of each kind may take."""


@dataclass
class Tree:
    """A copy of the product, or an empty folder for a package.

    Args:
        root: where it is.
        packages: a folder that is searched for installed packages.
    """

    root: Path
    packages: Path
    copied: bool = field(default=False, init=False)

    def copy(self) -> None:
        """Copy the product, with its compiled files, so that only what changes is compiled."""
        for part in PARTS:
            shutil.copytree(ROOT / part, self.root / part, copy_function=shutil.copy2)
        self.copied = True

    def add(self, path: str, text: str) -> None:
        """Add a file of the product."""
        target = self.root / path
        assert not target.exists(), path
        target.write_text(dedent(text), encoding="utf-8")

    def insert(self, path: str, before: str, text: str) -> None:
        """Insert a text in front of another one, which must be there once."""
        self.replace(path, before, text + before)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text, which must be there once."""
        content = (self.root / path).read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{path} holds {old!r} {content.count(old)} times"
        (self.root / path).write_text(content.replace(old, new), encoding="utf-8")

    def install(self, name: str, entry_point: str, code: str) -> None:
        """Install a package with one entry point, with pip and without a network."""
        wheel = _wheel(self.root, name, entry_point, dedent(code))
        options = ["--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
        options += ["--quiet", "--target", str(self.packages)]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, str(wheel)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        wheel.unlink()

    def require(self, kind: str) -> None:
        """Require that no more files differ than one more of a kind may take."""
        touched = self.touched()
        assert len(touched) <= LIMITS[kind], f"{kind} takes {sorted(touched)}"

    def touched(self) -> set[str]:
        """Return the files of the product that differ from the original by hand."""
        if not self.copied:
            return set()
        return {path for path in self._differing() if path not in GENERATED}

    def _differing(self) -> Iterator[str]:
        for part in PARTS:
            for file in (self.root / part).rglob("*"):
                path = file.relative_to(self.root)
                if not file.is_file() or file.suffix == ".pyc":
                    continue
                if not (ROOT / path).exists() or not filecmp.cmp(file, ROOT / path):
                    yield path.as_posix()

    def run(self, code: str, **environment: str) -> str:
        """Run a script on the copy, or on the product with the packages, and return its output."""
        folders = [str(self.root / part) for part in PARTS] if self.copied else []
        guard = f"import podium; assert podium.__file__.startswith({str(self.root)!r})\n"
        done = subprocess.run(
            [sys.executable, "-c", (guard if self.copied else "") + dedent(code)],
            env={
                **os.environ,
                **environment,
                "PYTHONPATH": os.pathsep.join([*folders, str(self.packages)]),
                "XDG_CONFIG_HOME": str(self.root / "config"),
            },
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def _wheel(folder: Path, name: str, entry_point: str, code: str) -> Path:
    """Write the wheel of a package of one module, and return its path."""
    group, _, target = entry_point.partition(": ")
    facts = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": code,
        f"{facts}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{facts}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{facts}/entry_points.txt": f"[{group}]\n{target}\n",
    }
    files[f"{facts}/RECORD"] = "".join(f"{each},,\n" for each in [*files, f"{facts}/RECORD"])
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel
