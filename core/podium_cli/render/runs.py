"""Draws runs."""

from rich.console import RenderableType
from rich.markdown import Markdown
from rich.text import Text

from podium.model.agents import Usage
from podium.model.runs import END_PHASES
from podium.operations.next_command import next_command
from podium.operations.run.report import RunReport
from podium.operations.run.status import RunStatus, TaskStatus
from podium.words import counted, joined, shorten
from podium_cli.render.questions import waiting_line
from podium_cli.render.style import (
    console,
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
    console().print()
    console().print(_rows(status))
    usage = usage_line(status.usage)
    if usage:
        console().print(f"\n[quiet]{usage}[/]")
    print_next(status.next)


def run_end(status: RunStatus) -> None:
    """Print a followed run's usage and the next command."""
    if usage := usage_line(status.usage):
        console().print(f"\n[quiet]{usage}[/]")
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


def run_report(report: RunReport) -> None:
    """Draw a run's report."""
    # Markdown is slow to import, and `podium status` does not need it.
    from podium.operations.rendering import markdown

    console().print(Markdown(markdown(report)))
    print_next(next_command("run.report", report))


def headline(status: RunStatus) -> Text:
    """Return a run's state in one line."""
    return Text.assemble(
        (f"{status.run_id}  ", "id"),
        state_label(status.state),
        (f"  {status.done} of {counted(len(status.tasks), 'task')} done", "quiet"),
        (f"  {span(status.started_at, status.ended_at)}", "quiet"),
    )


def usage_line(usage: Usage) -> str:
    """Return the agents' token usage and cost, as far as they report them."""
    parts: list[str] = []
    if usage.input_tokens is not None:
        parts.append(f"{usage.input_tokens:,} tokens in")
    if usage.output_tokens is not None:
        parts.append(f"{usage.output_tokens:,} out")
    if usage.cost_usd is not None:
        parts.append(f"${usage.cost_usd:.4f}")
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
