"""Draws results in a terminal; never calls the engine."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

_MODULES = {
    "project": "project",
    "config": "project",
    "doctor": "project",
    "agent": "agents",
    "plan": "plans",
    "task": "tasks",
    "task.list": "plain.tasks",
    "finding": "findings",
    "syntax": "findings",
    "audit": "findings",
    "session": "sessions",
    "thought": "sessions",
    "run": "runs",
    "question": "questions",
    "usage": "runs",
    "work": "landing",
    "file": "files",
    "store": "store",
}
"""The modules, by an operation's noun or by its full id."""


def render(operation_id: str, result: Any) -> None:
    """Draw the result of an operation on the terminal."""
    renderer(operation_id)(result)


def renderer(operation_id: str) -> Callable[[Any], None]:
    """Return the function that draws the results of an operation: `noun_verb` in its module.

    Raises:
        AttributeError: the function does not exist; a test ensures that every operation has one.
    """
    noun, verb = operation_id.split(".")
    module = import_module(f"podium_cli.render.{_MODULES.get(operation_id, _MODULES[noun])}")
    draw: Callable[[Any], None] = getattr(module, f"{noun}_{verb}")
    return draw
