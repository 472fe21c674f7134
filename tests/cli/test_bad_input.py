"""Bad input at the command line: one line of what and why, what to do next, the documented exit
code, and no state is changed."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from podium.operations.table import load_operation
from tests.support.commands import podium, podium_process
from tests.support.projects import Project, task, write
from tests.support.repositories import git, make_repository


def state_of(root: Path) -> dict[str, bytes]:
    """Return every document of the store."""
    folder = root / ".podium"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.json")
        if "run" not in path.relative_to(folder).parts[:1]
    }


def check(project: Project, words: list[str], code: int, *said: str) -> None:
    """Run a command line that must be refused, and see that nothing changed."""
    before = state_of(project.root)

    done = podium(project.root, *words)

    assert done.returncode == code, done.stderr
    told = " ".join(done.stderr.split())
    assert told.startswith("Error"), told
    for part in said:
        assert part in told
    assert "Traceback" not in told
    assert state_of(project.root) == before
    as_json = podium(project.root, *words, "--json")
    assert as_json.returncode == code
    facts = json.loads(as_json.stdout)["error"]
    assert facts["what"]
    assert facts["why"] or facts["hints"]


def tasks_file(project: Project, content: object) -> str:
    """Write a file of tasks and return its path."""
    path = project.root.parent / "tasks.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


BAD_TASKS: dict[str, tuple[object, str]] = {
    "a cycle": ([task("a", "b"), task("b", "a")], "cycle"),
    "an unknown dependency": ([task("a", "zz")], "'zz', which is not in the plan"),
    "a duplicate id": ([task("a"), task("a")], "used 2 times"),
    "a path that climbs": ([task("a", files={"modify": ["../../etc/passwd"]})], "parent folder"),
    "an absolute path": ([task("a", files={"modify": ["/etc/passwd"]})], "absolute"),
    "git's own folder": ([task("a", files={"modify": [".git/config"]})], ".git"),
    "prose": ("Let me think about this. " * 90_000, "not valid JSON"),
    "NUL bytes": (b'{"tasks": [\x00]}', "NUL bytes"),
    "invalid UTF-8": (b'{"tasks": "\xff\xfe"}', "not UTF-8"),
    "an unknown field": ([task("a", wibble=1)], "wibble"),
    "no tasks": ([], "no tasks"),
}


@pytest.mark.promise("P1.strict", "W4", "X1.paths")
@pytest.mark.parametrize("name", sorted(BAD_TASKS))
def test_bad_tasks_are_refused(project: Project, name: str) -> None:
    content, said = BAD_TASKS[name]
    check(project, ["plan", "Do it", "--tasks", tasks_file(project, content)], 2, said)


@pytest.mark.promise("P1.strict")
def test_every_problem_of_a_plan_is_named_at_once(project: Project) -> None:
    bad = [task("a", "b"), task("b", "a", "zz"), task("c", files={"create": ["/x"]}), task("c")]
    check(
        project,
        ["plan", "Do it", "--tasks", tasks_file(project, bad)],
        2,
        "cycle",
        "'zz'",
        "absolute",
        "used 2 times",
    )


@pytest.mark.promise("W4")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["plan", ""], 2, "objective is empty"),
        (["plan", "   "], 2, "objective is empty"),
        (["plan", "x", "--agent", "nobody"], 5, "no agent named 'nobody'"),
        (["plan", "x"], 2, "No agent is chosen"),
        (["show"], 3, "no plan yet"),
        (["task", "t1"], 3, "no task"),
        (["run"], 3, "no plan yet"),
        (["status"], 3, "Nothing has run yet"),
        (["session", "s-zzz"], 3, "no session"),
        (["finding", "f-zzz"], 3, "no finding 'f-zzz'"),
        (["tasks", "colour:red"], 2, "no field 'colour'"),
        (["import", "missing.md"], 2, "cannot be read"),
        (["plan", "x", "--tasks", "missing.json"], 2, "cannot be read"),
        (["plan", "x", "--playbook", "missing.yaml"], 5, "playbook"),
    ],
)
def test_a_request_that_cannot_be_met_says_why(
    project: Project, words: list[str], code: int, said: str
) -> None:
    check(project, words, code, said)


@pytest.mark.promise("G1")
@pytest.mark.parametrize("name", ["gemini", "copilot", "opencode"])
def test_an_agent_that_is_not_installed_is_told_before_anything_starts(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = project.root.parent / "bin"
    bare.mkdir()
    git_program = shutil.which("git")
    assert git_program
    (bare / "git").symlink_to(git_program)
    monkeypatch.setenv("PATH", str(bare))
    check(project, ["plan", "x", "--agent", name], 5, f"{name} cannot be used here", "npm")


@pytest.mark.promise("P1.strict")
def test_an_architect_that_prints_garbage_leaves_no_plan(project: Project) -> None:
    playbook = project.write_playbook({}, plan={"tasks": "nonsense"})
    check(project, ["plan", "x", "--playbook", str(playbook)], 6)


@pytest.mark.promise("G1")
def test_an_executor_that_prints_garbage_fails_its_task(project: Project) -> None:
    plan_id = project.plan([task("one")], {"one": [[{"garbage": "%%% \u0000 {{{"}]]})
    status = project.run_to_end(plan_id, max_attempts=1)
    assert status.state == "failed"
    assert "nothing was changed" in status.tasks[0].problem


@pytest.mark.promise("W4")
def test_outside_of_a_repository_init_says_what_to_do(
    clean_environment: Path, tmp_path: Path
) -> None:
    done = podium_process(tmp_path, "init")
    assert done.returncode == 5
    assert "not in a git repository" in done.stderr
    assert "git init" in done.stderr
    assert not (tmp_path / ".podium").exists()


@pytest.mark.promise("W4")
def test_outside_of_a_project_every_verb_points_to_init(
    clean_environment: Path, tmp_path: Path
) -> None:
    root = make_repository(tmp_path / "plain", {"a": "a\n"})
    done = podium(root, "tasks")
    assert done.returncode == 3
    assert "podium init" in done.stderr
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.promise("W7.read-only")
@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/proc/self"), reason="needs Linux")
def test_a_read_only_folder_is_told_plainly(
    clean_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository(tmp_path / "plain", {"a": "a\n"})
    _make_read_only(root)
    try:
        done = podium(root, "init")
    finally:
        _make_writable(root)
    assert done.returncode == 5, done.stderr
    assert done.stderr.startswith("Error")
    assert "Traceback" not in done.stderr


def _make_read_only(root: Path) -> None:
    # Root may write into any folder, so a file in the way does what the mode does for others.
    if os.geteuid() == 0:
        (root / ".podium").write_text("in the way\n")
    else:
        root.chmod(0o500)


def _make_writable(root: Path) -> None:
    if os.geteuid() == 0:
        (root / ".podium").unlink()
    else:
        root.chmod(0o700)


@pytest.mark.promise("P4.changed")
def test_a_plan_that_changed_since_it_was_approved_does_not_run(project: Project) -> None:
    plan_id = project.plan([task("one")], {"one": [[]]})
    project.ask(
        "plan.update",
        plan=plan_id,
        edits=[{"op": "change", "task_id": "one", "fields": {"title": "Other"}}],
    )
    check(project, ["run"], 4, "may not run", "podium approve")


@pytest.mark.promise("X5")
def test_a_cloned_project_runs_nothing_before_it_is_trusted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = project.root.parent / "marker"
    (project.root / ".podium" / "config.yaml").write_text(
        f"gates:\n  test: [touch, {marker}]\n  setup: [{{name: x, command: [touch, {marker}]}}]\n"
    )
    project.plan([task("one")], {"one": [[]]})
    check(project, ["run"], 4, "are not trusted yet", "podium trust")
    assert not marker.exists()


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("mark", ["CLAUDECODE", "PODIUM_CALL", "PODIUM_PROCESS_MARK"])
def test_an_agent_cannot_approve_through_the_command_line(project: Project, mark: str) -> None:
    view = project.ask("plan.create", objective="x", tasks=[task("one")])
    done = podium(project.root, "approve", view.plan.id, "--yes", **{mark: "1"})
    assert done.returncode == 4
    assert "Only a person" in done.stderr


@pytest.mark.promise("P4.approve")
def test_where_nobody_can_be_asked_a_yes_is_needed(project: Project) -> None:
    project.run_to_end(project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]}))
    for verb in ("approve", "land", "reset"):
        check(project, [verb], 2, f"podium {verb} needs a confirmation but cannot ask", "--yes")
    check(project, ["cancel"], 4, "has ended: completed")
    waiting = replace(project.engine, start_runner=lambda: None, expect_runner=lambda: None)
    start = load_operation("run.start")
    anyio.run(start.run, waiting, start.params(plan=project.plan([task("two")], {"two": [[]]})))
    check(project, ["cancel"], 2, "podium cancel needs a confirmation but cannot ask", "--yes")


CONFIG_CASES: dict[str, tuple[str, str]] = {
    "unknown": ("run:\n  max_paralel: 2\n", "config.yaml:2"),
    "wrong type": ("gates:\n  test: 7\n", "config.yaml:2"),
    "not YAML": ("run: [1\n", "config.yaml"),
    "a list": ("- 1\n", "config.yaml:1"),
}


@pytest.mark.promise("Y1.lines")
@pytest.mark.parametrize("name", sorted(CONFIG_CASES))
def test_wrong_settings_are_named_with_their_line(project: Project, name: str) -> None:
    text, said = CONFIG_CASES[name]
    (project.root / ".podium" / "config.yaml").write_text(text)
    check(project, ["tasks"], 2, said)


@pytest.mark.parametrize("name", ["gone", "app.py"])
def test_a_project_folder_that_is_none_is_refused(project: Project, name: str) -> None:
    done = podium(project.root, "tasks", "--project", str(project.root.parent / name))
    assert done.returncode in {2, 3}
    assert "Traceback" not in done.stderr
