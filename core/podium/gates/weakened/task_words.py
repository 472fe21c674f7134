"""Decides whether a task is about what a change weakens, so that it is intended."""

import re

from podium.gates.weakened.values import Way, Weakened
from podium.model.paths import path_parts
from podium.model.plans import Task

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_NEGATED = re.compile(r"\b(?:not|never|no|without|don't)\b[^.;,]*$", re.IGNORECASE)
_VERBS = {
    Way.SKIPPED: r"skip\w*|xfail\w*|disabl\w*|mark\w*|ignor\w*|quarantin\w*|flaky",
    Way.DELETED: r"delet\w*|remov\w*|drop\w*|retir\w*|get rid of|replac\w*|prun\w*|merg\w*"
    r"|rewrit\w*",
    Way.ASSERTION_REMOVED: r"remov\w*|delet\w*|drop\w*|relax\w*|loosen\w*|simplif\w*|rewrit\w*",
    Way.ASSERTION_LOOSENED: r"relax\w*|loosen\w*|weaken\w*|tolera\w*|accept\w*|allow\w*|widen\w*",
    Way.THRESHOLD: r"lower\w*|reduc\w*|rais\w*|relax\w*|loosen\w*|remov\w*|chang\w*|set\b",
    Way.SWITCHED_OFF: r"disabl\w*|switch\w* off|turn\w* off|ignor\w*|exclud\w*|relax\w*|remov\w*"
    r"|loosen\w*|allow\w*|silenc\w*|suppress\w*",
}
_OBJECTS = {
    Way.SKIPPED: r"tests?|suite|specs?",
    Way.DELETED: r"tests?|suite|specs?",
    Way.ASSERTION_REMOVED: r"tests?|assert\w*|expectations?|specs?",
    Way.ASSERTION_LOOSENED: r"tests?|assert\w*|expectations?|tolerances?|bounds?|specs?",
    Way.THRESHOLD: r"threshold\w*|coverage|limit\w*|minimum|maximum",
    Way.SWITCHED_OFF: r"rules?|checks?|lint\w*|ruff|mypy|eslint|pyright|strict\w*|settings?"
    r"|config\w*|warnings?|pylint|tests?",
}


def sentence_about(task: Task, weakened: Weakened) -> str:
    """Return the sentence of a task, or its declaration, that explains a place; else ""."""
    if weakened.path in {"/".join(path_parts(each)) for each in task.files.delete}:
        return f"deletes {weakened.path}"
    text = "\n".join((task.title, task.description, *(each.text for each in task.acceptance)))
    sentences = [each.strip() for each in _SENTENCE.split(text)]
    return next((each for each in sentences if each and _explains(each, weakened)), "")


def _explains(sentence: str, weakened: Weakened) -> bool:
    """Return whether a sentence asks for a change of this kind, of this or any subject."""
    verb = re.search(rf"\b(?:{_VERBS[weakened.way]})", sentence, re.IGNORECASE)
    if verb is None or _NEGATED.search(sentence[: verb.start()]):
        return False
    names = re.findall(r"`([^`]+)`", sentence)
    if weakened.subject in names or weakened.subject in sentence.split():
        return True
    is_general = re.search(rf"\b(?:{_OBJECTS[weakened.way]})\b", sentence, re.IGNORECASE)
    named_tests = [each for each in names if re.search(r"test|spec", each, re.IGNORECASE)]
    return is_general is not None and not named_tests
