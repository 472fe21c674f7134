"""Formats commit messages."""

import re

from podium.model.plans import Task
from podium.model.runs import Attempt, Run
from podium.words import truncated

_CONVENTIONAL = re.compile(r"^(feat|fix|docs|style|refactor|perf|test|build|ci|chore|revert)[(!:]")
_SUBJECT_LENGTH = 72


def task_message(run: Run, task: Task, attempt: Attempt) -> str:
    """Return the message of the commit with a task's result.

    Its trailers name the plan, task and run; provenance reads them.
    """
    lines = [_subject(task.title), ""]
    if task.description:
        lines += [task.description.strip(), ""]
    lines += [
        f"Podium-Plan: {run.plan_id}",
        f"Podium-Task: {task.id}",
        f"Podium-Run: {run.id}/{attempt.number}",
    ]
    return "\n".join(lines) + "\n"


def unfinished_message(branch: str, attempt: Attempt) -> str:
    """Return the message of the commit with a failed attempt's uncommitted work."""
    why = attempt.problem or "it ended without a result"
    return f"chore: keep unfinished work of {branch}\n\n{why}\n"


def landing_message(plan_id: str, objective: str) -> str:
    """Return the message of the merge commit that lands a plan."""
    return f"{_subject(objective)}\n\nPodium-Plan: {plan_id}\n"


def _subject(title: str) -> str:
    first = " ".join(title.split())
    if not _CONVENTIONAL.match(first):
        first = (
            f"feat: {first[:1].lower()}{first[1:]}" if first[1:2].islower() else f"feat: {first}"
        )
    return truncated(first, _SUBJECT_LENGTH)
