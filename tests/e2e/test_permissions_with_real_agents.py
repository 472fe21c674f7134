"""Agents' own programs ask before a command and a write, while a person answers elsewhere."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from podium.model.questions import Question
from podium.model.states import Phase
from podium.operations.run.status import RunStatus
from podium.projects.trust import trust
from tests.support.agents import (
    agent_command,
    agent_environment,
    agent_options,
    agents_folder,
    on_path,
)
from tests.support.model_script import RunCommand, Say, WriteFile, rules
from tests.support.model_server import ModelServer
from tests.support.projects import Json, Project, task

pytestmark = pytest.mark.agents

COMMAND, FILE = "touch ran.txt", WriteFile("value.py", "VALUE = 1\n")


@dataclass(frozen=True)
class Way:
    """How to reach an agent, and whether it asks about every command, even one that only reads."""

    agent: str
    needs: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    asks_always: bool = True


WAYS = {
    "claude": Way("claude", ("claude",), (("way", "headless"),)),
    "claude-acp": Way("claude", ("claude", "claude-acp"), (("way", "acp"),)),
    "codex-acp": Way("codex", ("codex", "codex-acp"), (("way", "acp"),), asks_always=False),
    "gemini": Way("gemini", ("gemini",), asks_always=False),
    "copilot": Way("copilot", ("copilot",)),
    "opencode": Way("opencode", ("opencode",)),
}


@pytest.fixture
def project_of(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    script = rules(
        (r"Your task: one", [RunCommand(COMMAND), FILE, Say("done")]),
        (r"Your task: look", [RunCommand("ls"), FILE, Say("done")]),
    )
    with ModelServer(script) as model:

        def prepare(way: Way, **settings: Any) -> Project:
            if not all(agent_command(each) for each in way.needs):
                pytest.skip(f"{way.agent} is not installed: python -m tests.support.agents")
            monkeypatch.setenv("XDG_CACHE_HOME", str(agents_folder() / "cache"))
            monkeypatch.setenv("PATH", on_path(os.environ["PATH"]))
            place = tmp_path_factory.mktemp("settings")
            for name, value in agent_environment(way.agent, model.url(), place).items():
                monkeypatch.setenv(name, value)
            options = agent_options(way.agent) | dict(way.options)
            agents: Json = {"default": way.agent, "options": {way.agent: options}, **settings}
            content = {"agents": agents, "run": {"max_attempts": 1}}
            (project.root / ".podium" / "config.yaml").write_text(json.dumps(content))
            project.reopen()
            trust(project.root, project.engine.config.project)
            return project

        yield prepare


def run_answering(
    project: Project, choice: str, task_id: str = "one"
) -> tuple[RunStatus, list[Question]]:
    """Run one task, and give the same answer to every question."""
    view = project.ask("plan.create", objective="Test", tasks=[task(task_id)])
    project.ask("plan.approve", plan=view.plan.id)
    run = project.ask("run.start", plan=view.plan.id).run_id
    seen: list[Question] = []
    while True:
        status = project.wait_run(run, lambda now: now.ended or bool(now.questions))
        if status.ended:
            return status, seen
        question = status.questions[0]
        seen.append(question)
        if choice:
            project.ask("question.answer", question=question.id, choice=choice)
        else:
            project.wait_run(run, lambda now: not now.questions)


@pytest.mark.promise("X2.per-action", "G1")
@pytest.mark.parametrize(
    ("name", "choice"),
    [
        *((name, "allow") for name in WAYS),
        *((name, "deny") for name in ("claude", "claude-acp", "codex-acp", "opencode")),
        ("claude", "allow-for-task"),
    ],
)
def test_a_real_agent_acts_only_after_an_answer(project_of: Any, name: str, choice: str) -> None:
    way = WAYS[name]
    project = project_of(way, ask=["command", "edit"])
    status, questions = run_answering(project, choice)
    (row,) = status.tasks
    if choice == "deny":
        assert row.phase is Phase.FAILED
        assert "value.py" not in row.changed_files
        assert "ran.txt" not in row.changed_files
        assert questions
        return
    shown = {each.action: each.facts[0].text for each in questions}
    assert [each.action for each in questions] == ["command", "edit"]
    assert COMMAND in shown["command"]
    assert "+VALUE = 1" in shown["edit"]
    assert row.phase is Phase.DONE, row.problem
    assert set(row.changed_files) == {"value.py", "ran.txt"}


@pytest.mark.promise("X2.per-action")
@pytest.mark.parametrize("name", WAYS)
def test_which_agents_also_ask_before_a_command_that_only_reads(project_of: Any, name: str) -> None:
    way = WAYS[name]
    project = project_of(way, ask=["command"])
    status, questions = run_answering(project, "allow", "look")
    assert status.tasks[0].phase is Phase.DONE
    if way.asks_always:
        assert [each.action for each in questions] == ["command"]
    (row,) = [each for each in project.ask("agent.list").agents if each.name == way.agent]
    assert ("command" in row.asks) is way.asks_always


@pytest.mark.promise("X2.per-action")
def test_no_answer_to_a_real_agent_means_no(project_of: Any) -> None:
    project = project_of(WAYS["claude"], ask=["command", "edit"], ask_seconds=0.5)
    status, questions = run_answering(project, "")
    assert status.tasks[0].changed_files == ()
    assert [each.action for each in questions][:1] == ["command"]


def test_paths_are_as_the_person_knows_them(project_of: Any) -> None:
    project = project_of(WAYS["claude"], ask=["edit"])
    _, questions = run_answering(project, "allow")
    assert [each.facts[0].text for each in questions] == [
        "--- a/value.py\n+++ b/value.py\n@@ -0,0 +1 @@\n+VALUE = 1\n"
    ]
