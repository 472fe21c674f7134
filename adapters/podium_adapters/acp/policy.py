"""What an agent may do, by role (SPEC X2); pure but for looking at links, knows no protocol.

An agent asks before it acts. A reading inside the working folder is allowed, a change only to roles
that may write, a command only to roles that may run them, and nothing else at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import assert_never

from podium.errors import PathOutsideWorkspace
from podium.model.agents import Permissions
from podium_adapters.working_folder import readable_path, writable_path


class ActionKind(Enum):
    """What a tool does to the world."""

    READ = auto()
    CHANGE = auto()
    COMMAND = auto()
    OTHER = auto()
    """The network, modes, other agents, and whatever we do not know."""


_KINDS = {
    "read": ActionKind.READ,
    "search": ActionKind.READ,
    "edit": ActionKind.CHANGE,
    "delete": ActionKind.CHANGE,
    "move": ActionKind.CHANGE,
    "execute": ActionKind.COMMAND,
}


@dataclass(frozen=True)
class Action:
    """What an agent asks for.

    Args:
        kind: the protocol's kind of tool; unknown ones are allowed to nobody.
        title: the agent's own words.
        paths: every path that the request names, in any of its fields.
    """

    kind: str
    title: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """The answer.

    Args:
        allowed: whether it may be done, once.
        reason: why not, or "".
    """

    allowed: bool
    reason: str = ""


def decide(action: Action, permissions: Permissions, folder: Path) -> Decision:
    """Return whether an agent may do what it asks for.

    Args:
        action: what it asks for.
        permissions: what its role may do.
        folder: the working folder.
    """
    kind = _KINDS.get(action.kind, ActionKind.OTHER)
    match kind:
        case ActionKind.READ:
            return _inside(action.paths, folder, writing=False)
        case ActionKind.CHANGE:
            if not permissions.write:
                return Decision(allowed=False, reason="this role may not change files")
            return _inside(action.paths, folder, writing=True)
        case ActionKind.COMMAND:
            if not permissions.commands:
                return Decision(allowed=False, reason="this role may not run commands")
            if not action.paths:
                return Decision(allowed=True)
            return _inside(action.paths, folder, writing=False)
        case ActionKind.OTHER:
            reason = f"no role may perform an action of the kind {action.kind or 'unknown'!r}"
            return Decision(allowed=False, reason=reason)
        case _:
            assert_never(kind)


def _inside(paths: Sequence[str], folder: Path, *, writing: bool) -> Decision:
    if not paths:
        return Decision(allowed=False, reason="it does not name a file")
    for path in paths:
        try:
            (writable_path if writing else readable_path)(folder, path)
        except PathOutsideWorkspace as error:
            return Decision(allowed=False, reason=str(error))
    return Decision(allowed=True)
