"""The first road with Gemini CLI, Copilot and OpenCode themselves, against a model on loopback."""

import json

import pytest

from podium.model.agents import Outcome
from podium.model.states import RunState
from tests.support.agents import (
    AGENTS,
    agent_command,
    agent_environment,
    agent_options,
    agents_folder,
)
from tests.support.model_script import Fault, Say, Script, WriteFile, rules
from tests.support.model_server import ModelServer
from tests.support.projects import Project
from tests.support.repositories import git

pytestmark = pytest.mark.agents

PLAN = {
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
ARCHITECT = (
    r"You are the architect",
    [Say(f"Here it is:\n```json\n{json.dumps(PLAN)}\n```")],
)


class Stage:
    """A project whose agent asks a model on loopback.

    Args:
        name: the agent's.
    """

    def __init__(self, name: str, project: Project, patch: pytest.MonkeyPatch) -> None:
        self.name, self.project, self._patch = name, project, patch
        patch.setenv("XDG_CACHE_HOME", str(agents_folder() / "cache"))
        patch.delenv("COPILOT_GITHUB_TOKEN", raising=False)

    def attach(self, model: ModelServer) -> None:
        for variable, value in agent_environment(self.name, model.url()).items():
            self._patch.setenv(variable, value)

    def plan(self) -> str:
        view = self.project.ask(
            "plan.create",
            objective="Add a value and use it",
            agent=self.name,
            options=agent_options(self.name),
        )
        assert view.state == "draft"
        self.project.ask("plan.approve", plan=view.plan.id)
        return str(view.plan.id)


@pytest.fixture(params=sorted(AGENTS))
def stage(
    request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    name = str(request.param)
    if agent_command(name) is None:
        pytest.skip(f"{name} is not installed: python -m tests.support.agents installs it")
    return Stage(name, project, monkeypatch)


def script(value: list[object], use: list[object]) -> Script:
    """Return a model that plans, and carries the two tasks out as given."""
    return rules(
        (r"Your task: value", value),  # type: ignore[arg-type]  # steps, checked by the server
        (r"Your task: use", use),  # type: ignore[arg-type]  # steps, checked by the server
        ARCHITECT,
    )


@pytest.mark.promise("G2", "P1", "R1")
def test_the_whole_road(stage: Stage) -> None:
    good = script(
        [WriteFile("value.py", "VALUE = 1\n"), Say("value.py holds it")],
        [WriteFile("use.py", "from value import VALUE\n\nprint(VALUE)\n"), Say("used")],
    )
    with ModelServer(good) as model:
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


@pytest.mark.promise("X1", "X2")
def test_a_write_outside_of_the_worktree_is_denied(stage: Stage) -> None:
    outside = stage.project.root / "stolen.txt"
    bad = script([WriteFile(str(outside), "no\n"), Say("written")], [])
    with ModelServer(bad) as model:
        stage.attach(model)
        status = stage.project.run_to_end(stage.plan(), max_attempts=1)

    assert status.state is RunState.FAILED
    assert not outside.exists()
    step = stage.project.ask("task.show", task="value").last_run.attempts[0].steps[0]
    assert step.denied or step.outcome is not Outcome.COMPLETED


@pytest.mark.promise("G6")
def test_a_hang_is_ended_by_the_idle_limit(stage: Stage) -> None:
    config = stage.project.root / ".podium" / "config.yaml"
    config.write_text("run:\n  limits: {idle_seconds: 12, wall_seconds: 120}\n")
    stage.project.reopen()
    with ModelServer(script([Fault("hang")], [])) as model:
        stage.attach(model)
        status = stage.project.run_to_end(stage.plan(), max_attempts=1)

    assert status.state is RunState.FAILED
    step = stage.project.ask("task.show", task="value").last_run.attempts[0].steps[0]
    assert step.outcome is Outcome.TIMED_OUT


@pytest.mark.promise("G1")
def test_a_stream_that_is_cut_is_not_taken_for_success(stage: Stage) -> None:
    cut = Fault("cut", step=Say("I have written value.py and everything is in place now. " * 20))
    with ModelServer(script([cut], [])) as model:
        stage.attach(model)
        status = stage.project.run_to_end(stage.plan(), max_attempts=1)

    assert status.state is RunState.FAILED


@pytest.mark.promise("P1")
def test_an_architect_whose_plan_breaks_the_rules_gets_one_chance_to_mend_it(stage: Stage) -> None:
    bad = {
        "tasks": [
            {"id": "a", "title": "A", "requires": ["b"]},
            {"id": "b", "title": "B", "requires": ["a"]},
        ]
    }
    model_script = rules(
        (r"in a circle", [Say(json.dumps(PLAN))]),
        (r"You are the architect", [Say(json.dumps(bad))]),
    )
    with ModelServer(model_script) as model:
        stage.attach(model)
        view = stage.project.ask(
            "plan.create", objective="x", agent=stage.name, options=agent_options(stage.name)
        )

    assert [task.id for task in view.plan.tasks] == ["value", "use"]
