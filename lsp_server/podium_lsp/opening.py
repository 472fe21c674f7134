"""Opens what a person wants to see in the editor: plans, tasks, reports, logs, findings."""

from pathlib import Path
from typing import Any

import anyio.to_thread

from podium.dialogue.plan_documents import render_markdown
from podium.errors import StorageError, ValidationError
from podium.model import layout
from podium.operations.engine import Engine
from podium.operations.run.report import ReportParams, report
from podium.operations.views import PlanView
from podium.running import records
from podium.running.local_dispatcher import LocalDispatcher
from podium_lsp.documents import uri_of
from podium_lsp.log import log_path
from podium_lsp.projects import Project
from podium_lsp.server import PodiumServer

VIEWS = ".podium/run/views"
"""Readable documents are written here; git never sees the folder."""


async def open_document(server: PodiumServer, project: Project, arguments: dict[str, Any]) -> Any:
    """Open the one thing that the arguments name.

    Args:
        arguments: `plan`, `task` (plan/task), `report` (a run), `log` (run/task, or nothing for
            the server's own), or `finding`, by id or unique prefix.
    """
    engine = await anyio.to_thread.run_sync(project.engine)
    uri = await _uri_of(project, engine, arguments)
    return {"uri": uri, "shown": await server.client.show(uri)}


async def show_plan(server: PodiumServer, engine: Engine, view: PlanView) -> None:
    """Open a plan as a readable document."""
    text = render_markdown(view.plan, view.progress, view.approval)
    path = await anyio.to_thread.run_sync(_written, engine.root, f"{view.plan.id}.md", text)
    await server.client.show(uri_of(path))


async def _uri_of(project: Project, engine: Engine, arguments: dict[str, Any]) -> str:
    for name in ("task", "plan", "report", "log", "finding"):
        if name in arguments:
            wanted = str(arguments[name])
            return await _OPENERS[name](project, engine, wanted)
    raise ValidationError(
        "Nothing was named", hints=["name a plan, a task, a report, a log or a finding"]
    )


async def _plan(project: Project, engine: Engine, wanted: str) -> str:
    plan = records.find_plan(engine.store, wanted)
    return project.uri(f".podium/{layout.plan_header(plan.id).path}")


async def _task(project: Project, engine: Engine, wanted: str) -> str:
    plan, task = records.find_task(engine.store, wanted)
    return project.uri(f".podium/{layout.task(plan.id, task.id).path}")


async def _report(project: Project, engine: Engine, wanted: str) -> str:
    told = await report.run(engine, ReportParams(run=wanted))
    name = f"{told.status.run_id}.md"
    await anyio.to_thread.run_sync(_written, project.root, name, told.markdown)
    return project.uri(f"{VIEWS}/{name}")


async def _log(project: Project, engine: Engine, wanted: str) -> str:
    if not wanted:
        return uri_of(log_path())
    run_id, _, task_id = wanted.partition("/")
    run = records.find_run(engine.store, run_id)
    row = records.load_task_runs(engine.store, run).get(task_id)
    if row is None or not row.attempts or not isinstance(engine.dispatcher, LocalDispatcher):
        raise ValidationError(f"No agent was called for {wanted} yet", hints=["podium status"])
    key = f"{run.id}/{task_id}/{row.attempt.number}/execute"
    path = engine.dispatcher.folder(key).output
    if not path.is_file():
        raise ValidationError(f"There is no log of {wanted}", why="it was cleared away")
    return project.uri(path.relative_to(project.root).as_posix())


async def _finding(project: Project, engine: Engine, wanted: str) -> str:
    from podium.operations.finding.views import find_finding

    return project.uri(find_finding(engine.store, wanted).path)


_OPENERS = {"plan": _plan, "task": _task, "report": _report, "log": _log, "finding": _finding}


def _written(root: Path, name: str, text: str) -> Path:
    folder = root / VIEWS
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / name
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{name} cannot be written", why=error.strerror or "") from error
    return path
