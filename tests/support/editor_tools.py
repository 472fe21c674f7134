"""A real VS Code (Code-OSS, through code-server) and what drives it; installed from npm, pinned.

    python -m tests.support.editor_tools     install what is missing, and say what is not to be had

Everything stands in `.cache/editor-tools`, which git ignores. Only Chromium is the system's.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.goldens import ROOT

FOLDER = ROOT / ".cache" / "editor-tools"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_HINT = (
    "Chromium is missing. Debian, Ubuntu: sudo apt install chromium; Fedora: sudo dnf install "
    "chromium; or let $PODIUM_TEST_CHROMIUM name one."
)
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_PLATFORM = f"{sys.platform}-{_MACHINES.get(platform.machine().lower(), platform.machine())}"

# What an editor cannot do without; the rest of its native modules serve logins and Windows.
_NATIVE = ("@parcel/watcher", "@vscode/native-watchdog", "@vscode/spdlog", "node-pty")


@dataclass(frozen=True)
class EditorTool:
    """One pinned package.

    Args:
        package: its npm name and version.
        program: what it is there for, relative to `node_modules`.
    """

    package: str
    program: str

    @property
    def folder(self) -> Path:
        """Return where it is installed."""
        return FOLDER / self.package.rpartition("@")[0].strip("@").replace("/", "-")

    @property
    def path(self) -> Path:
        """Return where its program is."""
        return self.folder / "node_modules" / self.program

    @property
    def is_there(self) -> bool:
        """Tell whether it is installed, at this version."""
        mark = self.folder / "installed"
        return mark.is_file() and mark.read_text() == self.package and self.path.exists()


NODE = EditorTool(f"node-{_PLATFORM}@24.22.3", f"node-{_PLATFORM}/bin/node")
CODE_SERVER = EditorTool("code-server@4.139.1", "code-server/out/node/entry.js")
PLAYWRIGHT = EditorTool("playwright-core@1.65.1", "playwright-core/index.js")
TOOLS = (NODE, CODE_SERVER, PLAYWRIGHT)


def chromium() -> Path | None:
    """Return the browser, or None."""
    named = os.environ.get("PODIUM_TEST_CHROMIUM")
    names = [named] if named else CHROMIUM_NAMES
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else None


def missing() -> str:
    """Return what has to be installed before the editor can be driven; empty when all is there."""
    absent = [each.package for each in TOOLS if not each.is_there]
    if absent:
        return f"{', '.join(absent)} not in .cache/editor-tools; `make editors` installs them"
    return "" if chromium() else CHROMIUM_HINT


def install() -> None:
    """Install what is not there yet.

    Raises:
        subprocess.CalledProcessError: npm failed; it has said why.
    """
    for tool in TOOLS:
        if tool.is_there:
            continue
        sys.stdout.write(f"Installing {tool.package} into .cache/editor-tools …\n")
        sys.stdout.flush()
        shutil.rmtree(tool.folder, ignore_errors=True)
        tool.folder.mkdir(parents=True)
        (tool.folder / "package.json").write_text('{"private": true}\n')
        _npm(tool.folder, "install", "--ignore-scripts", tool.package)
        if tool is CODE_SERVER:
            _complete_code_server(tool.path.parents[2])
        (tool.folder / "installed").write_text(tool.package)


def _complete_code_server(package: Path) -> None:
    """Do what its own script after the installation does, with fewer native modules."""
    editor = package / "lib" / "vscode"
    for folder in (editor, editor / "extensions"):
        _npm(folder, "install", "--omit=dev", "--ignore-scripts")
    _npm(editor, "rebuild", "--foreground-scripts=false", *_NATIVE)


def _npm(folder: Path, *words: str) -> None:
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    # Native modules are built for the node that will load them, not for the machine's own.
    node = NODE.path.parents[1]
    environment = {
        **os.environ,
        "PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(node),
    }
    subprocess.run(["npm", *words, *quiet], cwd=folder, env=environment, check=True)


def main(words: Sequence[str]) -> int:
    """Install everything and return 0, or say what is missing and return 1."""
    del words
    if shutil.which("npm") is None:
        sys.stderr.write("npm is missing. Debian, Ubuntu: sudo apt install npm\n")
        return 1
    if chromium() is None:
        sys.stderr.write(f"{CHROMIUM_HINT}\n")
        return 1
    install()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
