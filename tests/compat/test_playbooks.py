"""Playbooks, variables and marks of the former revision mean what they meant."""

import json
import re
from pathlib import Path

import pytest

from podium.model.agents import Outcome, Role
from podium.model.states import RunState
from podium_adapters.playbook.loading import load_playbook
from tests.compat.renamed import translated
from tests.support.commands import podium
from tests.support.former import PROGRAMS, former_file
from tests.support.projects import Json, Project, task, write
from tests.support.repositories import git

STEPS: list[Json] = [
    {"write": {"path": "a.py", "content": "a = 1\n"}},
    {"replace": {"path": "a.py", "old": "1", "new": "2"}},
    {"delete": "a.py"},
    {"cut": {"path": "a.py", "content": "a = 1\n", "at": 3}},
    {"run": ["true", "x"]},
    {"say": "done"},
    {"delay": 0.5},
    {"garbage": "?"},
    {"hang": True},
    {"crash": True},
]
PLAN: Json = {"summary": "S", "tasks": [{"id": "t1", "title": "T"}]}


@pytest.fixture
def schema() -> Json:
    """Return what the former revision says that a playbook may hold."""
    found: Json = json.loads(former_file("docs/schemas/playbook.schema.json"))
    return found


def fields_of(schema: Json, name: str) -> set[str]:
    return set(schema["$defs"][name]["properties"])


def test_a_playbook_with_everything_that_it_could_hold_is_read(
    schema: Json, tmp_path: Path
) -> None:
    outcomes = [each for each in schema["$defs"]["Outcome"]["enum"] if each != "completed"]
    fails: list[Json] = [
        {"fail": {"outcome": each, "detail": "so", "retry_after_seconds": 2}} for each in outcomes
    ]
    content: Json = {
        "version": 1,
        "objective": "O",
        "plan": PLAN,
        "tasks": {"t1": [STEPS, *([each] for each in fails)]},
        "audits": {"t1": [[STEPS[5]]]},
        "fixes": {"t1": [[STEPS[3]], [STEPS[0]]]},
    }
    assert set(content) == set(schema["properties"])
    assert {name for step in [*STEPS, *fails] for name in step} == fields_of(schema, "Step")
    for kind, name in {"CutStep": "cut", "WriteStep": "write", "ReplaceStep": "replace"}.items():
        (given,) = [step[name] for step in STEPS if name in step]
        assert set(given) == fields_of(schema, kind)
    assert set(fails[0]["fail"]) == fields_of(schema, "FailStep")

    path = tmp_path / "playbook.yaml"
    path.write_text(json.dumps(content))
    playbook = load_playbook(path)

    assert playbook.plan == PLAN
    for number, outcome in enumerate(outcomes, 2):
        steps = playbook.attempt(Role.EXECUTOR, "t1", number)
        assert steps
        (step,) = steps
        assert step.fail is not None
        expected = translated("FailStep", {"outcome": outcome, "detail": "so"})
        assert (step.fail.outcome, step.fail.detail) == (expected["outcome"], "so")
        assert step.fail.retry_after_seconds == 2
    assert len(playbook.attempt(Role.CONSULTANT, "t1", 1) or ()) == 1
    assert len(playbook.attempt(Role.EXECUTOR, "t1", 1) or ()) == len(STEPS)


@pytest.mark.parametrize("name", ["core/podium_cli/demo/playbook.yaml", "docs/playbook.md"])
def test_the_playbooks_that_were_shipped_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_text(playbook_in(former_file(name)))
    assert load_playbook(path).tasks


def playbook_in(text: str) -> str:
    """Return the first playbook of a page, or the whole text of a file that is one."""
    block = re.search(r"```yaml\n(version: 1\n.*?)```", text, re.DOTALL)
    return block.group(1) if block else text


GREET = "def greet(name: str) -> str:\n    return name\n"


@pytest.mark.promise("G2.playbook", "V2.truncated")
def test_the_steps_that_cut_a_file_and_a_reply_off_do_what_they_did(project: Project) -> None:
    tasks = [task("greet", files={"create": ["greet.py"]}), task("tell")]
    script = {
        "greet": [
            [{"cut": {"path": "greet.py", "content": GREET, "at": 20}}],
            [write("greet.py", GREET)],
        ],
        "tell": [[{"fail": {"outcome": "cut", "detail": "no more"}}]],
    }
    plan = project.plan(tasks, script)

    status = project.run_to_end(plan, max_attempts=2)

    assert status.state is RunState.PARTIAL, status.tasks
    greet, tell = (project.ask("task.show", task=each).last_run for each in ("greet", "tell"))
    assert [each.problem != "" for each in greet.attempts] == [True, False]
    assert git(project.root, "show", f"{greet.attempts[0].branch}:greet.py") == GREET[:20]
    assert git(project.root, "show", f"{status.integration_branch}:greet.py") == GREET.strip()
    expected = translated("Step", {"outcome": "cut"})["outcome"]
    assert tell.attempts[0].calls[0].outcome is Outcome(expected)


VARIABLES = {
    "PODIUM_AGENT": ("agents.default", "playbook"),
    "PODIUM_MAX_PARALLEL": ("run.max_parallel", "7"),
    "PODIUM_MAX_ATTEMPTS": ("run.max_attempts", "6"),
    "PODIUM_MAX_RECOVERY_ATTEMPTS": ("run.max_recovery_attempts", "5"),
    "PODIUM_WALL_SECONDS": ("run.limits.wall_seconds", "44.5"),
    "PODIUM_IDLE_SECONDS": ("run.limits.idle_seconds", "33.5"),
}


def test_every_variable_of_the_former_revision_sets_its_setting(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = former_file("core/podium/app/settings.py")
    assert set(re.findall(r'"(PODIUM_\w+)": ', page)) == set(VARIABLES)
    for variable, (_, text) in VARIABLES.items():
        monkeypatch.setenv(variable, text)
    settings = {each.name: each for each in project.ask("config.show").settings}
    for name, text in VARIABLES.values():
        assert (settings[name].value, settings[name].origin) == (text, "environment")


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("mark", ["PODIUM_CALL", "PODIUM_PROCESS_MARK"])
def test_what_the_former_program_started_does_not_speak_for_a_person(
    project: Project, mark: str
) -> None:
    plan = project.ask("plan.create", objective="O", tasks=[task("t1")]).plan.id
    assert podium(project.root, "approve", plan, "--yes", **{mark: "1"}).returncode == 4
    assert podium(project.root, "approve", plan, "--yes").returncode == 0


def test_the_playbook_of_the_former_stores_is_read() -> None:
    assert load_playbook(PROGRAMS / "playbook.yaml").fixes
