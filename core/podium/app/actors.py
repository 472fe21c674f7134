"""Determines the actor, and whether it is a person; no other module does this.

A command counts as a person's unless there is evidence that an agent started it: an environment
variable that agents set for their commands, or an agent among the ancestor processes, which `env
-i` cannot hide. A process that detached from its parents and its session and has an empty
environment cannot be distinguished from a person's.
"""

import getpass
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Literal

from podium.app.agent_signs import AGENT_MARKS, AGENTS
from podium.app.processes_above import Process, processes_above
from podium.model.events import Actor

Face = Literal["cli", "lsp", "mcp", "library"]

_INTERPRETER = re.compile(r"-?(node|nodejs|bun|deno|python[\d.]*|pypy[\d.]*|ruby|sh|bash|dash|zsh)")
_TEXT_OPTIONS = frozenset({"-c", "-e", "-p", "--eval", "--print"})
"""Options that are followed by source code rather than a file name."""
_ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".exe")
_OWN_PROCESSES = frozenset({"shim", "fork-server", "runner"})


def actor_of(
    face: Face,
    environment: Mapping[str, str] = os.environ,
    above: Callable[[], Iterable[Process]] = processes_above,
) -> Actor:
    """Return the actor of this process: a person, unless there is evidence of an agent.

    Args:
        face: the face through which the person would act.
        environment: the environment of this process.
        above: returns the ancestors of this process.
    """
    signs = (agent_of(each) for each in above())
    sign = _mark(environment) or next((each for each in signs if each), "")
    if sign:
        return Actor(kind="agent", name=sign, face=face, pid=os.getpid())
    return person(face)


def person(face: Face) -> Actor:
    """Return the user of this account as a person, for an answer given in a host's own dialog."""
    return Actor(kind="person", name=_user_name(), face=face, pid=os.getpid())


def agent(face: Face, name: str) -> Actor:
    """Return the agent behind a client."""
    return Actor(kind="agent", name=name, face=face, pid=os.getpid())


def agent_of(process: Process) -> str:
    """Return the evidence that the process belongs to an agent, or an empty string."""
    if mark := next((each for each in AGENT_MARKS if each in process.environment), ""):
        return mark
    if _is_own(process.arguments):
        return "podium"
    script = _script(process)
    names = process.names | {_stem(PurePath(script).name)}
    for name, signs in AGENTS.items():
        if names & {*signs.programs} or any(f"/{each}/" in script for each in signs.packages):
            return name
    return ""


def _mark(environment: Mapping[str, str]) -> str:
    return next((name for name in AGENT_MARKS if environment.get(name)), "")


def _is_own(arguments: tuple[str, ...]) -> bool:
    """Return whether the process is a Podium process that executes code written by agents."""
    for place, each in enumerate(arguments[:-2]):
        if each == "-m" and arguments[place + 1] == "podium":
            return arguments[place + 2] in _OWN_PROCESSES
    return False


def _script(process: Process) -> str:
    """Return the file or module with which an interpreter was started."""
    if not any(_INTERPRETER.fullmatch(name) for name in process.names):
        return ""
    rest = list(process.arguments[1:])
    while rest:
        word = rest.pop(0)
        if word in _TEXT_OPTIONS:
            return ""
        if word == "-m":
            return rest[0] if rest else ""
        if not word.startswith("-"):
            return word
    return ""


def _stem(name: str) -> str:
    ending = next((each for each in _ENDINGS if name.endswith(each)), "")
    return name.removesuffix(ending)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
