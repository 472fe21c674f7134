"""Plan files that are open: judged, and put into their surroundings for every question."""

import os
import re
from pathlib import Path

import anyio.to_thread

from podium.agents.registry import agent_names
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import load_approval, load_plan
from podium.entities.runs import all_runs
from podium.entities.tasks import load_progress
from podium.errors import PodiumError
from podium.model import layout
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
    """The language of plan files, for open texts.

    Args:
        session: holds the texts.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, tuple[Path, str]] = {}

    async def look(self, project: Project, uri: str, relative: str) -> None:
        """Judge an open text; a later version of it is judged by itself."""
        file = file_in(project, relative)
        document = self._session.documents.get(uri)
        if file is None or document is None:
            return
        self._open[document.uri] = (project.root, relative)
        context = await plan_context(project, file, relative, document.text)
        problems = await anyio.to_thread.run_sync(problems_in, file, document.text, context)
        now = self._session.documents.get(uri)
        if now is not None and now.version == document.version:
            encoding = self._session.documents.encoding
            rows = [plan_diagnostic(each, document.text, encoding) for each in problems]
            self._session.publisher.put(document.uri, SOURCE, rows)

    async def look_again(self, project: Project) -> None:
        """Judge a project's open texts again, after their surroundings changed."""
        for uri, (root, relative) in list(self._open.items()):
            if root == project.root:
                await self.look(project, uri, relative)

    def end(self, uri: str) -> None:
        """Judge a text no more."""
        if self._open.pop(uri, None) is not None:
            self._session.publisher.put(uri, SOURCE, [])


async def plan_context(project: Project, file: PlanFile, relative: str, text: Text) -> PlanContext:
    """Return what a plan file is judged against, as the store holds it now.

    Args:
        relative: where the file lies in the project.
        text: prose names its plan itself.
    """
    return await anyio.to_thread.run_sync(_plan_context, project, file, relative, text)


def file_in(project: Project, relative: str) -> PlanFile | None:
    """Return what a file of a project is: by its name, or because a plan follows it."""
    named = plan_file(relative)
    if named is not None or not relative.endswith((".yaml", ".yml")):
        return named
    return PLAYBOOK if _follower(project, relative) else None


def plan_id_in(text: Text) -> str:
    """Return the id of the plan that a readable document is about, or nothing."""
    found = _PLAN.search(text.content)
    return found[1] if found else ""


def _follower(project: Project, relative: str) -> str:
    """Return the newest plan whose agents follow a file, or nothing."""
    wanted = project.root / relative
    headers = project.store.list(layout.plan_headers()).values()
    for header in sorted(headers, key=lambda each: (each.created_at, each.id), reverse=True):
        for choice in header.agents.values():
            followed = choice.options.get("playbook", "")
            if followed and Path(os.path.normpath(project.root / followed)) == wanted:
                return header.id
    return ""


def _plan_of(project: Project, file: PlanFile, relative: str, text: Text) -> str:
    match file.kind:
        case Kind.MARKDOWN | Kind.VIEW:
            return plan_id_in(text)
        case Kind.PLAYBOOK:
            return _follower(project, relative)
        case _:
            return file.plan_id


def _plan_context(project: Project, file: PlanFile, relative: str, text: Text) -> PlanContext:
    store = project.store
    nothing = PlanContext(agents=agent_names(), path=relative)
    plan_id = _plan_of(project, file, relative, text)
    if not plan_id:
        return nothing
    try:
        plan = load_plan(store, plan_id)
    except PodiumError:
        return nothing
    runs = all_runs(store, plan_id)
    return PlanContext(
        plan=plan,
        state=state_of_plan(store, plan),
        approval=load_approval(store, plan_id),
        progress=load_progress(store, plan_id),
        agents=agent_names(),
        latest_run=runs[0].id if runs else "",
        path=relative,
    )
