"""Checks open plan files and finds the plan that each belongs to."""

import re
from pathlib import Path

import anyio
import anyio.to_thread

from podium.operations.plan.by_path import ByPathParams, by_path, plan_following
from podium_lsp.convert import plan_diagnostic
from podium_lsp.plan_language.file_kinds import PLAYBOOK, Kind, PlanFile, plan_file
from podium_lsp.plan_language.plan_context import PlanContext
from podium_lsp.plan_language.problems.plan_file import problems_in
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session
from podium_lsp.session.text import Text

SOURCE = "plan"
_PLAN = re.compile(r"(?:·|of) plan `([^`\n]+)`")


class PlanFiles:
    """Publishes the problems in open plan files.

    Args:
        session: provides the open documents.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, tuple[Path, str]] = {}
        self._latest: dict[str, object] = {}

    async def look(self, project: Project, uri: str, relative: str) -> None:
        """Check an open document; discard the result if the document has changed since then."""
        file = file_in(project, relative)
        document = self._session.documents.get(uri)
        if file is None or document is None:
            return
        self._open[document.uri] = (project.root, relative)
        # A check of an earlier text, or with an earlier state of the plan, may end later than this
        # one.
        look = self._latest[document.uri] = object()
        context = await plan_context(project, file, relative, document.text)
        problems = await anyio.to_thread.run_sync(problems_in, file, document.text, context)
        # A document that was closed and opened again may have the same version as this one.
        is_now = self._session.documents.get(uri) is document
        if is_now and self._latest.get(document.uri) is look:
            encoding = self._session.documents.encoding
            rows = [plan_diagnostic(each, document.text, encoding) for each in problems]
            self._session.publisher.put(document.uri, SOURCE, rows)

    async def look_again(self, project: Project) -> None:
        """Check a project's open plan files again after its plans or runs changed."""
        for uri, (root, relative) in list(self._open.items()):
            if root == project.root:
                await self.look(project, uri, relative)

    def end(self, uri: str) -> None:
        """Stop checking a document."""
        self._latest.pop(uri, None)
        if self._open.pop(uri, None) is not None:
            self._session.publisher.put(uri, SOURCE, [])


async def plan_context(project: Project, file: PlanFile, relative: str, text: Text) -> PlanContext:
    """Return the context of a plan file, from the current state of the store.

    Args:
        relative: the file's path in the project.
        text: the file's text, in which Markdown names its plan.
    """
    return await anyio.to_thread.run_sync(_plan_context, project, file, relative, text)


def file_in(project: Project, relative: str) -> PlanFile | None:
    """Return the kind of a project's file, by its name or because a plan uses it."""
    named = plan_file(relative)
    if named is not None or not relative.endswith((".yaml", ".yml")):
        return named
    return PLAYBOOK if plan_following(project.reading, relative) else None


def plan_id_in(text: Text) -> str:
    """Return the id of the plan that a rendered document is about, or an empty string."""
    found = _PLAN.search(text.content)
    return found[1] if found else ""


def _plan_context(project: Project, file: PlanFile, relative: str, text: Text) -> PlanContext:
    is_prose = file.kind in (Kind.MARKDOWN, Kind.VIEW)
    # Markdown names its plan in the text, even in `.podium/run/views`.
    params = ByPathParams(
        path="" if is_prose else relative, plan=plan_id_in(text) if is_prose else ""
    )
    around = anyio.run(by_path.run, project.reading, params)
    return PlanContext(
        plan=around.plan,
        state=around.state,
        approval=around.approval,
        progress=around.progress,
        agents=around.agents,
        latest_run=around.latest_run,
        path=relative,
        steps=around.next_steps,
        task_steps=around.task_steps,
    )
