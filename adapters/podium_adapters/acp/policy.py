"""Decides what an agent may do, by role.

Agents ask before they act. Any role may read inside the working folder, roles with write permission
may change files, roles with command permission may run commands; nothing else is allowed. The only
effect is resolving symlinks.
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
    """The effect of a tool."""

    READ = auto()
    CHANGE = auto()
    COMMAND = auto()
    OTHER = auto()
    """The network, modes, other agents, and unknown kinds."""


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
    """An action that an agent requests.

    Args:
        kind: the protocol's kind of tool; unknown kinds are never allowed.
        title: the agent's description.
        paths: every path in the request, from any of its fields.
        content: what exactly it does, for a person who has to allow it: the command or the diff.
    """

    kind: str
    title: str
    paths: tuple[str, ...] = ()
    content: str = ""


@dataclass(frozen=True)
class Decision:
    """The decision on an action.

    Args:
        allowed: whether one use is allowed.
        reason: the reason for a denial, or who allowed it; "" if the role allows it.
    """

    allowed: bool
    reason: str = ""


def kind_of(action: Action) -> ActionKind:
    """Return the effect of an action."""
    return _KINDS.get(action.kind, ActionKind.OTHER)


def decide(action: Action, permissions: Permissions, folder: Path) -> Decision:
    """Return the decision on an action.

    Args:
        action: the requested action.
        permissions: the permissions of the role.
        folder: the working folder.
    """
    kind = kind_of(action)
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
