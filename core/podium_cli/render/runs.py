"""Draws runs, and what their calls used."""

from datetime import timedelta

from rich.console import RenderableType
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from podium.model.agents import Usage
from podium.model.rules.budgets import Spent, cost_text
from podium.model.runs import END_PHASES
from podium.operations.next_command import next_command
from podium.operations.run.preview import RunPreview
from podium.operations.run.report import RunReport
from podium.operations.run.status import RunStatus, TaskStatus
from podium.operations.text.limits import limits_lines
from podium.operations.usage.show import UsageRow, UsageTable
from podium.words import counted, joined, shorten
from podium_cli.render.questions import waiting_line
from podium_cli.render.style import (
    console,
    duration,
    escaped,
    is_narrow,
    print_next,
    sign,
    span,
    state_label,
    table,
)


def run_status(status: RunStatus) -> None:
    """Draw a run, task by task."""
    console().print(Text(shorten(status.objective, 120), style="head"))
    console().print(headline(status))
    if not status.ended and not status.runner_alive:
        console().print("[warn]no runner is active; run `podium continue`[/]")
    for question in status.questions:
        console().print(waiting_line(question))
    for each in status.unconfined:
        console().print(Text(each, style="quiet"))
    console().print()
    console().print(_rows(status))
    for line in limits_lines(status):
        console().print(f"[quiet]{escaped(line)}[/]")
    _used(status)
    print_next(status.next)


def run_end(status: RunStatus) -> None:
    """Print a followed run's usage and the next command."""
    _used(status)
    print_next(status.next)


def run_start(status: RunStatus) -> None:
    """Report that a run started."""
    console().print(f"[good]✓ Started[/] [id]{status.run_id}[/] in the background")
    print_next(status.next)


def run_pause(status: RunStatus) -> None:
    """Report that a run will pause."""
    console().print(f"[warn]‖ Pausing[/] [id]{status.run_id}[/]: tasks in progress finish first")
    print_next(status.next)


def run_resume(status: RunStatus) -> None:
    """Report that a run resumed."""
    console().print(f"[good]▶ Resumed[/] [id]{status.run_id}[/]")
    print_next(status.next)


def run_cancel(status: RunStatus) -> None:
    """Report that a run is being cancelled."""
    console().print(f"[warn]■ Cancelling[/] [id]{status.run_id}[/]: merged results are not removed")
    print_next(status.next)


def run_preview(result: RunPreview) -> None:
    """Draw what a run would start, with which agents, and the expected cost."""
    console().print(Text(shorten(result.objective, 120), style="head"))
    if not result.tasks:
        console().print("[quiet]No task would run: every task is done, skipped or blocked.[/]")
        return print_next(result.next)
    grid = table("", "task", "agent", "expected", "")
    for task in result.tasks:
        grid.add_row(
            Text("▶" if task.starts else "·", style="good" if task.starts else "quiet"),
            Text(task.id, style="id"),
            ", then ".join(task.agents),
            Text(task.cost, style="quiet"),
            Text(task.title),
        )
    console().print(grid)
    starting = counted(sum(each.starts for each in result.tasks), "task")
    console().print(f"\n[quiet]▶ {starting} would start immediately; nothing was started[/]")
    console().print(Text(f"expected: {result.cost}", style="quiet"))
    return print_next(result.next)


def run_report(report: RunReport) -> None:
    """Draw a run's report."""
    # Markdown is slow to import, and `podium status` does not need it.
    from podium.operations.rendering import markdown

    console().print(Markdown(markdown(report)))
    print_next(next_command("run.report", report))


def usage_show(result: UsageTable) -> None:
    """Draw what the calls used, by group, and how much of the daily limits is used."""
    if not result.rows:
        since = f"since {result.since}" if result.since else "yet"
        console().print(f"[quiet]No agent has been called {since}.[/]")
        return print_next("podium run")
    details = () if is_narrow() else ("time", "tokens in", "out")
    grid = table(str(result.by), "calls", *details, "cost")
    for row in (*result.rows, result.total):
        _add_usage(grid, row, "head" if row is result.total else "id")
    console().print(grid)
    for each in result.limits:
        console().print(Text(f"\nbudget: {each}", style="quiet"))
    return None


def _add_usage(grid: Table, row: UsageRow, style: str) -> None:
    time = duration(timedelta(minutes=row.minutes))
    details = () if is_narrow() else (time, f"{row.input_tokens:,}", f"{row.output_tokens:,}")
    grid.add_row(Text(row.name, style=style), str(row.calls), *details, row.cost)


def headline(status: RunStatus) -> Text:
    """Return a run's state in one line."""
    return Text.assemble(
        (f"{status.run_id}  ", "id"),
        state_label(status.state),
        (f"  {status.done} of {counted(len(status.tasks), 'task')} done", "quiet"),
        (f"  {span(status.started_at, status.ended_at)}", "quiet"),
    )


def _used(status: RunStatus) -> None:
    """Print what the calls used, and the limits that are nearly used up."""
    usage = usage_line(status.usage, status.spent)
    if usage or status.budget:
        console().print()
    if usage:
        console().print(Text(usage, style="quiet"))
    for each in status.budget:
        console().print(Text(f"! budget: {each}", style="warn"))


def usage_line(usage: Usage, spent: Spent) -> str:
    """Return the agents' token usage and cost, as far as they are known."""
    if usage == Usage():
        return ""
    parts: list[str] = []
    if usage.input_tokens is not None:
        parts.append(f"{usage.input_tokens:,} tokens in")
    if usage.output_tokens is not None:
        parts.append(f"{usage.output_tokens:,} out")
    parts.append(cost_text(spent))
    return ", ".join(parts)


def gates_text(task: TaskStatus) -> Text:
    """Return the gates of a task's latest attempt, as one symbol each."""
    text = Text()
    for gate in task.gates:
        if gate.stage == "attempt":
            text.append("✓ " if gate.passed else "✗ ", style="good" if gate.passed else "bad")
            text.append(f"{gate.gate}  ", style="quiet")
    return text


def _rows(status: RunStatus) -> object:
    details = () if is_narrow() else ("attempt", "gates", "time")
    grid = table("", "task", "phase", *details, "")
    for task in status.tasks:
        text = task.problem if task.phase != "done" else task.commit[:10]
        if task.allowed and task.phase not in END_PHASES:
            text = joined(text, f"allowed for this task: {', '.join(task.allowed)}")
        grid.add_row(
            sign(task.phase),
            Text(task.id, style="id"),
            task.doing,
            *(_details(task) if details else ()),
            Text.assemble(task.title, (f"  {text}" if text else "", "quiet")),
        )
    return grid


def _details(task: TaskStatus) -> tuple[RenderableType, ...]:
    attempts = f"{task.attempt}/{task.max_attempts}" if task.attempt else ""
    return attempts, gates_text(task), span(task.started_at, task.ended_at)
