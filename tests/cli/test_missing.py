"""A command line that lacks a value: choices are offered by title, and nothing typed is lost."""

import json
import os
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from podium.entities.questions import ask
from podium.model.questions import Choice, Question
from podium.operations.prompt.form import Form
from tests.cli.test_ctrl_c import Terminal, in_terminal
from tests.core.model.builders import NOON
from tests.support.commands import podium
from tests.support.projects import Project, task

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RETRY = Choice(id="retry", label="Try again now")
FAIL = Choice(id="fail", label="Fail the attempt")


def draft(project: Project, objective: str = "Add a flag") -> str:
    tasks = [task("a", title="Parse the flag"), task("b", title="Write the docs")]
    return str(project.ask("plan.create", objective=objective, tasks=tasks).plan.id)


def question(project: Project, about: str, text: str, minutes: int = 0) -> str:
    asked = Question(
        id="",
        kind="limit",
        about=about,
        text=text,
        choices=(RETRY, FAIL),
        asked_at=NOON + timedelta(minutes=minutes),
    )
    return project.engine.store.transact(lambda tx: ask(tx, asked)).id


def hints_of(project: Project, *words: str) -> list[str]:
    """Return the command lines that a refused command suggests; they need no terminal."""
    done = podium(project.root, *words, "--json")
    assert done.returncode == 2, done.stdout
    return list(json.loads(done.stdout)["error"]["hints"])


def end(terminal: Terminal) -> tuple[str, int]:
    """Return what a terminal showed in the end, and the exit code."""
    shown = _COLOUR.sub("", terminal.rest().replace("\r", ""))
    return shown, terminal.process.wait()


@pytest.mark.promise("U1.titles", "U1.kept")
def test_open_questions_are_listed_with_the_commands_that_answer_them(project: Project) -> None:
    first = question(project, "r-1/a", "gemini rests until 14:30")
    second = question(project, "r-1/b", "the quota; of codex is used up", 1)
    done = podium(project.root, "answer")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines == [
        "Error  podium answer needs CHOICE",
        f"  · {first} retry: gemini rests until 14:30 · Try again now",
        f"  · {first} fail: gemini rests until 14:30 · Fail the attempt",
        f"  · {second} retry: the quota, of codex is used up · Try again now",
        f"  · {second} fail: the quota, of codex is used up · Fail the attempt",
        f"Hint   podium answer {first} retry",
        f"Hint   podium answer {first} fail",
        f"Hint   podium answer {second} retry",
        f"Hint   podium answer {second} fail",
    ]
    command = lines[-2].removeprefix("Hint   ")
    answered = podium(project.root, *shlex.split(command)[1:])
    assert answered.returncode == 0, answered.stderr
    assert [each.id for each in project.ask("question.list").questions] == [first]


@pytest.mark.promise("U1.titles")
def test_the_only_open_question_is_answered_by_its_choices(project: Project) -> None:
    only = question(project, "r-1/a", "gemini rests")
    done = podium(project.root, "answer")
    assert "  · retry: gemini rests · Try again now" in done.stderr.splitlines()
    assert "Hint   podium answer" in done.stderr
    assert hints_of(project, "answer", only)[0] == f"podium answer {only} --json retry"


def test_without_an_open_question_there_is_nothing_to_answer(project: Project) -> None:
    done = podium(project.root, "answer")
    assert (done.returncode, "No question is open" in done.stderr) == (3, True)


@pytest.mark.promise("U1.titles", "U1.kept")
def test_the_suggested_commands_have_what_was_typed(project: Project) -> None:
    plan = draft(project)
    typed = ["task", "--state", "blocked", "--reason", "waits for the API"]
    done = podium(project.root, *typed)
    assert f"  · {plan}/a: Parse the flag" in done.stderr
    command = f"podium {shlex.join(typed)} {plan}/b"
    assert f"Hint   {command}" in done.stderr.splitlines()
    assert podium(project.root, *shlex.split(command)[1:]).returncode == 0
    assert project.ask("task.show", task=f"{plan}/b").progress.reason == "waits for the API"


@pytest.mark.promise("U1.kept")
@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["reject"], "podium reject needs --reason", "podium reject --reason …"),
        (["think"], "podium think needs TEXT", "podium think …"),
        (
            ["add-finding", "app.py", "--line", "2"],
            "podium add-finding needs MESSAGE",
            "podium add-finding app.py --line 2 …",
        ),
        (["agents", "rest", "codex"], "needs --until", "podium agents rest codex --until …"),
        (["dismiss"], "podium dismiss needs a finding, and there is none", "podium findings"),
    ],
)
def test_a_text_that_is_missing_has_its_place_in_the_suggested_command(
    project: Project, words: list[str], what: str, hint: str
) -> None:
    draft(project)
    done = podium(project.root, *words)
    assert done.returncode == 2
    assert what in done.stderr
    assert hint in done.stderr.replace("'", "")


def test_many_choices_are_not_all_listed(project: Project) -> None:
    many = [task(f"t{each}") for each in range(40)]
    project.ask("plan.create", objective="Much", tasks=many)
    done = podium(project.root, "task")
    assert len(done.stderr.splitlines()) == 1 + 9 + 1 + 9
    assert "and more: podium tasks" in done.stderr


@pytest.mark.promise("U1.titles")
@pytest.mark.parametrize("typed", ["2", "{plan}/b", "nothing\n2"])
def test_a_task_is_chosen_by_its_title_at_a_terminal(project: Project, typed: str) -> None:
    plan = draft(project)
    terminal = in_terminal(project.root, "task")
    terminal.wait_for(b"Number")
    assert b"Which task?" in terminal.seen
    assert b"Parse the flag" in terminal.seen
    os.write(terminal.master, typed.format(plan=plan).encode() + b"\n")
    shown, code = end(terminal)
    assert code == 0, shown
    assert f"{plan}/b" in shown.rpartition("Number")[2]
    assert ("That is none of the choices." in shown) == ("nothing" in typed)


@pytest.mark.promise("U1.titles", "U1.kept")
def test_a_question_is_chosen_and_answered_at_a_terminal(project: Project) -> None:
    question(project, "r-1/a", "gemini rests")
    second = question(project, "r-1/b", "codex rests", 1)
    terminal = in_terminal(project.root, "answer")
    terminal.wait_for(b"Number")
    assert b"gemini rests" in terminal.seen
    os.write(terminal.master, b"2\n")
    terminal.wait_for(b"Try again now")
    os.write(terminal.master, b"fail\n")
    shown, code = end(terminal)
    assert code == 0, shown
    assert f"{second} codex rests: fail" in shown


@pytest.mark.promise("U1.kept")
def test_ctrl_c_prints_the_command_with_what_was_typed(project: Project) -> None:
    draft(project)
    draft(project, "Another thing")
    terminal = in_terminal(project.root, "reject")
    terminal.wait_for(b"Number")
    os.write(terminal.master, b"2\n")
    terminal.wait_for(b"stored with the plan")
    terminal.interrupt()
    shown, code = end(terminal)
    assert code == 130
    assert "To continue: podium reject p-" in shown


@pytest.mark.promise("U1.kept")
def test_an_answer_is_not_lost_when_the_command_fails(project: Project) -> None:
    draft(project)
    terminal = in_terminal(project.root, "reject", "p-nothing")
    terminal.wait_for(b"stored with the plan")
    os.write(terminal.master, b"too large, split it\n")
    shown, code = end(terminal)
    assert code == 3
    assert "podium reject p-nothing --reason 'too large, split it'" in shown


@pytest.mark.promise("U1.agents", "U1.kept")
def test_a_plan_without_an_agent_offers_those_that_can_be_used(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin:/bin")
    terminal = in_terminal(project.root, "plan", "Add a flag")
    shown, code = end(terminal)
    assert code == 5, shown
    assert "No agent can be used here" in shown
    assert "npm install -g" in " ".join(shown.split())

    program = folder / "gemini"
    program.write_text("#!/bin/sh\necho 0.61.0\n")
    program.chmod(0o755)
    form: Form = project.ask("prompt.form", operation="plan.create", given={"objective": "x"})
    assert form.question is not None
    assert [each.value for each in form.question.choices] == ["gemini"]
    for brought in ({"tasks": [task("a")]}, {"agent": "codex"}):
        form = project.ask(
            "prompt.form", operation="plan.create", given={"objective": "x", **brought}
        )
        assert form.question is None
