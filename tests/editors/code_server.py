"""Code-OSS in a server, with our extension installed from its package, and who drives it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.editor_tools import CODE_SERVER, NODE, PLAYWRIGHT, chromium
from tests.support.goldens import ROOT

PICTURES = ROOT / ".cache" / "editors"
DRIVES = ROOT / "tests" / "editors" / "drives"
PODIUM = Path(sys.executable).with_name("podium")
TIMEOUT = 600

SETTINGS = {
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "never",
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.tips.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.ignoreRecommendations": True,
    "git.openRepositoryInParentFolders": "never",
    "window.commandCenter": False,
    "editor.minimap.enabled": False,
    "chat.mcp.autostart": "never",
    "github.copilot.editor.enableCodeActions": False,
    "remote.autoForwardPorts": False,
}


def package() -> Path | None:
    """Return the built extension, or None."""
    found = sorted((ROOT / "dist").glob("podium-*.vsix"))
    return found[-1] if found else None


class CodeServer:
    """One editor with its own user folder.

    Args:
        work: where its folders are made.
        settings: what the user's settings say beside what keeps the editor quiet.
    """

    def __init__(self, work: Path, settings: dict[str, Any]) -> None:
        self.user = work / "user"
        self.extensions = work / "extensions"
        self._config = work / "code-server.yaml"
        self._config.write_text("auth: none\n")
        path = self.user / "User" / "settings.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(SETTINGS | settings))
        self.address = ""

    def install(self, vsix: Path) -> str:
        """Install an extension and return what was said."""
        words = [*self._words(), "--install-extension", str(vsix)]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env=_environment()
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def serving(self) -> Generator[None]:
        """Serve windows until the block ends."""
        quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check"]
        words = [*self._words(), *quiet, "--bind-addr", "127.0.0.1:0"]
        log = self.user / "code-server.log"
        with (
            log.open("w") as output,
            subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=output, text=True, env=_environment()
            ) as process,
        ):
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    if found := re.search(r"listening on (http://[\w.:]+)", line):
                        self.address = found[1].rstrip("/")
                        break
                assert self.address, log.read_text()
                yield
            finally:
                process.terminate()

    def drive(self, script: str, folder: Path, **told: str) -> dict[str, Any]:
        """Let a drive work in a window on a folder, and return what it saw, by name.

        Args:
            script: its file below `drives`.
            folder: what the window shows.
            told: further things that it needs to know.
        """
        pictures = PICTURES / script.removesuffix(".mjs")
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
        asked = {
            "address": f"{self.address}/?folder={folder}",
            "chromium": str(chromium()),
            "playwright": str(PLAYWRIGHT.path),
            "pictures": str(pictures),
            **told,
        }
        done = subprocess.run(
            [str(NODE.path), str(DRIVES / script), json.dumps(asked)],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert done.stdout.strip(), done.stderr
        saw: dict[str, Any] = json.loads(done.stdout)
        if "failed" in saw:
            saw["failed"] += f"\nsee {pictures.relative_to(ROOT)}/failed.png\n{done.stderr}"
        return saw

    def _words(self) -> list[str]:
        folders = ["--user-data-dir", str(self.user), "--extensions-dir", str(self.extensions)]
        return [str(NODE.path), str(CODE_SERVER.path), "--config", str(self._config), *folders]


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{NODE.path.parent}{os.pathsep}{os.environ['PATH']}"}
