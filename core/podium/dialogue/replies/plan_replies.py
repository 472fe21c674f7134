"""The public functions of this package: turn agents' replies and imported plans into values.

Replies from agents are parsed leniently and validated strictly; imports are parsed strictly.
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

_ASK_AGAIN = "ask the architect again: `podium plan` starts over"
_END_LENGTH = 4000


@dataclass(frozen=True)
class PlanReply:
    """A plan that an architect wrote.

    Args:
        draft: the plan, which is valid.
        complete: False if the reply was truncated, so tasks at its end are missing.
        notes: repairs, renamings, omissions and missing parts; shown before approval.
        objective: the objective, if the reply contains one.
    """

    draft: PlanDraft
    complete: bool
    notes: tuple[str, ...]
    objective: str = ""


def parse_plan_reply(text: str) -> PlanReply:
    """Return the plan in an architect's reply.

    A truncated last task is omitted, because it would otherwise be executed as if it were complete.

    Raises:
        InvalidReply: there is no JSON with tasks, or no complete task.
        InvalidPlan: the tasks are not a valid plan; lists all problems.
    """
    found = extract_json(text, fits=lambda value: find_plan(value) is not None)
    shape = find_plan(found.value)
    assert shape is not None  # extract_json returns only values that fit
    remarks = Remarks(notes=list(found.notes))
    tasks = shape.tasks
    depth = len(shape.path)
    if found.open_path[:depth] == shape.path and len(found.open_path) > depth:
        remarks.notes.append(f"task number {len(tasks)} was truncated and is omitted")
        tasks = tasks[:-1]
    if not tasks and not found.complete:
        raise InvalidReply(
            "The reply was truncated before its first complete task",
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
    """Parse a plan from imported JSON; `name` is the file's name, for messages.

    Raises:
        InvalidPlan: lists every problem, including unknown fields, each with its task.
    """
    return read_plan_json(text, name).draft


def has_sentinel(text: str, sentinel: str) -> bool:
    """Return whether a reply ends with the line that the prompt requested.

    The line may have markup and a closing fence may follow; a sentinel inside the reply, such as in
    repeated instructions, does not count.
    """
    lines = (line.strip(" \t\r*_`~>#.") for line in reversed(text[-_END_LENGTH:].split("\n")))
    return next((line for line in lines if line), "") == sentinel.strip(" \t\r*_`~>#.")
