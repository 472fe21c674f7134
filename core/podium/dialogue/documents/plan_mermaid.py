"""Draws a plan's dependencies as a Mermaid flowchart."""

import re
from collections.abc import Mapping

from podium.dialogue.excerpts import clean
from podium.model.plans import Plan, Task
from podium.model.progress import TaskProgress
from podium.model.states import TaskState
from podium.words import shorten

LABEL_LENGTH = 60

_UNSAFE = re.compile(r"""[^\w \-.,:/()'!?+=·…→]|_(?=_)""")
_STYLES = {
    TaskState.PENDING: "fill:#f6f8fa,stroke:#8c959f,color:#24292f",
    TaskState.RUNNING: "fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    TaskState.BLOCKED: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
    TaskState.DONE: "fill:#dafbe1,stroke:#1a7f37,color:#0f3d1f",
    TaskState.FAILED: "fill:#ffebe9,stroke:#cf222e,color:#660018",
    TaskState.CANCELLED: "fill:#eaeef2,stroke:#6e7781,color:#57606a,stroke-dasharray:4 3",
    TaskState.SKIPPED: "fill:#eaeef2,stroke:#6e7781,color:#57606a",
}


def render_mermaid(plan: Plan, progress: Mapping[str, TaskProgress]) -> str:
    """Return the flowchart: solid arrows for requirements, dotted lines for relations.

    Nodes are numbered and labels escaped, so no id or title can break or extend the diagram.
    """
    nodes = {task.id: f"n{number}" for number, task in enumerate(plan.tasks, 1)}
    states = {task.id: progress.get(task.id, TaskProgress()).state for task in plan.tasks}
    lines = [
        "flowchart LR",
        *(f'    {nodes[task.id]}["{_label(task)}"]' for task in plan.tasks),
        *(f"    {edge}" for edge in _edges(plan, nodes)),
        *(
            f"    classDef {state} {_STYLES[state]}"
            for state in TaskState
            if state in _used(states)
        ),
        *(f"    class {nodes[own]} {state}" for own, state in states.items()),
    ]
    return "\n".join(lines) + "\n"


def _used(states: Mapping[str, TaskState]) -> set[TaskState]:
    return set(states.values())


def _edges(plan: Plan, nodes: Mapping[str, str]) -> list[str]:
    """Return the edges; a relation declared on both sides is drawn once."""
    solid = [
        f"{nodes[each]} --> {nodes[task.id]}"
        for task in plan.tasks
        for each in task.requires
        if each in nodes
    ]
    pairs = {
        tuple(sorted((nodes[task.id], nodes[each]))): f"{nodes[task.id]} -.- {nodes[each]}"
        for task in reversed(plan.tasks)
        for each in task.relates
        if each in nodes
    }
    return [*dict.fromkeys(solid), *reversed(pairs.values())]


def _label(task: Task) -> str:
    short = shorten(clean(f"{task.id} · {task.title}"), LABEL_LENGTH)
    return _UNSAFE.sub(lambda found: f"#{ord(found.group())};", short)
