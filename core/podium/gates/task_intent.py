"""Derives from a task's text which definitions may be removed, and which must exist.

A task with the text "remove `parse_old`" does not need a separate field for that.
"""

import re

from podium.model.paths import path_parts
from podium.model.plans import Task
from podium.syntax import ANYTHING, Intent

_REMOVAL = re.compile(
    r"\b(?:remov\w+|delet\w+|drop(?:s|ped|ping)?|retir\w+|prun\w+|eliminat\w+|strip\w*"
    r"|get(?:s|ting)?\s+rid\s+of|clean\s*up|throw\s+(?:out|away)|no\s+longer)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_NAME = re.compile(r"`([A-Za-z_][\w.:]*)(?:\(\))?`")


def removals_allowed_by(task: Task) -> Intent | None:
    """Return the removals that a task's text allows, or None if it mentions none.

    Names in backticks in the same sentence may be removed; if there are none, anything may.
    """
    text = "\n".join((task.title, task.description))
    sentences = [each for each in _SENTENCE.split(text) if _REMOVAL.search(each)]
    if not sentences:
        return None
    names = frozenset(name.replace("::", ".") for each in sentences for name in _NAME.findall(each))
    return Intent(removes=names or frozenset({ANYTHING}))


def expected_definitions(task: Task) -> dict[str, frozenset[str]]:
    """Return the names that each file must define, by normalized path."""
    found: dict[str, frozenset[str]] = {}
    for path, names in task.defines.items():
        plain = "/".join(path_parts(path))
        found[plain] = found.get(plain, frozenset()) | {name.replace("::", ".") for name in names}
    return found


def intent_for(task: Task, path: str) -> Intent | None:
    """Return a task's intent for one file, or None if it does not declare any."""
    removals, expected = (
        removals_allowed_by(task),
        expected_definitions(task).get(path, frozenset()),
    )
    if removals is None and not expected:
        return None
    return Intent(removes=removals.removes if removals else frozenset(), expects=expected)
