"""The first road: a plan is approved, carried out by real processes, checked, merged and landed."""

from pathlib import Path

import pytest

from podium.model.states import Phase, RunState, TaskState
from tests.support.projects import Project, task, write
from tests.support.repositories import files_of, git, whole_state

GOOD = 'def hello() -> str:\n    return "good day"\n'
CUT = 'def hello() -> str:\n    return greet("good day"'


@pytest.mark.promise("R1", "R4.untouched", "P7", "R10.conventional", "R10.per-task")
def test_a_plan_is_carried_out_and_lands(project: Project) -> None:
    plan_id = project.plan(
        [task("one", files={"modify": ["app.py"]}), task("two", "one", files={"create": ["b.py"]})],
        {"one": [[write("app.py", GOOD)]], "two": [[write("b.py", "b = 1\n")]]},
    )

    status = project.run_to_end(plan_id)

    assert [(t.id, t.phase, t.attempt) for t in status.tasks] == [
        ("one", Phase.DONE, 1),
        ("two", Phase.DONE, 1),
    ]
    assert status.state is RunState.COMPLETED
    assert not (project.root / "b.py").exists(), "nothing lands unasked"
    preview = project.ask("work.land", plan=plan_id)
    assert [change.path for change in preview.files] == ["app.py", "b.py"]
    landed = project.ask("work.land", plan=plan_id, token=preview.token)
    assert landed.landed
    assert (project.root / "app.py").read_text() == GOOD
    assert (project.root / "b.py").read_text() == "b = 1\n"
    assert git(project.root, "log", "--format=%s").splitlines()[:2] == [
        "feat: do two",
        "feat: do one",
    ]
    assert project.ask("plan.check", plan=plan_id).complete


@pytest.mark.promise("V1.every", "V1.place", "V1.opener", "F1.place", "F1.status", "R9.syntax")
def test_a_reply_that_was_cut_off_is_caught_and_mended_on_retry(project: Project) -> None:
    plan_id = project.plan(
        [task("one", files={"modify": ["app.py"]})],
        {"one": [[write("app.py", CUT)], [write("app.py", GOOD)]]},
    )

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 2)
    first = project.ask("task.show", task="one").last_run.attempts[0]
    (syntax,) = [gate for gate in first.gates if gate.gate == "syntax"]
    assert not syntax.passed
    assert [(p.path, p.line) for p in syntax.problems] == [("app.py", 2)]
    assert "never closed" in syntax.problems[0].message
    assert "never closed" in first.feedback
    (finding,) = project.ask("finding.list", where="").findings
    assert (finding.path, finding.range.start.line, finding.status) == ("app.py", 2, "fixed")


@pytest.mark.promise("R8.blocked", "R8.others", "R8.report")
def test_one_failed_task_does_not_stop_the_rest(project: Project) -> None:
    plan_id = project.plan(
        [task("bad"), task("after", "bad"), task("free")],
        {
            "bad": [[write("x.py", "def broken(:\n")]],
            "after": [[write("y.py", "y = 1\n")]],
            "free": [[write("z.py", "z = 1\n")]],
        },
    )

    status = project.run_to_end(plan_id, max_attempts=2)

    assert status.state is RunState.PARTIAL
    assert {t.id: (t.phase, t.attempt) for t in status.tasks} == {
        "bad": (Phase.FAILED, 2),
        "after": (Phase.BLOCKED, 0),
        "free": (Phase.DONE, 1),
    }
    rows = {row.id: row for row in project.ask("task.list").tasks}
    assert {name: row.state for name, row in rows.items()} == {
        "bad": TaskState.FAILED,
        "after": TaskState.BLOCKED,
        "free": TaskState.DONE,
    }
    assert "requires bad" in rows["after"].reason
    report = project.ask("run.report")
    assert "free" in report.markdown


@pytest.mark.promise("R7.retry")
def test_a_second_run_takes_up_what_the_first_left(project: Project) -> None:
    plan_id = project.plan(
        [task("bad"), task("after", "bad"), task("free")],
        {
            "bad": [[write("x.py", "def broken(:\n")]],
            "after": [[write("y.py", "y = 1\n")]],
            "free": [[write("z.py", "z = 1\n")]],
        },
    )
    project.run_to_end(plan_id, max_attempts=1)
    project.write_playbook(
        {"bad": [[write("x.py", "x = 1\n")]], "after": [[write("y.py", "y = 1\n")]]}
    )

    status = project.run_to_end(plan_id)

    assert [t.id for t in status.tasks] == ["bad", "after"]
    assert status.state is RunState.COMPLETED
    assert project.ask("plan.check").complete


@pytest.mark.promise("R9.tests")
def test_a_failed_test_command_tells_the_next_try_its_output(project: Project) -> None:
    script = (
        "import pathlib, sys\nsys.exit('no marker' if not pathlib.Path('ok').exists() else 0)\n"
    )
    (project.root / ".podium" / "config.yaml").write_text(
        f"gates:\n  test:\n    - python3\n    - -c\n    - |\n{_indented(script)}"
    )
    project.reopen()
    project.ask("project.trust")
    plan_id = project.plan(
        [task("one")], {"one": [[write("a", "1\n")], [write("ok", "1\n"), write("a", "2\n")]]}
    )

    status = project.run_to_end(plan_id)

    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 2)
    first = project.ask("task.show", task="one").last_run.attempts[0]
    assert "no marker" in first.feedback
    assert [(gate.gate, gate.passed) for gate in first.gates] == [
        ("paths", True),
        ("syntax", True),
        ("test", False),
    ]


@pytest.mark.promise("R2.parallel", "R5.rerun")
def test_parallel_tasks_that_change_the_same_place_end_merged(project: Project) -> None:
    base = "".join(f"line {n}\n" for n in range(20))
    (project.root / "notes.txt").write_text(base)
    git(project.root, "add", "notes.txt")
    git(project.root, "commit", "--quiet", "-m", "notes")
    replace = {"path": "notes.txt", "old": "line 3\n"}
    plan_id = project.plan(
        [task("one"), task("two")],
        {
            "one": [[{"delay": 0.3}, {"replace": {**replace, "new": "line 3\none\n"}}]],
            "two": [[{"delay": 0.3}, {"replace": {**replace, "new": "line 3\ntwo\n"}}]],
        },
    )

    status = project.run_to_end(plan_id, max_parallel=2)

    assert status.state is RunState.COMPLETED
    assert sorted(t.attempt for t in status.tasks) == [1, 2], "the loser of the race ran again"
    text = git(project.root, "show", f"{status.integration_branch}:notes.txt")
    assert {"one", "two"} <= set(text.splitlines())


@pytest.mark.promise("R4.untouched", "R10.unasked")
def test_a_dirty_checkout_is_untouched_by_everything_but_landing(project: Project) -> None:
    root = project.root
    (root / "app.py").write_text("staged = 1\n")
    git(root, "add", "app.py")
    (root / "app.py").write_text("staged = 1\nunstaged = 2\n")
    (root / "untracked.txt").write_text("mine\n")
    before = _user_state(root)
    plan_id = project.plan([task("one")], {"one": [[write("new.py", "n = 1\n")]]})

    project.run_to_end(plan_id)
    assert _user_state(root) == before
    preview = project.ask("work.land", plan=plan_id)
    assert _user_state(root) == before
    project.ask("work.land", plan=plan_id, token=preview.token)

    assert (root / "new.py").read_text() == "n = 1\n"
    assert (root / "app.py").read_text() == "staged = 1\nunstaged = 2\n"
    assert git(root, "diff", "--cached", "--name-only") == "app.py"
    assert (root / "untracked.txt").read_text() == "mine\n"


@pytest.mark.promise("X1.paths")
def test_work_that_touches_podiums_own_folder_is_refused(project: Project) -> None:
    hidden = {"run": ["sh", "-c", "mkdir -p .podium/plans && echo '{}' > .podium/plans/evil.json"]}
    plan_id = project.plan([task("one")], {"one": [[hidden, write("a.py", "a = 1\n")]]})

    status = project.run_to_end(plan_id, max_attempts=1)

    assert status.state is RunState.FAILED
    assert "paths gate" in status.tasks[0].problem


@pytest.mark.promise("X1.links")
def test_a_link_that_points_out_of_the_project_is_refused(project: Project) -> None:
    link = {"run": ["ln", "-s", "/etc/passwd", "secrets"]}
    plan_id = project.plan([task("one")], {"one": [[link]]})

    status = project.run_to_end(plan_id, max_attempts=1)

    assert status.state is RunState.FAILED
    assert "paths gate" in status.tasks[0].problem


@pytest.mark.promise("R7.cancel", "G6")
def test_a_cancelled_run_ends_its_agents_and_keeps_what_was_merged(project: Project) -> None:
    plan_id = project.plan(
        [task("quick"), task("slow", "quick"), task("never", "slow")],
        {"quick": [[write("q.py", "q = 1\n")]], "slow": [[{"hang": True}]], "never": [[]]},
    )
    run_id = project.ask("run.start", plan=plan_id).run_id
    project.wait_run(run_id, lambda now: now.tasks[1].step == "execute")

    project.ask("run.cancel", run=run_id)
    status = project.wait_run(run_id, lambda now: now.ended)

    assert status.state is RunState.CANCELLED
    assert [t.phase for t in status.tasks] == [Phase.DONE, Phase.CANCELLED, Phase.CANCELLED]
    assert {row.id: row.state for row in project.ask("task.list").tasks} == {
        "quick": TaskState.DONE,
        "slow": TaskState.PENDING,
        "never": TaskState.PENDING,
    }


@pytest.mark.promise("R7.pause", "R7.resume")
def test_a_paused_run_finishes_what_is_under_way_and_goes_on_when_asked(project: Project) -> None:
    plan_id = project.plan(
        [task("one"), task("two", "one")],
        {
            "one": [[{"delay": 0.5}, write("a.py", "a = 1\n")]],
            "two": [[write("b.py", "b = 1\n")]],
        },
    )
    run_id = project.ask("run.start", plan=plan_id).run_id
    project.wait_run(run_id, lambda now: now.tasks[0].step == "execute")

    project.ask("run.pause", run=run_id)
    paused = project.wait_run(run_id, lambda now: now.state is RunState.PAUSED)
    problems = [t.problem for t in paused.tasks]
    assert [t.phase for t in paused.tasks] == [Phase.DONE, Phase.WAITING], problems
    project.ask("run.resume", run=run_id)

    assert project.wait_run(run_id, lambda now: now.ended).state is RunState.COMPLETED


def _indented(text: str) -> str:
    return "".join(f"      {line}\n" for line in text.splitlines())


def _user_state(root: Path) -> dict[str, object]:
    """Return the user's own state; `.podium` is Podium's."""
    state = whole_state(root)
    state["files"] = {k: v for k, v in files_of(root).items() if not k.startswith(".podium/")}
    state["status"] = git(root, "status", "--porcelain=v2", "--", ".", ":!.podium")
    return state
