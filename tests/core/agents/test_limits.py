"""What a run does with the limits of its dispatcher, and what its calls name."""

import pytest

from podium.agents.call_directory import CallDirectory
from podium.agents.local_dispatcher import LocalDispatcher
from podium.ports.dispatcher import CallLimits, CallState
from tests.support.projects import Project, task, write
from tests.support.repositories import git

set_limits = LocalDispatcher.set_limits


def call_of(project: Project, run_id: str) -> CallDirectory:
    """Return the only call of a run, which may be packed."""
    return CallDirectory(project.engine.calls / run_id / "a" / "1" / "execute")


def test_a_call_that_nobody_can_take_fails_its_task_with_the_reason(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(dispatcher: LocalDispatcher, limits: CallLimits) -> None:
        await set_limits(dispatcher, CallLimits(agents=frozenset()))

    monkeypatch.setattr(LocalDispatcher, "set_limits", nobody)
    plan_id = project.plan([task("a")], {"a": [[write("a.txt", "a\n")]]})
    status = project.run_to_end(plan_id)
    assert "may not be started here" in status.tasks[0].problem
    call = call_of(project, status.run_id)
    assert call.state() is CallState.FINISHED
    assert call.tries() is None


def test_a_run_limits_how_many_of_its_calls_run_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[CallLimits] = []

    async def noted(dispatcher: LocalDispatcher, limits: CallLimits) -> None:
        seen.append(limits)
        await set_limits(dispatcher, limits)

    monkeypatch.setattr(LocalDispatcher, "set_limits", noted)
    plan_id = project.plan([task("a")], {"a": [[write("a.txt", "a\n")]]})
    project.run_to_end(plan_id, max_parallel=3)
    assert seen == [CallLimits(at_once=3)]


def test_a_call_names_the_commit_that_it_starts_from(project: Project) -> None:
    plan_id = project.plan([task("a")], {"a": [[write("a.txt", "a\n")]]})
    head = git(project.root, "rev-parse", "HEAD").strip()
    status = project.run_to_end(plan_id)
    request = call_of(project, status.run_id).request()
    assert request.tree is not None
    assert request.tree.repository == str(project.root.resolve() / ".git")
    assert request.tree.result_ref == f"refs/podium/calls/{request.key}"
    trees = [
        git(project.root, "rev-parse", f"{commit}^{{tree}}")
        for commit in (request.tree.base_commit, head)
    ]
    assert trees[0] == trees[1]
