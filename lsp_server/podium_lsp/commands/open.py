"""`podium.open`: opens a plan, task, report, log or finding in the editor."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio.to_thread

from podium.errors import ValidationError
from podium.model import layout
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium_lsp.background.workspace import Workspace
from podium_lsp.commands.run import ask
from podium_lsp.session.client import Client
from podium_lsp.session.documents import uri_of
from podium_lsp.session.log import log_path
from podium_lsp.session.projects import Project
from podium_lsp.virtual_documents import VirtualKind, write_readable


async def open_document(workspace: Workspace, project: Project, arguments: dict[str, Any]) -> Any:
    """Open the item that the arguments name.

    Args:
        workspace: provides the editor and its virtual documents.
        project: the project that the item belongs to.
        arguments: one of `plan`, `readable` (a rendered plan), `task` (`plan/task`), `report` (of a
            run), `log` (of `run/task`, or empty for the server's own log) and `finding`; its value
            is an id or a unique prefix of one.
    """
    uri = await _uri_of(workspace, project, arguments)
    return {"uri": uri, "shown": await workspace.session.client.show(uri)}


async def show_result(
    workspace: Workspace, project: Project, operation_id: str, params: Mapping[str, Any]
) -> None:
    """Open the result of a read-only operation as a rendered document."""
    match operation_id, await ask(project.reading, operation_id, **params):
        case "plan.show", view:
            uri = await workspace.virtual_documents.open(project, VirtualKind.PLAN, view.plan.id)
            await workspace.session.client.show(uri)
        case "run.status", status:
            uri = await workspace.virtual_documents.open(project, VirtualKind.RUN, status.run_id)
            await workspace.session.client.show(uri)
        case _, result:
            text = await anyio.to_thread.run_sync(_markdown, result)
            await show_text(workspace.session.client, project.root, f"{operation_id}.md", text)


async def show_text(client: Client, root: Path, name: str, text: str) -> None:
    """Open text that is not a file in the project."""
    path = await anyio.to_thread.run_sync(write_readable, root, name, text)
    await client.show(uri_of(path))


def _markdown(result: Frozen) -> str:
    # Imported here because it loads the results of all operations, which most sessions never need.
    from podium.operations.rendering import markdown

    return markdown(result)


async def _uri_of(workspace: Workspace, project: Project, arguments: dict[str, Any]) -> str:
    documents, engine = workspace.virtual_documents, project.reading
    if "readable" in arguments:
        view = await ask(engine, "plan.show", plan=str(arguments["readable"]))
        return await documents.open(project, VirtualKind.PLAN, view.plan.id)
    if "report" in arguments:
        status = await ask(engine, "run.status", run=str(arguments["report"]))
        return await documents.open(project, VirtualKind.RUN, status.run_id)
    for name, opener in _OPENERS.items():
        if name in arguments:
            return await opener(project, engine, str(arguments[name]))
    raise ValidationError(
        "There is nothing to open",
        why="the command does not specify what to open",
        hints=["pass a plan, a task, a report, a log or a finding"],
    )


async def _task(project: Project, engine: Engine, wanted: str) -> str:
    view = await ask(engine, "task.show", task=wanted)
    return project.uri(f".podium/{layout.task(view.plan_id, view.task.id).path}")


async def _plan(project: Project, engine: Engine, wanted: str) -> str:
    view = await ask(engine, "plan.show", plan=wanted)
    return project.uri(f".podium/{layout.plan_header(view.plan.id).path}")


async def _log(project: Project, engine: Engine, wanted: str) -> str:
    if not wanted:
        return uri_of(log_path())
    run_id, _, task_id = wanted.partition("/")
    while True:
        activity = await ask(engine, "run.activity", run=run_id, task=task_id)
        if not activity.tasks:
            raise ValidationError(
                f"No agent has been called for {wanted} yet", hints=["podium status"]
            )
        task = activity.tasks[0]
        if not task.log:
            raise ValidationError(
                f"There is no log for {wanted}", why="it was deleted to save space"
            )
        if task.calling:
            local = engine.home == engine.root
            return project.uri(task.log) if local else uri_of(engine.home / task.log)
        # The runner packs the logs of ended calls, so the editor gets a permanent copy.
        with contextlib.suppress(FileNotFoundError):  # packed now; asking again unpacks it
            name = f"{activity.run_id}-{task.task_id}.jsonl"
            copy = await anyio.to_thread.run_sync(_copy, project.root, name, engine.home / task.log)
            return uri_of(copy)


def _copy(root: Path, name: str, log: Path) -> Path:
    return write_readable(root, name, log.read_text(encoding="utf-8", errors="replace"))


async def _finding(project: Project, engine: Engine, wanted: str) -> str:
    finding = await ask(engine, "finding.show", finding=wanted)
    return project.uri(finding.path)


_OPENERS = {"task": _task, "plan": _plan, "log": _log, "finding": _finding}
"""Openers by argument; if several arguments are given, the first one here is used."""
