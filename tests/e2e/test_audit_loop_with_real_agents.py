"""The audit loop with real agents, their own programs, against a model on loopback."""

import json
from pathlib import Path

import pytest

from podium.model.agents import Role
from podium.model.states import RunState
from tests.e2e.test_road_with_real_agents import Stage
from tests.support.agents import NAMES, agent_command, agent_options
from tests.support.model_script import Say, Script, WriteFile, rules
from tests.support.model_server import ModelServer
from tests.support.projects import Project, task
from tests.support.repositories import git

pytestmark = pytest.mark.agents

FINDING = {
    "path": "value.py",
    "line": 1,
    "quote": "VALUE = 1",
    "severity": "error",
    "category": "completeness",
    "message": "nothing checks the value",
}


def reviewing() -> Script:
    """Return a model that forgets the check, misses it as the auditor, and adds it.

    The check is a new file, because not every agent's tool for new files replaces an old one.
    """
    return rules(
        (r"Your task: value", [WriteFile("value.py", "VALUE = 1\n"), Say("written")]),
        (r"You are the consultant", [WriteFile("check.py", "import value\n"), Say("mended")]),
        (r"You are the auditor.*\+import value", [review()]),
        (r"You are the auditor", [review(FINDING)]),
    )


def review(*findings: object) -> Say:
    return Say(f"My review:\n```json\n{json.dumps({'findings': findings})}\n```\n")


@pytest.mark.promise("R1", "F4", "G2.claude", "G2.codex", "G2.gemini", "G2.copilot", "G2.opencode")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.every_agent) if name in ("claude", "codex") else name
        for name in NAMES
    ],
)
def test_an_agent_reviews_and_mends_what_an_agent_wrote(
    name: str, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if agent_command(name) is None:
        pytest.skip(f"{name} is not installed: python -m tests.support.agents installs it")
    (project.root / ".podium" / "config.yaml").write_text("run: {audit: true}\n")
    project.reopen()
    project.ask("project.trust")
    stage = Stage(name, project, monkeypatch, tmp_path / "settings")
    with ModelServer(reviewing()) as model:
        stage.attach(model)
        options = agent_options(name)
        tasks = [task("value", files={"create": ["value.py"]})]
        view = project.ask(
            "plan.create", objective="A value", tasks=tasks, agent=name, options=options
        )
        project.ask("plan.approve", plan=view.plan.id)
        status = project.run_to_end(view.plan.id)

    assert status.state is RunState.COMPLETED, [row.problem for row in status.tasks]
    (attempt,) = project.ask("task.show", task="value").last_run.attempts
    assert [step.role for step in attempt.calls] == [
        Role.EXECUTOR,
        Role.AUDITOR,
        Role.CONSULTANT,
        Role.AUDITOR,
    ]
    assert git(project.root, "show", f"{status.integration_branch}:check.py") == "import value"
    (finding,) = project.ask("finding.list", where="").findings
    assert (finding.status, finding.said_by) == ("fixed", f"agent:{name}")
