"""Real hosts (Claude Code, Codex, Gemini CLI) against a model on loopback; no key, no network.

Each host gets a home of its own, an address where the test's model answers, and the server as
`podium mcp install` would set it up.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.mcp_server.wire import PODIUM
from tests.support.mcp_tools import tool_command
from tests.support.model_script import CallTool, Say, Script, Step, Turn

NAMES = ("claude", "codex", "gemini")
_SCREEN = (45, 130)
_MOST_TRIES = 20
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|.)")


@dataclass(frozen=True)
class RealHost:
    """A host, ready to be started in a project.

    Args:
        model: the base address of the model.
        home: the host's own home folder.
    """

    name: str
    project: Path
    home: Path
    model: str

    def environment(self) -> dict[str, str]:
        """Return the variables that the host needs, and no others."""
        node = tool_command("node22")
        assert node is not None
        path = f"{Path(node[0]).parent}{os.pathsep}{os.environ['PATH']}"
        state = {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]}
        base = {"HOME": str(self.home), "PATH": path, "TERM": "xterm-256color", **state}
        return base | self._model_variables()

    def headless(self, prompt: str) -> list[str]:
        """Return the command that answers one prompt and ends."""
        match self.name:
            case "claude":
                allowed = ["--allowedTools", "mcp__podium,Write"]
                return [*self._command(), "-p", prompt, *self._claude_options(), *allowed]
            case "codex":
                return [*self._command(), "exec", "--skip-git-repo-check", prompt]
            case _:
                return [*self._command(), "-p", prompt, "--yolo"]

    def interactive(self) -> list[str]:
        """Return the command that shows the host's own screen."""
        if self.name == "claude":
            allowed = ["--allowedTools", "mcp__podium"]
            return [*self._command(), *self._claude_options(), *allowed]
        return [*self._command(), "--no-daemon"]

    def set_up(self, *, asks: bool = False) -> None:
        """Write the host's settings.

        Args:
            asks: whether the host may ask the person; a headless one cannot.
        """
        server = {"command": str(PODIUM), "args": ["mcp"]}
        match self.name:
            case "claude":
                _write_json(self.home / "servers.json", {"mcpServers": {"podium": server}})
                _write_json(self.home / ".claude.json", self._claude_state())
            case "codex":
                settings = self.home / ".codex" / "config.toml"
                settings.parent.mkdir(parents=True, exist_ok=True)
                settings.write_text(self._codex_settings(asks=asks))
            case _:
                auth = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
                servers = {"mcpServers": {"podium": server | {"trust": True}}}
                quiet = {"privacy": {"usageStatisticsEnabled": False}}
                _write_json(self.home / ".gemini" / "settings.json", auth | servers | quiet)

    def _command(self) -> list[str]:
        command = tool_command(self.name)
        assert command is not None
        return command

    def _claude_options(self) -> list[str]:
        return ["--strict-mcp-config", "--mcp-config", str(self.home / "servers.json")]

    def _claude_state(self) -> dict[str, Any]:
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        return {
            "hasCompletedOnboarding": True,
            "theme": "dark",
            "bypassPermissionsModeAccepted": True,
            "customApiKeyResponses": {"approved": ["-0123456789abcdef012"], "rejected": []},
            "projects": {str(self.project): trusted},
        }

    def _codex_settings(self, *, asks: bool) -> str:
        policy, sandbox = (
            ("on-request", "workspace-write")
            if asks
            else (
                "never",
                "danger-full-access",
            )
        )
        return "\n".join(
            [
                'model = "test-model"',
                'model_provider = "test"',
                f'approval_policy = "{policy}"',
                f'sandbox_mode = "{sandbox}"',
                "check_for_update_on_startup = false",
                "[model_providers.test]",
                'name = "test"',
                f'base_url = "{self.model}/v1"',
                'wire_api = "responses"',
                'env_key = "TEST_KEY"',
                "[mcp_servers.podium]",
                f'command = "{PODIUM}"',
                'args = ["mcp"]',
                f'env = {{ XDG_STATE_HOME = "{os.environ["XDG_STATE_HOME"]}" }}',
                f'[projects."{self.project}"]',
                'trust_level = "trusted"',
                "",
            ]
        )

    def _model_variables(self) -> dict[str, str]:
        match self.name:
            case "claude":
                return {
                    "ANTHROPIC_BASE_URL": self.model,
                    "ANTHROPIC_API_KEY": "sk-test-0123456789abcdef012",
                    "DISABLE_AUTOUPDATER": "1",
                    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                }
            case "codex":
                return {"TEST_KEY": "x"}
            case _:
                return {
                    "GEMINI_API_KEY": "test-key",
                    "GOOGLE_GEMINI_BASE_URL": self.model,
                    "GEMINI_CLI_TRUST_WORKSPACE": "true",
                }


class Screen:
    """A host's own screen, driven like a person does; a context manager.

    Args:
        command: what is started.
    """

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *_SCREEN, 0, 0))
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        self.text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._leader)

    def press(self, keys: str) -> None:
        """Type something."""
        os.write(self._leader, keys.encode())

    def press_until(self, keys: str, happened: Callable[[str], bool]) -> None:
        """Type something again and again: a dialog that has just come up ignores early keys."""
        seen = ""
        for _ in range(_MOST_TRIES):
            self.press(keys)
            came, seen = self._watch(happened, 1.0)
            if came:
                return
        raise AssertionError(f"the screen shows:\n{squeezed(seen)[-1500:]}")

    def wait_until(self, happened: Callable[[str], bool], seconds: float = 60) -> None:
        """Read the screen until something is on it, since the last wait.

        Raises:
            AssertionError: it did not come.
        """
        came, seen = self._watch(happened, seconds)
        assert came, f"the screen shows:\n{seen[-3000:]}"

    def _watch(self, happened: Callable[[str], bool], seconds: float) -> tuple[bool, str]:
        raw, seen, deadline = "", "", time.monotonic() + seconds
        while not happened(squeezed(seen)):
            if time.monotonic() > deadline:
                return False, seen
            ready, _, _ = select.select([self._leader], [], [], 0.2)
            if not ready:
                continue
            try:
                chunk = os.read(self._leader, 65536).decode(errors="replace")
            except OSError:
                return False, f"{seen}\nand the host has ended"
            self._answer_terminal_questions(chunk)
            raw += chunk
            seen = _ESCAPES.sub(" ", raw)
        self.text += seen
        return True, seen

    def _answer_terminal_questions(self, chunk: str) -> None:
        for asked, answer in (
            ("\x1b[6n", "\x1b[1;1R"),
            ("\x1b]10;?", "\x1b]10;rgb:ffff/ffff/ffff\x1b\\"),
            ("\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x1b\\"),
            ("\x1b[c", "\x1b[?1;2c"),
        ):
            if asked in chunk:
                self.press(answer)


def squeezed(text: str) -> str:
    """Return a screen's text without blanks: hosts draw words apart from one another."""
    return re.sub(r"\s+", "", text)


def conversation(*steps: Callable[[str], Step]) -> Script:
    """Return a model that takes one step after the other; each sees all that was said so far."""

    def script(turn: Turn) -> Step:
        if turn.calls_done >= len(steps):
            return Say("done")
        return steps[turn.calls_done](json.dumps(turn.body))

    return script


def call(tool: str, **arguments: Any) -> Callable[[str], Step]:
    """Return a step that calls one of Podium's tools; a function among the arguments is asked."""

    def step(said: str) -> Step:
        given = {k: v(said) if callable(v) else v for k, v in arguments.items()}
        return CallTool(rf"{tool}$", given)

    return step


def last(pattern: str) -> Callable[[str], str]:
    """Return a function that finds the last match of a pattern in what was said."""

    def find(said: str) -> str:
        found = re.findall(pattern, said)
        assert found, f"nothing like {pattern} in {said[-3000:]}"
        return str(found[-1])

    return find


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2))
