"""Bad input at the command line: one line of what and why, what to do next, the documented exit
code, and no state is changed."""

import json
import os
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from podium.operations.table import load_operation
from tests.support import fake_acp_agent
from tests.support.commands import podium, podium_process
from tests.support.projects import Project, task, write
from tests.support.repositories import git, make_repository


def state_of(root: Path) -> dict[str, bytes]:
    """Return every document of the store, but not the ledger of the agents' calls."""
    folder = root / ".podium"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.json")
        if path.relative_to(folder).parts[0] not in {"run", "calls"}
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
        (["plan", "x", "--agent", "playbook"], 5, "podium plan --playbook FILE"),
        (["audit", "nowhere"], 3, "no file or folder 'nowhere'"),
        (["audit", "app.py", "nowhere", "--since", "HEAD"], 3, "no file or folder 'nowhere'"),
        (["audit", "nowhere", "--staged"], 3, "no file or folder 'nowhere'"),
        (["syntax", "src/nowhere.py"], 2, "no file src/nowhere.py"),
        (["blame", "src/nowhere.py"], 2, "no file src/nowhere.py"),
        (["import", "missing.md"], 2, "cannot be read"),
        (["plan", "x", "--tasks", "missing.json"], 2, "cannot be read"),
        (["plan", "x", "--playbook", "missing.yaml"], 5, "playbook"),
    ],
)
def test_a_request_that_cannot_be_met_says_why(
    project: Project, words: list[str], code: int, said: str
) -> None:
    check(project, words, code, said)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("help", "Did you mean podium --help?"),
        ("versio", "Did you mean podium --version?"),
        ("aprove", "Did you mean approve?"),
        ("list", "Did you mean plans?"),
        ("diff", "Did you mean land --preview?"),
        ("undo", "Did you mean revert, restore?"),
        ("create", "Did you mean plan?"),
        ("xyzzy", "There is no command 'xyzzy'."),
    ],
)
def test_the_word_of_another_program_leads_to_the_command(
    tmp_path: Path, word: str, meant: str
) -> None:
    done = podium(tmp_path, word)
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith(meant)


@pytest.mark.promise("W4")
def test_local_changes_in_the_way_are_put_away_by_name(project: Project) -> None:
    """A stash of everything would take Podium's own documents."""
    one = [write("app.py", "x = 1\n"), write("my notes.md", "new\n")]
    plan = project.plan([task("one")], {"one": [one]})
    project.run_to_end(plan)
    mine = {"app.py": "y = 1\n", "my notes.md": "mine\n"}
    for name, text in mine.items():
        (project.root / name).write_text(text)
    refused = podium(project.root, "land", "--yes")
    assert refused.returncode == 4
    told = " ".join(refused.stderr.split())
    put_away = "git stash push -u -- app.py 'my notes.md'"
    assert put_away in told
    assert f"podium land {plan}" in told

    git(project.root, *shlex.split(put_away)[1:])
    landed = podium(project.root, *f"land {plan} --yes".split())

    assert landed.returncode == 0, landed.stderr
    assert (project.root / "app.py").read_text() == "x = 1\n"


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


@pytest.mark.promise("G1")
def test_a_missing_login_leads_to_the_agents_own_instructions(project: Project) -> None:
    """`podium doctor` sees that the program is there, not that the person is logged in."""
    script = project.root.parent / "script.json"
    script.write_text('{"session": {"error": {"code": -32000, "message": "Log in"}}, "prompt": []}')
    log = project.root.parent / "acp.log"
    command = json.dumps([sys.executable, fake_acp_agent.__file__, str(script), str(log)])
    words = ["plan", "x", "--agent", "acp", "-o", f"command={command}"]
    check(project, words, 6, "acp is not logged in: Log in", "Hint Set the option `command`")


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


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--test", "npm test && echo ok"], 2, "The test command contains &&"),
        (["--test", "pytest -q 2>&1 | tail"], 2, "contains 2>&1 and |"),
        (["--agent", "nobody"], 5, "no agent named 'nobody'"),
    ],
)
def test_init_refuses_settings_that_cannot_work(
    clean_environment: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    root = make_repository(tmp_path / "plain", {"a": "a\n"})
    done = podium(root, "init", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert not (root / ".podium").exists()


def test_a_second_init_does_not_ignore_its_options(project: Project) -> None:
    assert podium(project.root, "init").returncode == 0
    settings = project.root / ".podium" / "config.yaml"
    settings.write_text("run: {max_parallel: 2}\n")
    for words in (["--test", "pytest -q"], ["--agent", "playbook"]):
        check(project, ["init", *words], 4, "exists already", "podium trust")
    assert settings.read_text() == "run: {max_parallel: 2}\n"


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
