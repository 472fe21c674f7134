"""A task that declares to create or delete files fails until it has done so."""

from typing import Any

import pytest

from podium.model.states import RunState, TaskState
from tests.support.projects import Project, fixes, task, write
from tests.support.repositories import git

ONE = write("one.py", "one = 1\n")
TWO = write("two.py", "two = 2\n")


@pytest.mark.promise("K3.declared")
@pytest.mark.parametrize(
    ("files", "first", "second", "message"),
    [
        (
            {"create": ["one.py", "two.py"]},
            [ONE],
            [ONE, TWO],
            "the task declares that it creates `two.py`, but it does not exist",
        ),
        (
            {"create": ["one.py"], "delete": ["tests.sh"]},
            [ONE],
            [ONE, {"delete": "tests.sh"}],
            "the task declares that it deletes `tests.sh`, but it still exists",
        ),
        (
            {"create": ["./pkg/"]},
            [ONE],
            [write("pkg/inner.py", "x = 1\n")],
            "the task declares that it creates `pkg`, but it does not exist",
        ),
        (
            {"create": ["made.log"]},
            [write(".gitignore", "*.log\n"), write("made.log", "text\n")],
            [write("made.log", "text\n")],
            "the task declares that it creates `made.log`, but git ignores it, "
            "so it is not part of the result",
        ),
    ],
    ids=["not created", "not deleted", "no folder", "ignored"],
)
def test_an_attempt_that_does_not_match_its_declaration_fails_and_is_repeated_with_the_reason(
    project: Project, files: dict[str, list[str]], first: list[Any], second: list[Any], message: str
) -> None:
    plan_id = project.plan([task("a", files=files)], {"a": [first, second]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED, status.tasks
    assert [each.attempt for each in status.tasks] == [2]
    shown = project.ask("task.show", task="a")
    failed = shown.last_run.attempts[0]
    assert failed.problem.startswith(message)
    assert message in failed.feedback
    assert shown.progress.state is TaskState.DONE


@pytest.mark.promise("K3.declared")
def test_a_missing_file_can_be_repaired_in_the_same_attempt(project: Project) -> None:
    plan_id = project.plan([task("a", files={"create": ["one.py", "two.py"]})], {"a": [[ONE]]})
    fixes(project, {"a": [[TWO]]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED, status.tasks
    assert [each.attempt for each in status.tasks] == [1]
    names = git(project.root, "diff", "--name-only", "main", status.integration_branch)
    assert names.split() == ["one.py", "two.py"]


@pytest.mark.promise("K3.declared")
def test_an_attempt_that_never_matches_its_declaration_is_not_merged(project: Project) -> None:
    plan_id = project.plan([task("a", files={"delete": ["tests.sh"]})], {"a": [[ONE]] * 3})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.FAILED
    assert git(project.root, "diff", "--name-only", "main", status.integration_branch) == ""
