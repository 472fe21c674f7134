"""Draws plans."""

from rich.padding import Padding
from rich.text import Text

from podium.model.plans import AcceptanceCriterion, CriterionKind, Decision
from podium.model.progress import NOT_STARTED, PlanCheck, needed_evidence, shown_by
from podium.model.states import PlanState
from podium.operations.next_command import next_command
from podium.operations.plan.check import completeness
from podium.operations.plan.export import Exported
from podium.operations.plan.list import PlanList
from podium.operations.plan.update import PlanChange
from podium.operations.views import PlanView, TaskRow
from podium.words import counted, shorten
from podium_cli.render.plain.palette import PRIORITY_STYLE
from podium_cli.render.style import (
    console,
    escaped,
    print_next,
    sign,
    state_label,
    table,
    when,
)

_LONGEST = 100


def plan_show(view: PlanView) -> None:
    """Draw a complete plan."""
    _head(view)
    for warning in view.plan.header.warnings:
        console().print(f"[warn]![/] {escaped(warning)}")
    console().print()
    for task, row in zip(view.plan.tasks, view.rows, strict=True):
        _task(row, task.description)
        evidence = view.progress.get(task.id, NOT_STARTED).evidence
        for criterion in task.acceptance:
            box = "[quiet]☐[/]" if shown_by(criterion, evidence) is None else "[good]☑[/]"
            console().print(f"     {box} {escaped(criterion.text)}{_asked_evidence(criterion)}")
    _estimate(view)
    print_next(view.next)


def _asked_evidence(criterion: AcceptanceCriterion) -> str:
    """Return the evidence that a criterion asks for; empty if it names none."""
    if criterion.kind is CriterionKind.ANY:
        return ""
    words = " ".join(criterion.command) or needed_evidence(criterion)
    return f" [quiet]({escaped(words)})[/]"


def plan_create(view: PlanView) -> None:
    """Draw a new draft."""
    plan_show(view)


def plan_import(view: PlanView) -> None:
    """Draw an imported draft."""
    plan_show(view)


def plan_approve(view: PlanView) -> None:
    """Report an approved plan."""
    console().print(f"[good]✓ Approved[/] {_plan_label(view)} [quiet]version {view.version}[/]")
    print_next(view.next)


def plan_reject(view: PlanView) -> None:
    """Report a rejected plan."""
    reason = view.approval.reason if view.approval else ""
    console().print(f"[bad]✗ Rejected[/] {_plan_label(view)}: {escaped(reason)}")
    print_next(view.next)


def plan_reset(view: PlanView) -> None:
    """Report that a plan was reset."""
    console().print(f"[warn]↺ Reset[/] {_plan_label(view)}")
    print_next(view.next)


def plan_update(change: PlanChange) -> None:
    """Report the changes to a plan."""
    view = change.view
    signs = {"added": "[good]+[/]", "dropped": "[bad]-[/]", "changed": "[warn]~[/]"}
    console().print(
        f"{_plan_label(view)} [quiet]version {change.former_version} →[/] {view.version} "
        f"[quiet]({view.state})[/]"
    )
    for diff in change.changes:
        fields = f" [quiet]{', '.join(diff.fields)}[/]" if diff.fields else ""
        console().print(f"  {signs[diff.change]} [id]{escaped(diff.id)}[/]{fields}")
    print_next(next_command("plan.update", change))


def plan_list(result: PlanList) -> None:
    """Draw all plans."""
    if not result.plans:
        console().print("[quiet]No plans.[/]")
        return print_next(next_command("plan.list", result))
    grid = table("", "plan", "state", "done", "created", "objective")
    for row in result.plans:
        grid.add_row(
            sign(row.state),
            Text(row.id, style="id"),
            row.state,
            f"{row.done}/{row.total}",
            when(row.created_at),
            Text(shorten(row.objective, _LONGEST)),
        )
    console().print(grid)
    return None


def plan_check(verdict: PlanCheck) -> None:
    """Draw a verdict on completeness."""
    view = completeness(verdict)
    style, box = ("good", "✓") if view.complete else ("warn", "○")
    console().print(
        f"[{style}]{box} {view.verdict.capitalize()}[/] [id]{view.plan_id}[/]  {view.counts}"
    )
    for task in view.tasks:
        label = Text.assemble(" ", (task.id, "id"), f" {task.title}")
        console().print(sign(task.state), label, sep="")
        for each in task.criteria:
            box = "[good]☑[/]" if each.met else "[warn]☐[/]"
            console().print(f"     {box} {escaped(each.text)}")
            line = Text(each.evidence, style="quiet", no_wrap=True, overflow="ellipsis")
            console().print(Padding(line, (0, 0, 0, 7)))
        for doubt in task.doubts:
            console().print(Padding(Text(f"doubt: {doubt}", style="quiet"), (0, 0, 0, 7)))
    print_next(next_command("plan.check", verdict))


def plan_export(exported: Exported) -> None:
    """Report the file to which a plan was written."""
    console().print(f"[good]✓[/] {exported.format} written to [id]{escaped(exported.path)}[/]")


def _head(view: PlanView) -> None:
    title = Text.assemble(
        (view.plan.objective.strip().splitlines()[0], "head"),
        no_wrap=False,
    )
    console().print(title)
    rest = "\n".join(view.plan.objective.strip().splitlines()[1:]).strip()
    if rest:
        console().print(Padding(Text(rest, style="quiet"), (0, 0, 0, 2)))
    console().print(
        Text(f"{view.plan.id}  ", style="id"),
        state_label(view.state),
        Text(f"  version {view.version}  {counted(len(view.rows), 'task')}", style="quiet"),
        Text(f"  from {view.plan.header.source}", style="quiet"),
        sep="",
    )
    _agents(view)
    _approval(view)
    if view.plan.header.summary:
        console().print(Padding(Text(view.plan.header.summary), (1, 0, 0, 0)))


def _agents(view: PlanView) -> None:
    """Draw the plan's agents and their options, which an approval also covers."""
    asked = {
        (each.agent, tuple(sorted(each.options.items())))
        for each in view.plan.header.agents.values()
    }
    for agent, options in sorted(asked):
        extra = "  ".join(f"{name}={value}" for name, value in options)
        console().print(Text(f"agent {agent}  {extra}".rstrip(), style="quiet"))


def _approval(view: PlanView) -> None:
    word = view.approval
    if word is None:
        return
    stale = word.version != view.plan.version
    who = word.by.called
    verb = "approved" if word.decision is Decision.APPROVED else "rejected"
    note = f": {word.reason}" if word.reason else ""
    text = f"{verb} by {who} on {when(word.at)}{note}"
    if stale:
        console().print(f"[warn]changed since it was {escaped(text)}[/]")
    elif view.state is not PlanState.DRAFT:
        console().print(f"[quiet]{escaped(text)}[/]")


def _task(row: TaskRow, description: str) -> None:
    style = PRIORITY_STYLE.get(row.priority, "")
    line = Text.assemble(sign(row.state), (f" {row.id} ", "id"), row.title)
    if style:
        line.append(f" {row.priority}", style=style)
    if row.requires:
        line.append(f" after {', '.join(row.requires)}", style="quiet")
    console().print(line)
    if description:
        console().print(Padding(Text(shorten(description, 300), style="quiet"), (0, 0, 0, 5)))
    if row.files:
        console().print(Padding(Text(" ".join(row.files), style="quiet italic"), (0, 0, 0, 5)))


def _estimate(view: PlanView) -> None:
    found = view.estimate
    if found.estimated:
        path = " → ".join(found.critical_path)
        guessed = len(view.plan.tasks) - found.estimated
        extra = f"; {counted(guessed, 'task')} without an estimate counted as half an hour"
        console().print(
            f"\n[quiet]about {found.total_minutes:.0f} min of work, "
            f"{found.critical_minutes:.0f} min on the longest path ({escaped(path)})"
            f"{extra if guessed else ''}[/]"
        )


def _plan_label(view: PlanView) -> str:
    return f"[id]{view.plan.id}[/] {escaped(shorten(view.plan.objective, _LONGEST))}"
