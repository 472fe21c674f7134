"""Opens what a person wants to see in the editor: plans, tasks, reports, logs, findings."""

from pathlib import Path
from typing import Any

import anyio.to_thread

from podium.agents.local_dispatcher import LocalDispatcher
from podium.entities.plans import find_plan
from podium.entities.runs import find_run, load_task_runs
from podium.entities.tasks import find_task
from podium.errors import ValidationError
from podium.model import layout
from podium.operations.engine import Engine
from podium.operations.views import PlanView
from podium_lsp.background.workspace import Workspace
from podium_lsp.session.client import Client
from podium_lsp.session.documents import uri_of
from podium_lsp.session.log import log_path
from podium_lsp.session.projects import Project
from podium_lsp.virtual_documents import VirtualKind, write_readable


async def open_document(workspace: Workspace, project: Project, arguments: dict[str, Any]) -> Any:
    """Open the one thing that the arguments name.

    Args:
        arguments: `plan`, `readable` (a plan to read), `task` (plan/task), `report` (a run), `log`
            (run/task, or nothing for the server's own), or `finding`, by id or unique prefix.
    """
    engine = await anyio.to_thread.run_sync(project.engine)
    uri = await _uri_of(workspace, project, engine, arguments)
    return {"uri": uri, "shown": await workspace.session.client.show(uri)}


async def show_plan(workspace: Workspace, engine: Engine, view: PlanView) -> None:
    """Open a plan as a readable document."""
    project = next(each for each in workspace.session.projects.all if each.root == engine.root)
    uri = await workspace.virtual_documents.open(project, VirtualKind.PLAN, view.plan.id)
    await workspace.session.client.show(uri)


async def show_text(client: Client, root: Path, name: str, text: str) -> None:
    """Open a text that is nobody's file."""
    path = await anyio.to_thread.run_sync(write_readable, root, name, text)
    await client.show(uri_of(path))


async def _uri_of(
    workspace: Workspace, project: Project, engine: Engine, arguments: dict[str, Any]
) -> str:
    virtual_documents, store = workspace.virtual_documents, engine.store
    if "readable" in arguments:
        plan = find_plan(store, str(arguments["readable"]))
        return await virtual_documents.open(project, VirtualKind.PLAN, plan.id)
    if "report" in arguments:
        run = find_run(store, str(arguments["report"]))
        return await virtual_documents.open(project, VirtualKind.RUN, run.id)
    for name in ("task", "plan", "log", "finding"):
        if name in arguments:
            wanted = str(arguments[name])
            return await _OPENERS[name](project, engine, wanted)
    raise ValidationError(
        "Nothing was named", hints=["name a plan, a task, a report, a log or a finding"]
    )


async def _plan(project: Project, engine: Engine, wanted: str) -> str:
    plan = find_plan(engine.store, wanted)
    return project.uri(f".podium/{layout.plan_header(plan.id).path}")


async def _task(project: Project, engine: Engine, wanted: str) -> str:
    plan, task = find_task(engine.store, wanted)
    return project.uri(f".podium/{layout.task(plan.id, task.id).path}")


async def _log(project: Project, engine: Engine, wanted: str) -> str:
    if not wanted:
        return uri_of(log_path())
    run_id, _, task_id = wanted.partition("/")
    run = find_run(engine.store, run_id)
    row = load_task_runs(engine.store, run).get(task_id)
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


_OPENERS = {"plan": _plan, "task": _task, "log": _log, "finding": _finding}
