"""The door for what comes in: replies of agents and plans of persons become checked values.

Agents' texts are read tolerantly and judged strictly; what a person hands in is only judged.
"""

from dataclasses import dataclass

from podium.dialogue.documents.plan_json import read_plan_json
from podium.dialogue.drafts import PlanDocument, build_tasks
from podium.dialogue.replies.code_blocks import CodeBlock, extract_code_blocks
from podium.dialogue.replies.extraction import ExtractedJson, extract_json
from podium.dialogue.replies.plan_shape import Remarks, find_plan, raw_tasks, read_around
from podium.errors import InvalidReply
from podium.model.plans import PlanDraft

__all__ = [
    "CodeBlock",
    "ExtractedJson",
    "PlanDocument",
    "PlanReply",
    "extract_code_blocks",
    "extract_json",
    "has_sentinel",
    "parse_plan_json",
    "parse_plan_reply",
    "read_plan_json",
]

_ASK_AGAIN = "ask the architect again: `podium plan` starts anew"
_END_LENGTH = 4000


@dataclass(frozen=True)
class PlanReply:
    """A plan that an architect wrote.

    Args:
        draft: the plan; every rule of a plan holds.
        complete: False when the reply was cut off, so that tasks at its end are missing.
        notes: what was repaired, renamed, left out or missing; a person reads it before approving.
        objective: what the plan is for, where the reply says so.
    """

    draft: PlanDraft
    complete: bool
    notes: tuple[str, ...]
    objective: str = ""


def parse_plan_reply(text: str) -> PlanReply:
    """Return the plan in an architect's reply.

    A task in whose middle the reply was cut off is left out, because half a task would be
    carried out as if it were whole.

    Raises:
        InvalidReply: there is no JSON with tasks in it, or not one whole task.
        InvalidPlan: the tasks break the rules of a plan; all problems at once.
    """
    found = extract_json(text, fits=lambda value: find_plan(value) is not None)
    shape = find_plan(found.value)
    assert shape is not None  # extract_json returns only what fits
    remarks = Remarks(notes=list(found.notes))
    tasks = shape.tasks
    depth = len(shape.path)
    if found.open_path[:depth] == shape.path and len(found.open_path) > depth:
        remarks.notes.append(f"task number {len(tasks)} was cut off and is left out")
        tasks = tasks[:-1]
    if not tasks and not found.complete:
        raise InvalidReply(
            "The reply was cut off before its first whole task",
            why=found.notes[-1] if found.notes else "",
            hints=[_ASK_AGAIN],
        )
    raws = raw_tasks(tasks, remarks)
    summary, objective = read_around(shape.around, remarks)
    return PlanReply(
        PlanDraft(
            summary=summary,
            tasks=build_tasks(raws, problems=remarks.problems, hints=[_ASK_AGAIN]),
        ),
        complete=found.complete,
        notes=tuple(dict.fromkeys(remarks.notes)),
        objective=objective,
    )


def parse_plan_json(text: str, name: str) -> PlanDraft:
    """Return the plan that a person hands in as JSON; `name` is the file's name, for messages.

    Raises:
        InvalidPlan: every problem, unknown fields among them, each with its task.
    """
    return read_plan_json(text, name).draft


def has_sentinel(text: str, sentinel: str) -> bool:
    """Tell whether a reply ends with the line that the prompt asked for.

    The line may be decorated and a closing fence may follow; a sentinel inside the reply, where
    an agent repeats its instructions, does not count.
    """
    lines = (line.strip(" \t\r*_`~>#.") for line in reversed(text[-_END_LENGTH:].split("\n")))
    return next((line for line in lines if line), "") == sentinel.strip(" \t\r*_`~>#.")
