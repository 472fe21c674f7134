"""`workspace/executeCommand`: parses the arguments, performs the operation, returns the result."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import anyio.to_thread
from lsprotocol import types as t

from podium.app import connect
from podium.app.connection import built
from podium.errors import ProjectNotFound, ValidationError
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium.operations.table import load_operation
from podium_lsp.background.workspace import Workspace
from podium_lsp.commands.confirm import EditorConfirmer
from podium_lsp.commands.dismiss import dismiss_in_editor
from podium_lsp.commands.editing import fix_in_editor, revert_in_editor
from podium_lsp.commands.names import NEXT_PROMPT, OPEN, STATUS, TREE, VERIFY, operation_of
from podium_lsp.commands.open import open_document
from podium_lsp.commands.prompts import next_prompt
from podium_lsp.commands.run import CommandRun, answer_of
from podium_lsp.commands.status import server_status
from podium_lsp.commands.tree import tree_rows
from podium_lsp.commands.verify_edit import verify_edit
from podium_lsp.session.documents import path_of
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

Arguments = dict[str, Any]

Flow = Callable[[Session, Project, CommandRun, Any], Awaitable[Any]]
"""Performs an operation with the editor's help, and returns the command's result."""

FLOWS: Mapping[str, Flow] = {
    "file.revert": revert_in_editor,
    "finding.dismiss": dismiss_in_editor,
    "finding.fix": fix_in_editor,
}
"""Flows by operation id; all other operations are performed directly."""


async def handle(workspace: Workspace, params: t.ExecuteCommandParams) -> Any:
    """Run a command; its single argument is an object with the operation's parameters.

    The key `uri` selects the project: it is the URI of a file in it.
    """
    arguments = _arguments(params)
    uri = str(arguments.get("uri", ""))
    project = await workspace.some_project(uri)
    if params.command == STATUS:
        return server_status(workspace)
    if params.command == TREE:
        return await tree_rows(workspace, arguments)
    if params.command == NEXT_PROMPT:
        return await next_prompt(project, arguments)
    if params.command in (OPEN, VERIFY):
        needed = _needed(project)
        if params.command == OPEN:
            return await open_document(workspace, needed, arguments)
        return await verify_edit(workspace.session.documents, needed, arguments)
    operation = load_operation(operation_of(params.command))
    return await _operate(workspace, operation, project, arguments, params.work_done_token)


async def cancel_run(workspace: Workspace, project: Project, run_id: str) -> None:
    """Cancel a run, after asking the user."""
    operation = load_operation("run.cancel")
    await _operate(workspace, operation, project, {"run": run_id}, None)


async def _operate(
    workspace: Workspace,
    operation: Operation[Any, Any],
    project: Project | None,
    arguments: Arguments,
    token: str | int | None,
) -> Any:
    subject = await _subject(workspace, operation, project, arguments)
    params = built(operation, _completed(workspace, operation, project, arguments))
    session = workspace.session
    run = CommandRun(
        subject=subject,
        confirmer=EditorConfirmer(workspace, project),
        progress=session.progress,
        token=token,
        next_change=partial(workspace.next_change, project.root) if project else None,
    )
    if (flow := FLOWS.get(operation.id)) is not None:
        return await flow(session, _needed(project), run, params)
    answer = answer_of(await run.perform(operation, params))
    if operation.id == "project.init":
        await workspace.look_everywhere()
    return answer


async def _subject(
    workspace: Workspace,
    operation: Operation[Any, Any],
    project: Project | None,
    arguments: Arguments,
) -> Engine | Place:
    if operation.needs is not Place:
        return await anyio.to_thread.run_sync(_needed(project).engine)
    folder = project.root if project else _folder(workspace, arguments)
    return await anyio.to_thread.run_sync(lambda: connect(folder, "lsp").place)


def _needed(project: Project | None) -> Project:
    if project is None:
        raise ProjectNotFound(
            "No folder in the editor is a Podium project",
            why="neither these folders nor their parents contain .podium",
            hints=["run the command podium.project.init, or `podium init` in a terminal"],
        )
    return project


def _folder(workspace: Workspace, arguments: Arguments) -> Path:
    named = path_of(str(arguments.get("uri", "")))
    paths = [*([named] if named else []), *workspace.session.client.folders]
    if not paths:
        raise ProjectNotFound(
            "The editor has no folder open", hints=["open a folder, then try again"]
        )
    return paths[0] if paths[0].is_dir() else paths[0].parent


def _arguments(params: t.ExecuteCommandParams) -> Arguments:
    given = params.arguments or []
    if len(given) > 1 or any(not isinstance(each, Mapping) for each in given):
        raise ValidationError(
            "A command takes one object as its argument",
            why=f"{len(given)} arguments were sent",
            hints=[f'{params.command} {{"name": value, …}}'],
        )
    return dict(cast("Mapping[str, Any]", given[0])) if given else {}


def _completed(
    workspace: Workspace,
    operation: Operation[Any, Any],
    project: Project | None,
    arguments: Arguments,
) -> Arguments:
    """Return the arguments with the current file and its text, including unsaved changes."""
    known = operation.params.model_fields
    rest = {k: v for k, v in arguments.items() if k in known or k != "uri"}
    if project is None or "path" not in known or operation.id == "plan.export":
        return rest
    uri = str(arguments.get("uri", ""))
    if "path" not in rest and (relative := workspace.relative(project, uri)):
        rest["path"] = relative
    if operation.id == "plan.import" and not Path(str(rest.get("path", ""))).is_absolute():
        rest["path"] = str(project.root / str(rest.get("path", "")))
    if "text" in known and "text" not in rest:
        document = workspace.session.documents.get(project.uri(str(rest.get("path", ""))))
        if document is not None:
            rest["text"] = document.text.content
    return rest
