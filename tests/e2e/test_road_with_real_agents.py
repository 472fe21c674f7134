"""The first road with real agents, their own programs, against a model on loopback."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from podium.agents.registry import load_agent
from podium.model.agents import Outcome
from podium.model.runs import AgentCall
from podium.model.states import Phase, RunState
from podium.operations.run.status import TaskStatus
from tests.support.agents import (
    NAMES,
    agent_command,
    agent_environment,
    agent_options,
    agents_folder,
    on_path,
)
from tests.support.model_script import Fault, Say, WriteFile, rules
from tests.support.model_server import ModelServer
from tests.support.projects import Project
from tests.support.repositories import git

pytestmark = pytest.mark.agents

PLAN: dict[str, Any] = {
    "summary": "Two small files.",
    "tasks": [
        {
            "id": "value",
            "title": "Add a value",
            "files": {"create": ["value.py"]},
            "acceptance": [{"id": "c1", "text": "value.py exists"}],
        },
        {
            "id": "use",
            "title": "Use the value",
            "requires": ["value"],
            "files": {"create": ["use.py"]},
            "acceptance": [{"id": "c1", "text": "use.py exists"}],
        },
    ],
}
CIRCLE = {
    "tasks": [
        {"id": "a", "title": "A", "requires": ["b"]},
        {"id": "b", "title": "B", "requires": ["a"]},
    ]
}


class Stage:
    """A project whose agent asks a model on loopback.

    Args:
        name: the agent's.
    """

    def __init__(
        self, name: str, project: Project, patch: pytest.MonkeyPatch, settings: Path
    ) -> None:
        self.name, self.project, self._patch, self._settings = name, project, patch, settings
        patch.setenv("XDG_CACHE_HOME", str(agents_folder() / "cache"))
        patch.setenv("PATH", on_path(os.environ["PATH"]))
        patch.delenv("COPILOT_GITHUB_TOKEN", raising=False)

    def attach(self, model: ModelServer) -> None:
        variables = agent_environment(self.name, model.url(), self._settings)
        for variable, value in variables.items():
            self._patch.setenv(variable, value)

    def plan(self) -> str:
        view = self.project.ask(
            "plan.create",
            objective="Add a value and use it",
            agent=self.name,
            options=agent_options(self.name),
        )
        assert view.state == "draft"
        assert [task.id for task in view.plan.tasks] == ["value", "use"]
        self.project.ask("plan.approve", plan=view.plan.id)
        return str(view.plan.id)

    def run_one(self, *steps: object) -> TaskStatus:
        """Have the agent try a task that was handed in, once; return how that ended."""
        with ModelServer(rules((r"Your task: value", steps))) as model:  # type: ignore[arg-type]  # steps, checked by the server
            self.attach(model)
            view = self.project.ask(
                "plan.create",
                objective="Add a value",
                tasks=PLAN["tasks"][:1],
                agent=self.name,
                options=agent_options(self.name),
            )
            self.project.ask("plan.approve", plan=view.plan.id)
            status = self.project.run_to_end(view.plan.id, max_attempts=1)
            assert model.turns, "the agent has to have asked the model"
        (row,) = status.tasks
        return row

    def patience(self) -> float:
        """Return how long this agent may be silent: a busy machine takes longer to start it."""
        began = time.monotonic()
        load_agent(self.name).available(agent_options(self.name))
        return max(10.0, 5 * (time.monotonic() - began))

    def last_step(self) -> AgentCall:
        """Return the last agent call of the task."""
        step: AgentCall = self.project.ask("task.show", task="value").last_run.attempts[0].calls[-1]
        return step


@pytest.fixture
def stage(
    name: str,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stage:
    if agent_command(name) is None:
        pytest.skip(f"{name} is not installed: python -m tests.support.agents installs it")
    return Stage(name, project, monkeypatch, tmp_path_factory.mktemp("settings"))


EVERY_AGENT = pytest.mark.parametrize("name", NAMES)
# The conformance suite tries the same with all agents, without a project around it.
FIRST_AGENTS = pytest.mark.parametrize("name", ["copilot", "gemini", "opencode"])


@EVERY_AGENT
@pytest.mark.promise(
    "G2.claude", "G2.codex", "G2.gemini", "G2.copilot", "G2.opencode", "P1.agent", "P1.strict", "R1"
)
def test_the_whole_road_from_a_first_plan_that_breaks_the_rules(stage: Stage) -> None:
    script = rules(
        (r"Your task: value", [WriteFile("value.py", "VALUE = 1\n"), Say("value.py holds it")]),
        (r"Your task: use", [WriteFile("use.py", "from value import VALUE\n"), Say("used")]),
        (r"in a cycle", [Say(f"Here it is:\n```json\n{json.dumps(PLAN)}\n```")]),
        (r"You are the architect", [Say(json.dumps(CIRCLE))]),
    )
    with ModelServer(script) as model:
        stage.attach(model)
        plan_id = stage.plan()
        status = stage.project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED, [task.problem for task in status.tasks]
    assert status.usage.input_tokens
    preview = stage.project.ask("work.land", plan=plan_id)
    stage.project.ask("work.land", plan=plan_id, token=preview.token)
    assert (stage.project.root / "value.py").read_text() == "VALUE = 1\n"
    assert (stage.project.root / "use.py").exists()
    assert git(stage.project.root, "status", "--porcelain", "--", ".", ":!.podium") == ""


@FIRST_AGENTS
@pytest.mark.promise("X1.paths", "X2.least")
def test_a_write_outside_of_the_worktree_is_denied(stage: Stage) -> None:
    outside = stage.project.root / "stolen.txt"

    row = stage.run_one(WriteFile(str(outside), "no\n"), Say("written"))

    assert row.phase is Phase.FAILED
    assert not outside.exists()
    assert len(stage.last_step().denied) == 1


@FIRST_AGENTS
@pytest.mark.promise("G6")
def test_a_hang_is_ended_by_the_idle_limit(stage: Stage) -> None:
    config = stage.project.root / ".podium" / "config.yaml"
    config.write_text(f"run:\n  limits: {{idle_seconds: {stage.patience():.0f}}}\n")
    stage.project.reopen()

    row = stage.run_one(Fault("hang"))

    assert row.phase is Phase.FAILED
    assert stage.last_step().outcome is Outcome.TIMED_OUT


@FIRST_AGENTS
@pytest.mark.promise("G1")
def test_a_stream_that_is_cut_is_not_taken_for_success(stage: Stage) -> None:
    said = Say("I have written value.py and everything is in place now. " * 20)

    row = stage.run_one(Fault("cut", step=said))

    assert row.phase is Phase.FAILED
