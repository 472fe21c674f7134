"""Derives from a task's text which definitions may be removed, and which must exist.

A task with the text "remove `parse_old`" does not need a separate field for that.
"""

import re

from podium.model.doubts import Doubt
from podium.model.paths import path_parts
from podium.model.plans import Task
from podium.syntax import ANYTHING, Intent, ProblemCode

_REMOVAL = re.compile(
    r"\b(?:remov\w+|delet\w+|drop(?:s|ped|ping)?|retir\w+|prun\w+|eliminat\w+|strip\w*"
    r"|get(?:s|ting)?\s+rid\s+of|clean\s*up|throw\s+(?:out|away)|no\s+longer)\b",
    re.IGNORECASE,
)
_REPLACEMENT = re.compile(
    r"\b(?:empt(?:y|ies|ied|ying)|clear(?:s|ed|ing)?|rewrit\w+|rewrote|replac\w+|shrink\w*)\b",
    re.IGNORECASE,
)
_STUB = re.compile(
    r"\b(?:stub(?:s|bed|bing)?|skeletons?|scaffold\w*|placeholders?|not\s+implemented|abstract)\b"
    r"|\bNotImplementedError\b",
    re.IGNORECASE,
)
_UNFINISHED = frozenset({ProblemCode.CUT_LINE, ProblemCode.STOPS_EARLY})
"""Doubts that no task can mean: a file never ends in the middle on purpose."""
_STUBS = frozenset({ProblemCode.STUB, ProblemCode.PLACEHOLDER})
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


def sentence_about(task: Task, doubt: Doubt) -> str:
    """Return the sentence of a task's text that says a doubtful text is intended, or ""."""
    text = "\n".join((task.title, task.description))
    sentences = (each.strip() for each in _SENTENCE.split(text))
    return next((each for each in sentences if _intends(each, doubt)), "")


def _intends(sentence: str, doubt: Doubt) -> bool:
    if doubt.code in _UNFINISHED or not _names(sentence, doubt):
        return False
    if doubt.code in _STUBS:
        return _STUB.search(sentence) is not None
    found = _REMOVAL.search(sentence) or _REPLACEMENT.search(sentence) or _STUB.search(sentence)
    return found is not None


def _names(sentence: str, doubt: Doubt) -> bool:
    """Return whether a sentence names the file of a doubt, or a definition that it is about."""
    folders, _, name = doubt.path.rpartition("/")
    files = {doubt.path, name} if folders else {doubt.path}
    if any(re.search(rf"(?<![\w/.-]){re.escape(each)}(?![\w/-])", sentence) for each in files):
        return True
    about = [each.replace("::", ".") for each in _NAME.findall(doubt.message)]
    named = [each.replace("::", ".") for each in _NAME.findall(sentence)]
    return any(_is_same_name(one, other) for one in about for other in named)


def _is_same_name(one: str, other: str) -> bool:
    return one in (other, other.rpartition(".")[2]) or other == one.rpartition(".")[2]
