"""Replies that a run or a plan takes from an earlier one."""

import json
from pathlib import Path
from typing import Any

import pytest

from podium.model.agents import AgentSpec
from podium.model.states import RunState
from podium_adapters.playbook.agent import PlaybookAgent
from tests.e2e.test_audit_loop import ONE, RIGHT, audited, remark, said
from tests.support.projects import Project, audits, task, write
from tests.support.repositories import git


@pytest.fixture
def cacheable(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Make replies of the playbook reusable, as those of a model are."""
    describe = PlaybookAgent.describe

    def changed(self: PlaybookAgent) -> AgentSpec:
        return describe(self).model_copy(update={"cacheable": True})

    monkeypatch.setattr(PlaybookAgent, "describe", changed)
    return project


@pytest.mark.promise("G8.key", "G8.effects", "G8.rate")
def test_a_review_of_the_same_change_is_reused_unless_asked_not_to(cacheable: Project) -> None:
    project = cacheable
    audited(project)
    found: list[tuple[str, str]] = []
    for start in ({}, {}, {"no_cache": True}):
        plan_id = project.plan(ONE, {"one": [[write("app.py", RIGHT)]]})
        # Were it asked again, the auditor would not let it pass.
        remarks = [] if not found else [remark(quote="", line=2)]
        audits(project, {"one": [said(*remarks)] * 4})
        status = project.run_to_end(plan_id, **start)
        report = project.ask("run.report", run=status.run_id).markdown
        (line,) = [row for row in report.splitlines() if "Reused replies" in row] or [""]
        found.append((status.state, line))
    assert found == [
        (RunState.COMPLETED, "- Reused replies: 0 of 1 call (0 %)"),
        (RunState.COMPLETED, "- Reused replies: 1 of 1 call (100 %)"),
        (RunState.FAILED, ""),
    ]


@pytest.mark.promise("G8.key", "G8.effects")
def test_a_plan_for_the_same_objective_and_files_is_reused(cacheable: Project) -> None:
    project = cacheable
    ledger = project.root.parent / "ledger"

    def draft(**more: Any) -> list[str]:
        """Draft a plan and return its warnings."""
        plan = {"summary": "s", "tasks": [task("one")]}
        options = {"playbook": str(project.write_playbook({}, plan)), "ledger": str(ledger)}
        return list(
            project.ask(
                "plan.create", objective="Test", agent="playbook", options=options, **more
            ).plan.header.warnings
        )

    def calls() -> int:
        return ledger.read_text().count("start")

    assert (draft(), calls()) == ([], 1)
    (warning,) = draft()
    assert ("--no-cache" in warning, calls()) == (True, 1)
    assert (draft(no_cache=True), calls()) == ([], 2)
    _commit_a_file(project.root)
    assert (draft(), calls()) == ([], 3)
    config = project.root / ".podium" / "config.yaml"
    config.write_text(json.dumps({"agents": {"cache": {"enabled": False}}}))
    project.reopen()
    assert (draft(), calls()) == ([], 4)


def _commit_a_file(root: Path) -> None:
    (root / "new.txt").write_text("new\n")
    git(root, "add", "new.txt")
    git(root, "commit", "-q", "-m", "new")
