"""Draws tasks."""

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from podium.model.plans import Task
from podium.model.rules.task_fields import (
    FIELDS_BY_LABEL,
    FieldKind,
    TaskField,
    names_by_file,
    names_of,
)
from podium.operations.task.next import NextTasks
from podium.operations.task.show import TaskView
from podium.operations.text.evidence import doubt_line, evidence_line
from podium.operations.text.limits import limits_text
from podium.words import counted
from podium_cli.render.plain.screen import current_screen
from podium_cli.render.plain.tasks import task_lines
from podium_cli.render.style import (
    console,
    escaped,
    state_label,
    table,
    when,
)

if TYPE_CHECKING:
    # Claiming a task loads git and the grammars, which are not needed to display tasks.
    from podium.operations.task.claim import Claimed

_HISTORY = 8
_PLAIN_KINDS = (FieldKind.TEXT, FieldKind.NAMES, FieldKind.NAMES_BY_FILE)


def task_next(result: NextTasks) -> None:
    """Draw the tasks that are ready."""
    if not result.tasks:
        waiting = counted(result.waiting, "task") + " waiting" if result.waiting else "all done"
        console().print(f"[quiet]No task is ready: {waiting}.[/]")
        return
    screen = current_screen()
    screen.print(task_lines(result.tasks, screen.width))
    if result.waiting:
        console().print(f"\n[quiet]{counted(result.waiting, 'task')} waiting for these[/]")


def task_show(view: TaskView) -> None:
    """Draw a complete task."""
    task, progress = view.task, view.progress
    console().print(Text(task.title, style="head"))
    line = Text.assemble((f"{view.plan_id}/{task.id}  ", "id"), state_label(progress.state))
    if progress.percent not in (0, 100):
        line.append(f"  {progress.percent} %", style="quiet")
    console().print(line)
    for text in (progress.reason, progress.note):
        if text:
            console().print(f"[warn]{escaped(text)}[/]")
    if task.description:
        console().print(Padding(Text(task.description), (1, 0, 1, 2)))
    _facts(view)
    _criteria(view)
    _attempts(view)
    if view.history:
        console().print("\n[quiet]history[/]")
        for row in view.history[-_HISTORY:]:
            who = row.actor.called
            console().print(
                f"  [quiet]{when(row.at)}  {escaped(who)}[/]  {escaped(row.event.message)}"
            )


def task_update(view: TaskView) -> None:
    """Draw a task after a change."""
    task_show(view)


def task_complete(view: TaskView) -> None:
    """Draw a completed task."""
    task_show(view)


def task_claim(result: "Claimed") -> None:
    """Draw a claimed task."""
    mine = result.assignment
    if mine is None:
        held = f", {len(result.held)} claimed by others" if result.held else ""
        console().print(f"[quiet]No task is available: {result.waiting} waiting{held}.[/]")
        return
    console().print(Text(mine.task.title, style="head"))
    console().print(Text(f"{result.plan_id}/{mine.task.id}", style="id"))
    if mine.task.description:
        console().print(Padding(Text(mine.task.description), (1, 0, 1, 2)))
    for criterion in mine.task.acceptance:
        console().print(f"  ☐ [id]{criterion.id}[/] {escaped(criterion.text)}")
    until = f"claimed until {when(mine.lease.expires_at)}; token {mine.lease.token}"
    console().print(f"[quiet]{until}[/]\n{result.next}")


def _facts(view: TaskView) -> None:
    task = view.task
    grid = table("", "")
    grid.show_header = False
    facts = {
        "after": ", ".join(task.requires),
        "before": ", ".join(view.required_by),
        "relates": ", ".join(task.relates),
        **{
            label: _plain_value(each, task)
            for label, each in FIELDS_BY_LABEL.items()
            if each.kind in _PLAIN_KINDS
        },
        "commit": view.progress.commit[:12],
        "session": view.progress.session_id,
    }
    for name, value in facts.items():
        if value:
            grid.add_row(Text(name, style="quiet"), Text(value))
    console().print(grid)


def _plain_value(field: TaskField, task: Task) -> str:
    match field.kind:
        case FieldKind.NAMES_BY_FILE:
            rows = names_by_file(field, task).items()
            return "\n".join(f"{path}: {', '.join(names)}" for path, names in rows)
        case FieldKind.NAMES:
            return " ".join(names_of(field, task))
        case _:
            return str(getattr(task, field.name))


def _criteria(view: TaskView) -> None:
    if view.task.acceptance:
        console().print("\n[quiet]acceptance criteria[/]")
    for criterion in view.task.acceptance:
        met = criterion.id not in view.missing
        box = "[good]☑[/]" if met else "[quiet]☐[/]"
        console().print(f"  {box} [id]{criterion.id}[/] {escaped(criterion.text)}")
        for each in view.progress.evidence:
            if each.criterion in (criterion.id, "*"):
                console().print(f"       [quiet]{escaped(evidence_line(each))}[/]")
    if not view.task.acceptance:
        for each in view.progress.evidence:
            console().print(f"  [good]☑[/] {escaped(evidence_line(each))}")
    if view.progress.doubts:
        console().print("\n[quiet]doubts[/]")
    for answered in view.progress.doubts:
        console().print(f"  [good]☑[/] {escaped(doubt_line(answered))}")


def _attempts(view: TaskView) -> None:
    if view.last_run is None or not view.last_run.attempts:
        return
    console().print("\n[quiet]attempts[/]")
    for attempt in view.last_run.attempts:
        ok = not attempt.problem
        mark = "[good]✓[/]" if ok else "[bad]✗[/]"
        gates = ", ".join(f"{g.gate} {'✓' if g.passed else '✗'}" for g in attempt.gates)
        text = attempt.problem or gates
        console().print(f"  {mark} {attempt.number}  {escaped(text)}")
        for call in attempt.calls:
            if limits := limits_text(call.limits, call.limits_because):
                console().print(f"       [quiet]{call.role} limited to {escaped(limits)}[/]")
