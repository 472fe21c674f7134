"""The integration branch is what the store says, whatever hands do to it and whenever."""

from collections.abc import Sequence

import pytest

from podium.errors import ConflictError, GitError
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from tests.support.projects import Json, Project, task, write
from tests.support.repositories import git

NAMES = ("a", "b", "c")
FILES = ["README.md", "a.py", "app.py", "b.py", "c.py", "tests.sh"]
BRANCHES = "refs/heads/podium/*/integration"


def deletes(root: str) -> Json:
    """Return a playbook step that deletes the integration branch."""
    script = f"git -C {root} for-each-ref --format='delete %(refname)' '{BRANCHES}'"
    return {"run": ["sh", "-c", f"{script} | git -C {root} update-ref --stdin"]}


def moves_back(root: str) -> Json:
    """Return a playbook step that moves the integration branch back to where it began."""
    script = (
        f"cd {root} && git for-each-ref --format='update %(refname) HEAD' '{BRANCHES}'"
        " | sed s/HEAD/$(git rev-parse HEAD)/ | git update-ref --stdin"
    )
    return {"run": ["sh", "-c", script]}


def plan(project: Project, *before_c: Json) -> str:
    """Return a chain of three tasks; some steps come before the work of the last one."""
    steps: dict[str, list[list[Json]]] = {
        each: [[write(f"{each}.py", f"{each} = 1\n")]] for each in NAMES
    }
    steps["c"][0][:0] = before_c
    return project.plan([task("a"), task("b", "a"), task("c", "b")], steps)


def landed(project: Project, plan_id: str) -> Sequence[str]:
    """Land the plan and return the files of the user's branch."""
    preview = project.ask("work.land", plan=plan_id)
    assert project.ask("work.land", plan=plan_id, token=preview.token).landed
    return git(project.root, "ls-tree", "-r", "--name-only", "HEAD").splitlines()


def check_complete(project: Project, plan_id: str, status: RunStatus) -> None:
    assert status.state is RunState.COMPLETED
    assert [each.attempt for each in status.tasks] == [1] * len(status.tasks)
    assert project.ask("plan.check", plan=plan_id).complete
    assert landed(project, plan_id) == FILES


def branch(plan_id: str) -> str:
    return f"podium/{plan_id}/integration"


@pytest.mark.promise("R7.branch")
def test_a_branch_deleted_during_a_run_is_rebuilt(project: Project) -> None:
    plan_id = plan(project, deletes(str(project.root)))
    check_complete(project, plan_id, project.run_to_end(plan_id))


@pytest.mark.promise("R7.branch", "R8.landed")
def test_a_branch_deleted_after_a_run_is_seen_and_rebuilt(project: Project) -> None:
    plan_id = plan(project)
    status = project.run_to_end(plan_id)
    git(project.root, "branch", "-D", branch(plan_id))
    check = project.ask("plan.check", plan=plan_id)
    assert (check.complete, len(check.reasons)) == (False, 3)
    assert f"the result of a is not on the branch {branch(plan_id)}" in check.reasons
    assert landed(project, plan_id) == FILES
    check_again = project.ask("plan.check", plan=plan_id)
    assert check_again.complete, check_again.reasons
    assert status.state is RunState.COMPLETED


@pytest.mark.promise("R7.branch")
def test_a_branch_deleted_between_two_runs_is_rebuilt(project: Project) -> None:
    plan_id = project.plan(
        [task("a"), task("b", "a")],
        {"a": [[write("a.py", "a = 1\n")]], "b": [[], [write("b.py", "b = 1\n")]]},
    )
    assert project.run_to_end(plan_id, max_attempts=1).state is RunState.PARTIAL
    git(project.root, "branch", "-D", branch(plan_id))
    project.write_playbook({"b": [[write("b.py", "b = 1\n")]]})
    assert project.run_to_end(plan_id).state is RunState.COMPLETED
    assert landed(project, plan_id) == ["README.md", "a.py", "app.py", "b.py", "tests.sh"]


@pytest.mark.promise("R7.branch")
@pytest.mark.parametrize(("choice", "files"), [("restore", FILES), ("repeat", None)])
def test_a_branch_that_was_moved_back_is_a_question(
    project: Project, choice: str, files: list[str] | None
) -> None:
    plan_id = plan(project, moves_back(str(project.root)))
    run = project.ask("run.start", plan=plan_id).run_id
    now = project.wait_run(run, lambda now: bool(now.questions) or now.ended)
    (question,) = now.questions
    assert question.kind == "branch"
    assert question.text == f"The branch {branch(plan_id)} was moved and lacks the results of a, b"

    project.ask("question.answer", question=question.id, choice=choice)
    status = project.wait_run(run, lambda now: now.ended)

    assert status.state is RunState.COMPLETED
    assert project.ask("question.list").questions == ()
    if files is not None:
        check_complete(project, plan_id, status)
        return
    reasons = project.ask("plan.check", plan=plan_id).reasons
    assert reasons[:2] == ("a is pending", "b is pending")
    assert [each.id for each in project.run_to_end(plan_id).tasks] == ["a", "b"]


@pytest.mark.promise("R7.branch")
def test_a_person_s_commits_on_top_are_taken_as_they_are(project: Project) -> None:
    root = project.root
    script = (
        f"cd {root} && ref=$(git for-each-ref --format='%(refname)' '{BRANCHES}')"
        ' && tree=$(git rev-parse "$ref^{tree}")'
        " && export GIT_AUTHOR_NAME=ada GIT_AUTHOR_EMAIL=a@b.c"
        " GIT_COMMITTER_NAME=ada GIT_COMMITTER_EMAIL=a@b.c"
        ' && git update-ref "$ref" $(git commit-tree "$tree" -p "$ref" -m mine)'
    )
    plan_id = plan(project, {"run": ["sh", "-c", script]})
    check_complete(project, plan_id, project.run_to_end(plan_id))
    assert "mine" in git(root, "log", "--format=%s").splitlines()


@pytest.mark.promise("R7.branch")
def test_only_tasks_whose_commits_are_gone_are_carried_out_again(project: Project) -> None:
    plan_id = plan(project)
    project.run_to_end(plan_id)
    root = project.root
    refs = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/podium", "refs/podium")
    for ref in refs.splitlines():
        git(root, "update-ref", "-d", ref)
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "--quiet", "--prune=now")
    check = project.ask("plan.check", plan=plan_id)
    assert "the commit of a no longer exists" in check.reasons

    status = project.run_to_end(plan_id)

    assert [each.id for each in status.tasks] == list(NAMES)
    check_complete(project, plan_id, status)


def test_landing_a_plan_that_has_not_run_says_what_comes_first(project: Project) -> None:
    plan_id = plan(project)
    with pytest.raises(ConflictError) as caught:
        project.ask("work.land", plan=plan_id)
    assert str(caught.value) == f"Plan {plan_id} has no result yet: it has not run"
    assert caught.value.hints == (f"podium approve {plan_id}", f"podium run {plan_id}")


def test_a_branch_that_blocks_those_of_podium_is_named_with_the_way_out(project: Project) -> None:
    git(project.root, "branch", "podium")
    plan_id = plan(project)
    with pytest.raises(GitError, match="there is a branch named podium") as caught:
        project.ask("run.start", plan=plan_id)
    assert caught.value.hints == ("git branch -m podium podium-old",)
    git(project.root, "branch", "-m", "podium", "podium-old")
    assert project.run_to_end(plan_id).state is RunState.COMPLETED
