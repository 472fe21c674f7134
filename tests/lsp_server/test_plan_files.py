"""Checks of one plan file that overlap: what is shown is about the text and the plan of now."""

import threading
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from lsprotocol import types as t

from podium.model.base import canonical_text
from podium_lsp.diagnostics import plan_files
from podium_lsp.diagnostics.plan_files import PlanFiles
from podium_lsp.plan_language.problems.plan_file import problems_in
from podium_lsp.session.session import Session
from tests.support.projects import Project, task

FILE = ".podium/plans/{plan}/tasks/t1.json"


class Recorder:
    """An editor that remembers which messages were shown, in their order."""

    def __init__(self) -> None:
        self.shown: list[list[str]] = []

    @property
    def folder_uris(self) -> Sequence[str]:
        return ()

    def notify(self, method: str, params: Any) -> None:
        assert method == t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
        self.shown.append([each.message for each in params.diagnostics])

    def request(self, method: str, params: Any) -> Awaitable[Any]:
        raise AssertionError(f"nothing is asked: {method} {params}")


class Gate:
    """Holds the first check back until it is told to go on."""

    def __init__(self) -> None:
        self.is_reached, self.may_go = threading.Event(), threading.Event()

    def __call__(self, *given: Any) -> Any:
        found = problems_in(*given)
        if not self.is_reached.is_set():
            self.is_reached.set()
            self.may_go.wait()
        return found


@pytest.mark.anyio
@pytest.mark.parametrize("changed", ["text", "plan"])
async def test_a_check_that_ends_late_does_not_hide_a_later_one(
    project: Project, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    made = await _ask(project, "plan.create", objective="x", tasks=[task("t1")])
    path = project.root / FILE.format(plan=made.plan.id)
    gate, editor = Gate(), Recorder()
    monkeypatch.setattr(plan_files, "problems_in", gate)
    session = Session(editor)
    session.publisher.begin()
    found = await session.projects.find(project.root)
    assert found is not None
    checks = PlanFiles(session)

    async def look() -> None:
        await checks.look(found, path.as_uri(), path.relative_to(project.root).as_posix())

    _open(session, path, requires=["t2"])
    async with anyio.create_task_group() as group:
        group.start_soon(look)
        await anyio.to_thread.run_sync(gate.is_reached.wait)
        if changed == "text":
            session.documents.close(path.as_uri())
            checks.end(path.as_uri())
            _open(session, path)
        else:
            await _ask(project, "plan.update", edits=[{"op": "add", "task": task("t2")}])
        await look()
        gate.may_go.set()
    session.projects.close()
    assert editor.shown == [], "what was wrong at first is right now"


async def _ask(project: Project, operation: str, **params: Any) -> Any:
    return await anyio.to_thread.run_sync(lambda: project.ask(operation, **params))


def _open(session: Session, path: Path, **fields: Any) -> None:
    text = canonical_text({"id": "t1", "title": "x", **fields})
    item = t.TextDocumentItem(path.as_uri(), "json", 1, text)
    session.documents.open(item)
