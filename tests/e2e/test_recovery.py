"""Recovery mode: a refused text is mended by the consultant, or put aside whole."""

import pytest

from podium.model.agents import Role
from podium.model.states import Phase, RunState
from tests.support.projects import Project, fixes, task, write
from tests.support.repositories import git

GOOD = 'def hello() -> str:\n    return "good day"\n'
CUT = 'def hello() -> str:\n    return greet("good day"'
ONE = [task("one", files={"modify": ["app.py"]})]


@pytest.mark.promise("V1.every", "V3", "R1")
def test_a_cut_reply_is_mended_by_the_consultant_in_the_same_attempt(project: Project) -> None:
    plan_id = project.plan(ONE, {"one": [[write("app.py", CUT)]]})
    fixes(project, {"one": [[write("app.py", GOOD)]]})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    attempt = project.ask("task.show", task="one").last_run.attempts[0]
    assert [(step.role, step.outcome) for step in attempt.calls] == [
        (Role.EXECUTOR, "completed"),
        (Role.CONSULTANT, "completed"),
    ]
    assert attempt.repairs == 1
    assert git(project.root, "show", f"{status.integration_branch}:app.py") == GOOD.strip()
    assert git(project.root, "log", "--format=%s", f"main..{status.integration_branch}") == (
        "feat: do one"
    )
    (finding,) = project.ask("finding.list", where="").findings
    assert finding.status == "fixed"


@pytest.mark.promise("V3", "V4")
def test_what_nobody_mends_is_kept_aside_and_the_next_try_begins_fresh(project: Project) -> None:
    plan_id = project.plan(
        ONE,
        {"one": [[write("app.py", CUT), write("junk.py", "j = (\n")], [write("b.py", "b = 1\n")]]},
    )
    fixes(project, {"one": [[write("app.py", CUT + " #")]]})
    (project.root / "app.py").write_text("mine, not committed\n")

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 2)
    first = project.ask("task.show", task="one").last_run.attempts[0]
    assert first.repairs == 1
    assert git(project.root, "show", f"{first.branch}:app.py") == CUT + " #"
    listed = git(project.root, "ls-tree", "--name-only", status.integration_branch).splitlines()
    assert "junk.py" not in listed
    assert (project.root / "app.py").read_text() == "mine, not committed\n"


@pytest.mark.promise("V3", "V4")
def test_after_a_hopeless_reply_every_byte_is_as_before_and_the_users_own_edit_stays(
    project: Project,
) -> None:
    before = b"def hello():\r\n\treturn 'caf\xc3\xa9'  \n\n\nname = hello()"
    mine = b"# app\r\nmine, not committed"
    app, neighbour = project.root / "app.py", project.root / "README.md"
    app.write_bytes(before)
    git(project.root, "commit", "--quiet", "-am", "chore: odd bytes")
    plan_id = project.plan(ONE, {"one": [[write("app.py", CUT)], [write("b.py", "b = 1\n")]]})
    fixes(project, {"one": [[write("app.py", CUT + " #")]]})
    neighbour.write_bytes(mine)

    status = project.run_to_end(plan_id)

    first = project.ask("task.show", task="one").last_run.attempts[0]
    blobs = [
        git(project.root, "rev-parse", f"{branch}:app.py")
        for branch in ("main", status.integration_branch, first.branch)
    ]
    assert blobs[0] == blobs[1] != blobs[2]
    assert (app.read_bytes(), neighbour.read_bytes()) == (before, mine)
    assert git(project.root, "status", "--porcelain", "--", ".", ":!.podium") == " M README.md"


@pytest.mark.promise("V3")
def test_the_consultant_is_asked_no_more_often_than_configured(project: Project) -> None:
    (project.root / ".podium" / "config.yaml").write_text("run: {max_recovery_attempts: 2}\n")
    project.reopen()
    plan_id = project.plan(ONE, {"one": [[write("app.py", CUT)]]})
    fixes(project, {"one": [[write("app.py", CUT + " #")], [write("app.py", CUT + " ##")]]})

    status = project.run_to_end(plan_id, max_attempts=1)

    assert status.state is RunState.FAILED
    attempt = project.ask("task.show", task="one").last_run.attempts[0]
    assert [step.role for step in attempt.calls] == [
        Role.EXECUTOR,
        Role.CONSULTANT,
        Role.CONSULTANT,
    ]
    assert status.tasks[0].phase is Phase.FAILED
    assert "never closed" in " ".join(f.message for f in project.ask("finding.list").findings)


@pytest.mark.promise("R1", "R9.tests")
def test_a_failed_test_command_is_mended_too(project: Project) -> None:
    config = project.root / ".podium" / "config.yaml"
    config.write_text("gates:\n  test: [grep, -q, good, app.py]\n")
    project.reopen()
    project.ask("project.trust")
    plan_id = project.plan(ONE, {"one": [[write("app.py", "x = 1\n")]]})
    fixes(project, {"one": [[write("app.py", GOOD)]]})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)


FIRST_HALF = '''"""An app."""


def hello() -> str:
    return "good day"


def farewell() -> str:
    return "bye"
'''
CUT_OFF = {"fail": {"outcome": "cut", "detail": "the model's answer reached its length limit"}}


@pytest.mark.promise("V2.truncated", "V3")
def test_a_reply_that_was_cut_off_between_two_functions_is_gone_on_with(project: Project) -> None:
    plan_id = project.plan(ONE, {"one": [[write("app.py", FIRST_HALF), CUT_OFF]]})
    whole = FIRST_HALF + "\n\ndef thanks() -> str:\n    return 'thanks'\n"
    fixes(project, {"one": [[write("app.py", whole)]]})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    attempt = project.ask("task.show", task="one").last_run.attempts[0]
    assert [(step.role, step.outcome) for step in attempt.calls] == [
        (Role.EXECUTOR, "truncated"),
        (Role.CONSULTANT, "completed"),
    ]
    assert git(project.root, "show", f"{status.integration_branch}:app.py") == whole.strip()
    (finding,) = project.ask("finding.list", where="").findings
    assert (finding.status, finding.category) == ("fixed", "reply")
    assert "the last complete unit is `farewell`, which ends at line 9" in finding.message


@pytest.mark.promise("V2.truncated")
def test_a_reply_that_was_cut_off_before_it_changed_anything_has_failed(project: Project) -> None:
    plan_id = project.plan(ONE, {"one": [[CUT_OFF]]})
    status = project.run_to_end(plan_id, max_attempts=1)
    assert status.state is RunState.FAILED
    assert "reached its length limit" in status.tasks[0].problem


@pytest.mark.promise("V2.truncated")
def test_a_warning_is_believed_when_the_reply_has_no_mark_at_its_end(project: Project) -> None:
    (project.root / "app.py").write_text("import json\n\n\ndef f():\n    return json.dumps(1)\n")
    git(project.root, "commit", "-qam", "json")
    unused = "import json\n\n\ndef f():\n    return 1\n"
    plan_id = project.plan(
        ONE, {"one": [[write("app.py", unused), {"say": "Now I will go on with"}]]}
    )
    fixes(project, {"one": [[write("app.py", unused.removeprefix("import json\n\n\n"))]]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED
    attempt = project.ask("task.show", task="one").last_run.attempts[0]
    assert [step.role for step in attempt.calls] == [Role.EXECUTOR, Role.CONSULTANT]


THANKS = "\n\ndef thanks() -> str:\n    return 'thanks'\n"


@pytest.mark.promise("V2.definitions")
def test_a_new_file_that_lacks_what_the_task_defines_has_failed(project: Project) -> None:
    """The text is valid, the reply says that it is whole: only the plan can tell that it is cut."""
    asked = task("one", files={"create": ["new.py"]}, defines={"new.py": ["farewell", "thanks"]})
    done = [write("new.py", FIRST_HALF + THANKS)]
    plan_id = project.plan([asked], {"one": [[write("new.py", FIRST_HALF)], done]})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 2)
    first = project.ask("task.show", task="one").last_run.attempts[0]
    (gate,) = [each for each in first.gates if not each.passed]
    assert [(gate.gate, each.path, each.message) for each in gate.problems] == [
        ("syntax", "new.py", "`thanks` is not defined here, but the task expects it")
    ]
    assert "`thanks` is not defined here" in first.feedback
    made = git(project.root, "show", f"{status.integration_branch}:new.py")
    assert made == (FIRST_HALF + THANKS).strip()


@pytest.mark.promise("V2.definitions")
def test_files_that_were_left_alone_are_held_to_what_the_task_defines(project: Project) -> None:
    defines = {"app.py": ["hello", "thanks"], "gone.py": ["f"]}
    asked = task("one", files={"modify": ["app.py"]}, defines=defines)
    plan_id = project.plan([asked], {"one": [[write("b.py", "b = 1\n")]]})

    status = project.run_to_end(plan_id, max_attempts=1)

    assert status.state is RunState.FAILED
    attempt = project.ask("task.show", task="one").last_run.attempts[0]
    assert [(each.path, each.message) for gate in attempt.gates for each in gate.problems] == [
        ("app.py", "`thanks` is not defined here, but the task expects it"),
        ("gone.py", "the file does not exist; the task expects it to define `f`"),
    ]


@pytest.mark.promise("V2.definitions")
def test_a_task_that_says_what_goes_may_take_it_away(project: Project) -> None:
    text = "\n\n".join(f"def f{at}(x):\n    return x + {at}\n" for at in range(6))
    (project.root / "app.py").write_text(text)
    git(project.root, "commit", "-qam", "six")
    short = text[: text.index("def f3")].rstrip() + "\n"
    asked = task("one", title="Remove `f3`, `f4` and `f5`", files={"modify": ["app.py"]})
    plan_id = project.plan([asked], {"one": [[write("app.py", short)]]})

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 1)
    attempt = project.ask("task.show", task="one").last_run.attempts[0]
    assert attempt.repairs == 0


@pytest.mark.promise("V3", "R8.report")
def test_the_report_of_a_run_tells_how_often_mending_helped(project: Project) -> None:
    plan_id = project.plan(ONE, {"one": [[write("app.py", CUT)]]})
    fixes(project, {"one": [[write("app.py", GOOD)]]})
    run_id = project.run_to_end(plan_id).run_id
    told = project.ask("run.report", run=run_id).markdown
    assert "Repaired by the consultant: 1 of 1 attempts (100 %), in 1 call" in told
