"""Finds the tool that confines commands here, and tries it once."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from podium.errors import SandboxUnavailable
from podium.model.sandbox import (
    Confinement,
    Sandbox,
    SandboxMode,
    SandboxSettings,
    SandboxTool,
)
from podium.platform.sandbox.prefix import confining_prefix

_PROGRAMS = {
    SandboxTool.BUBBLEWRAP: ("bwrap",),
    SandboxTool.SANDBOX_EXEC: ("sandbox-exec",),
    SandboxTool.CONTAINER: ("podman", "docker"),
}
_INSTALL = {
    SandboxTool.BUBBLEWRAP: "install bubblewrap: sudo apt install bubblewrap",
    SandboxTool.SANDBOX_EXEC: "set sandbox.tool to a program that this machine has",
    SandboxTool.CONTAINER: "install Podman: sudo apt install podman",
}
_NAMESPACES = ("namespace", "uid map", "Operation not permitted", "Permission denied")
_ALLOW = (
    "allow user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
    "docs/sandbox.md lists other causes"
)
_TRY_SECONDS = 60.0


@dataclass(frozen=True)
class _Problem:
    text: str
    hint: str


def find_sandbox(settings: SandboxSettings) -> Sandbox:
    """Return how commands can be confined on this machine.

    Starts a program, unless the settings turn the sandbox off.
    """
    limiter = (shutil.which("prlimit") or "") if settings.has_limits else ""
    if settings.mode is SandboxMode.OFF:
        return Sandbox(settings=settings, limiter=limiter)
    tool = settings.tool or default_tool()
    found = _find_program(tool, settings.image)
    if isinstance(found, str):
        problem = _try(tool, found, settings.image)
        if problem is None:
            return Sandbox(settings=settings, tool=tool, program=found, limiter=limiter)
        found = problem
    return Sandbox(settings=settings, problem=found.text, hint=found.hint, limiter=limiter)


def require_sandbox(settings: SandboxSettings) -> Sandbox:
    """Return how commands can be confined here.

    Raises:
        SandboxUnavailable: the settings require a sandbox, and none works.
    """
    found = find_sandbox(settings)
    if found.tool is None and settings.mode is SandboxMode.REQUIRE:
        raise SandboxUnavailable(
            "Commands cannot be confined on this machine",
            why=f"sandbox.mode is {settings.mode}, but {found.problem}",
            hints=[found.hint, "podium doctor"],
        )
    return found


def sandbox_problem(sandbox: Sandbox) -> str:
    """Return why a sandbox that worked before does not work now, as a clause, or ""."""
    if sandbox.tool is None:
        return ""
    problem = _try(sandbox.tool, sandbox.program, sandbox.settings.image)
    return problem.text if problem else ""


def default_tool() -> SandboxTool:
    """Return the tool for this system."""
    return SandboxTool.SANDBOX_EXEC if sys.platform == "darwin" else SandboxTool.BUBBLEWRAP


def _find_program(tool: SandboxTool, image: str) -> str | _Problem:
    names = _PROGRAMS[tool]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        return _Problem(f"{' and '.join(names)} cannot be found", _INSTALL[tool])
    if tool is SandboxTool.CONTAINER and not image:
        return _Problem("the setting sandbox.image is missing", "set sandbox.image to an image")
    return found


_working: set[tuple[SandboxTool, str, str]] = set()
"""What has worked in this process."""


def _try(tool: SandboxTool, program: str, image: str) -> _Problem | None:
    """Confine a command that does nothing; return the problem, or None if it worked."""
    if (tool, program, image) in _working and os.access(program, os.X_OK):
        return None
    harmless = Confinement(tool=tool, program=program, folder="/", image=image)
    argv = [*confining_prefix(harmless), _true()]
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRY_SECONDS,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return _Problem(f"{program} takes too long", "podium doctor")
    except OSError as error:
        return _Problem(f"{program} cannot be started: {error.strerror}", _INSTALL[tool])
    if done.returncode == 0:
        _working.add((tool, program, image))
        return None
    words = done.stderr.decode("utf-8", "replace").strip().splitlines()
    said = words[-1] if words else f"{program} ends with code {done.returncode}"
    is_forbidden = tool is SandboxTool.BUBBLEWRAP and any(each in said for each in _NAMESPACES)
    return _Problem(f"it does not work: {said}", _ALLOW if is_forbidden else _INSTALL[tool])


@cache
def _true() -> str:
    return shutil.which("true") or "/bin/true"
