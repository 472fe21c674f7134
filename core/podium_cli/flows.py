"""Verbs that take more than one question: they show, ask the person, and follow."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from podium.errors import ValidationError
from podium.model.plans import short_version
from podium.model.rules.graph import plan_problems
from podium.model.states import RunState
from podium.operations.table import load_operation
from podium_cli.context import Shell

Flow = Callable[[Shell], Awaitable[int]]

NO = 1


async def plan(shell: Shell) -> int:
    """Draft a plan and show it."""
    more: dict[str, Any] = {}
    if (path := shell.asked.flag("tasks_file")) is not None:
        more["tasks"] = _read_text(path)
    if (playbook := shell.asked.flag("playbook")) is not None:
        options = (*(shell.asked.flag("options") or ()), f"playbook={absolute(playbook)}")
        more |= {"agent": "playbook", "options": options}
    params = shell.asked.params(**more)
    if shell.is_interactive and params.tasks is None:
        from podium_cli.render.waiting import waiting

        with waiting("The architect is drafting the plan"):
            result = await shell.run(shell.asked.operation, params)
    else:
        result = await shell.run(shell.asked.operation, params)
    shell.show("plan.create", result)
    return 0


async def approve(shell: Shell) -> int:
    """Show the plan as it is, ask, and approve exactly that version."""
    params = shell.asked.params()
    view = await shell.call("plan.show", plan=params.plan)
    if not params.version:
        params = params.model_copy(
            update={"plan": view.plan.id, "version": short_version(view.plan.version)}
        )
    if shell.is_interactive and not shell.asked.flag("yes") and not plan_problems(view.plan.tasks):
        shell.show("plan.show", view)
        if not click.confirm("Approve this version?", default=False):
            return NO
    _require_yes(shell)
    shell.show("plan.approve", await shell.run(shell.asked.operation, params))
    return 0


async def run(shell: Shell) -> int:
    """Start the run, or join it, and follow it to its end."""
    cursor = shell.engine.store.cursor()
    status = await shell.run(shell.asked.operation, shell.asked.params())
    if shell.asked.flag("detach"):
        shell.show("run.start", status)
        return 0
    if status.state is RunState.PAUSED:
        await shell.call("run.resume", run=status.run_id)
    return await _follow(shell, status.run_id, cursor)


async def status(shell: Shell) -> int:
    """Show where a run stands, or stay until it ends."""
    cursor = shell.engine.store.cursor()
    found = await shell.run(shell.asked.operation, shell.asked.params())
    if shell.asked.flag("follow") and not found.ended:
        return await _follow(shell, found.run_id, cursor)
    shell.show("run.status", found)
    return 0


async def land(shell: Shell) -> int:
    """Show what would change, ask, and land exactly that."""
    params = shell.asked.params()
    preview = await shell.run(shell.asked.operation, params)
    if shell.asked.flag("preview") or preview.kind == "up-to-date":
        shell.show("work.land", preview)
        return 0
    if not shell.asked.as_json:
        shell.show("work.land", preview)
    asks = shell.is_interactive and not shell.asked.flag("yes")
    if asks and not click.confirm(f"Land this on {preview.target}?", default=False):
        return NO
    _require_yes(shell)
    agreed = params.model_copy(update={"plan": preview.plan_id, "token": preview.token})
    shell.show("work.land", await shell.run(shell.asked.operation, agreed))
    return 0


async def revert(shell: Shell) -> int:
    """Show what would change, ask, and bring the file back exactly so."""
    params = shell.asked.params()
    preview = await shell.run(shell.asked.operation, params)
    if shell.asked.flag("preview"):
        shell.show("file.revert", preview)
        return 0
    if not shell.asked.as_json:
        shell.show("file.revert", preview)
    asks = shell.is_interactive and not shell.asked.flag("yes")
    if asks and not click.confirm("Bring this file back?", default=False):
        return NO
    _require_yes(shell)
    agreed = params.model_copy(update={"to": preview.to.name, "token": preview.token})
    shell.show("file.revert", await shell.run(shell.asked.operation, agreed))
    return 0


async def check(shell: Shell) -> int:
    """Judge completeness; the exit code says yes or no."""
    verdict = await shell.run(shell.asked.operation, shell.asked.params())
    shell.show("plan.check", verdict)
    return 0 if verdict.complete else NO


async def audit(shell: Shell) -> int:
    """Look for what is wrong; the exit code says whether an error was found."""
    report = await shell.run(shell.asked.operation, shell.asked.params())
    if report.text and not shell.asked.as_json:
        print(report.text, end="")
    else:
        shell.show("audit.run", report)
    return 0 if report.passed else NO


async def syntax(shell: Shell) -> int:
    """Check one text; the exit code says whether it has an error."""
    found = await shell.run(shell.asked.operation, shell.asked.params())
    shell.show("syntax.check", found)
    return NO if any(each.severity == "error" for each in found.problems) else 0


async def export_findings(shell: Shell) -> int:
    """Export findings; without a file the text alone is printed, ready for a pipe."""
    exported = await shell.run(shell.asked.operation, shell.asked.params())
    if shell.asked.as_json or exported.path:
        shell.show("finding.export", exported)
    else:
        print(exported.text, end="")
    return 0


async def doctor(shell: Shell) -> int:
    """Look at the machine; the exit code says whether it is ready."""
    report = await shell.run(shell.asked.operation, shell.asked.params())
    shell.show("doctor.check", report)
    return 0 if report.healthy else NO


async def task(shell: Shell) -> int:
    """Show a task, or change it when a change is named."""
    params = shell.asked.params()
    if params.model_fields_set <= {"task"}:
        view = await shell.call("task.show", task=params.task)
    else:
        view = await shell.run(shell.asked.operation, params)
    shell.show("task.show", view)
    return 0


async def edit(shell: Shell) -> int:
    """Turn the options into edits and carry them out."""
    edits = _edits(shell)
    if not edits:
        raise ValidationError("No edit was named", hints=["podium edit --help"])
    change = await shell.run(shell.asked.operation, shell.asked.params(edits=edits))
    shell.show("plan.update", change)
    return 0


async def export(shell: Shell) -> int:
    """Export a plan; without a file the text alone is printed, ready for a pipe."""
    exported = await shell.run(shell.asked.operation, shell.asked.params())
    if shell.asked.as_json or exported.path:
        shell.show("plan.export", exported)
    else:
        print(exported.text, end="" if exported.text.endswith("\n") else "\n")
    return 0


async def restore(shell: Shell) -> int:
    """Show what would go back, ask, and restore exactly that."""
    params = shell.asked.params()
    preview = await shell.run(shell.asked.operation, params)
    asks = shell.is_interactive and not shell.asked.flag("yes")
    if shell.asked.flag("preview") or not preview.documents:
        shell.show("store.restore", preview)
        return 0
    if asks:
        shell.show("store.restore", preview)
        if not click.confirm("Bring these documents back?", default=False):
            return NO
    _require_yes(shell)
    agreed = params.model_copy(update={"token": preview.token})
    shell.show("store.restore", await shell.run(shell.asked.operation, agreed))
    return 0


async def recover(shell: Shell) -> int:
    """Explain what is wrong, ask, and do what is advised or was chosen."""
    return await _recover(shell, shell.asked.params(), dry_run=bool(shell.asked.flag("dry_run")))


async def sessions(shell: Shell) -> int:
    """List sessions, or put the store right: the older word for it."""
    if shell.asked.flag("recover"):
        return await _recover(shell, None, dry_run=False)
    shell.show("session.list", await shell.run(shell.asked.operation, shell.asked.params()))
    return 0


async def _recover(shell: Shell, params: Any, *, dry_run: bool) -> int:
    operation = load_operation("store.recover")
    params = operation.params() if params is None else params
    found = await shell.run(operation, params)
    helpless = not any(each.remedies for each in found.troubles)
    agreed = bool(shell.asked.flag("yes"))
    if dry_run or helpless or not (agreed or shell.is_interactive):
        shell.show("store.recover", found)
        return NO if found.troubles else 0
    if not agreed:
        shell.show("store.recover", found)
        if not click.confirm("Do what is advised first for each?", default=False):
            return NO
    tokens = tuple(each.token for each in found.troubles)
    report = await shell.run(operation, params.model_copy(update={"tokens": tokens}))
    shell.show("store.recover", report)
    return NO if report.troubles else 0


async def audit_log(shell: Shell) -> int:
    """Verify the audit log; the exit code says whether it is whole."""
    report = await shell.run(shell.asked.operation, shell.asked.params())
    shell.show("store.audit", report)
    return 0 if report.whole else NO


def _require_yes(shell: Shell) -> None:
    """Check that the person was asked, or said yes beforehand.

    Raises:
        ValidationError: nobody can be asked here, and there is no --yes.
    """
    if not shell.is_interactive and not shell.asked.flag("yes"):
        raise ValidationError(
            f"podium {shell.asked.name} asks first, and nobody can be asked here",
            why="there is no terminal, or --json was given",
            hints=[f"podium {shell.asked.name} --yes says yes beforehand"],
        )


def asking_first(question: str) -> Flow:
    """Return a flow that asks before it does something that takes away."""

    async def flow(shell: Shell) -> int:
        asks = shell.is_interactive and not shell.asked.flag("yes")
        if asks and not click.confirm(question, default=False):
            return NO
        _require_yes(shell)
        result = await shell.run(shell.asked.operation, shell.asked.params())
        shell.show(shell.asked.operation.id, result)
        return 0

    return flow


async def _follow(shell: Shell, run_id: str, cursor: Any) -> int:
    from podium_cli.watch.follow import follow

    status = await follow(shell.engine, run_id, cursor, _manner(shell))
    if shell.asked.as_json:
        shell.show("run.status", status)
    elif status.ended:
        from podium_cli.render.runs import run_end

        run_end(status)
    return 0 if not status.ended or status.state is RunState.COMPLETED else NO


def _manner(shell: Shell) -> str:
    if shell.asked.as_json:
        return "silent"
    return "live" if shell.is_interactive and not shell.asked.flag("plain") else "plain"


def absolute(path: str) -> str:
    """Return a path as seen from where the person stands, whatever the project's folder is."""
    return str(Path(path).resolve())


def _read_text(path: str) -> str:
    from podium.projects.project_files import read_text_file

    return read_text_file(path)[0]


def _edits(shell: Shell) -> list[dict[str, Any]]:
    flag = shell.asked.flag
    edits: list[dict[str, Any]] = [
        {"op": "add", "task": _json(text, "--add")} for text in flag("add") or ()
    ]
    edits += [{"op": "drop", "task_id": name} for name in flag("drop") or ()]
    edits += [_change(text) for text in flag("change") or ()]
    if flag("order"):
        edits.append({"op": "order", "task_ids": [n.strip() for n in flag("order").split(",")]})
    if flag("objective") or flag("summary") is not None:
        text = {"objective": flag("objective") or "", "summary": flag("summary")}
        edits.append({"op": "text", **{k: v for k, v in text.items() if v is not None}})
    return edits


def _change(text: str) -> dict[str, Any]:
    place, equals, value = text.partition("=")
    task_id, dot, name = place.rpartition(".")
    if not equals or not dot:
        raise ValidationError(f"{text!r} is no change", why="write it as TASK.FIELD=VALUE")
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        parsed = value
    return {"op": "change", "task_id": task_id, "fields": {name: parsed}}


def _json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        why = f"{error.msg} at character {error.pos + 1}"
        raise ValidationError(f"{option} takes JSON", why=why) from error


FLOWS: dict[str, Flow] = {
    "plan": plan,
    "approve": approve,
    "run": run,
    "status": status,
    "land": land,
    "check": check,
    "doctor": doctor,
    "audit": audit,
    "syntax": syntax,
    "export-findings": export_findings,
    "task": task,
    "edit": edit,
    "export": export,
    "revert": revert,
    "restore": restore,
    "recover": recover,
    "sessions": sessions,
    "audit-log": audit_log,
    "reset": asking_first("Take approval and progress back to the start?"),
    "cancel": asking_first("Cancel the run? Results that were merged stay."),
}
"""By verb; every other verb asks its operation once and shows the answer."""
