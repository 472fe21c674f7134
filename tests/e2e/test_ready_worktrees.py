"""Worktrees are ready to work in, and are given to one task after another."""

import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.app.settings import load_settings
from podium.errors import GitError
from podium.model.config import Config
from podium.model.states import RunState
from podium.projects.trust import trust
from podium.workspace.warm.ready_state import FREE, beside
from tests.support.projects import Json, Project, task, write
from tests.support.repositories import commit_files, git, make_repository

WARM: Json = {"worktree": {"warm_from_files": 0}}
OLD = 1_000_000_000

LOOK = """\
import os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
seen = sorted(str(each) for each in pathlib.Path().rglob("*") if ".git" not in each.parts)
number = len(list(folder.glob("look-*")))
(folder / f"look-{number}").write_text("\\n".join([os.getcwd(), *seen]))
"""


def configure(project: Project, settings: Json) -> None:
    """Write the project's settings and trust them."""
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settings))
    trust(project.root, load_settings(project.root).project)
    project.reopen()


def python(text: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", text, *arguments]


def look(project: Project) -> Json:
    """Return a playbook step that notes what the agent finds in its worktree."""
    return {"run": python(LOOK, str(project.root.parent))}


def looks(project: Project) -> list[list[str]]:
    """Return what was noted, oldest first: the folder, then the files."""
    found = sorted(project.root.parent.glob("look-*"), key=lambda each: int(each.name[5:]))
    return [each.read_text().splitlines() for each in found]


def run(project: Project, tasks: list[Json], script: Json, **start: Any) -> Any:
    status = project.run_to_end(project.plan(tasks, script), **start)
    assert status.state is RunState.COMPLETED, status.tasks
    return status


def pool(project: Project) -> list[Path]:
    """Return the worktrees that wait for their next task."""
    listed = git(project.root, "worktree", "list", "--porcelain").splitlines()
    folders = [Path(each.removeprefix("worktree ")) for each in listed if "/pool/" in each]
    return [each for each in folders if beside(each, FREE).exists()]


@pytest.mark.promise("R20.pool", "R20.unseen")
def test_the_next_task_gets_the_same_worktree_and_sees_nothing_of_the_former(
    project: Project,
) -> None:
    commit_files(project.root, {".gitignore": "*.log\n.podium/\n"})
    configure(project, WARM)
    tasks = [task("a"), task("b", "a"), task("c", "b"), task("d", "c")]
    mess = python(
        "import pathlib, subprocess; pathlib.Path('left.log').write_text('x');"
        "pathlib.Path('README.md').chmod(0o777);"
        "subprocess.run(['git', 'update-index', '--assume-unchanged', 'app.py'], check=True)"
    )
    steps = [look(project), {"run": mess}]

    status = run(project, tasks, {n: [[*steps, write(f"{n}.txt", n)]] for n in "abcd"})

    found = looks(project)
    # While a worktree is released, the next task gets another one.
    assert len({each[0] for each in found}) <= 2
    files = [set(each[1:]) for each in found]
    assert [late - early for early, late in itertools.pairwise(files)] == [
        {"a.txt"},
        {"b.txt"},
        {"c.txt"},
    ]
    names = git(project.root, "ls-tree", "--name-only", status.integration_branch).splitlines()
    assert set(names) >= {"a.txt", "b.txt", "c.txt", "d.txt"}
    assert len(pool(project)) in (1, 2)
    assert git(project.root, "for-each-ref", "refs/podium/rescued") == ""


@pytest.mark.promise("R20.pool")
def test_there_are_never_more_worktrees_than_tasks_at_once_and_one(project: Project) -> None:
    configure(project, WARM)
    names = [f"t{number}" for number in range(7)]
    count = python(
        "import pathlib, subprocess, sys, os;"
        "out = subprocess.run(['git', 'worktree', 'list'], capture_output=True, text=True).stdout;"
        "open(sys.argv[1], 'a').write(f'{out.count(chr(10)) - 1}\\n')",
        str(project.root.parent / "counts"),
    )
    fails = [{"run": count}, write("half.txt", "half\n"), {"fail": {"outcome": "failed"}}]
    script = {n: [fails, [{"run": count}, write(f"{n}.txt", n)]] for n in names}

    run(project, [task(each) for each in names], script, max_parallel=2)

    counts = [int(each) for each in (project.root.parent / "counts").read_text().split()]
    assert len(counts) == 14
    assert max(counts) <= 3
    assert 1 <= len(pool(project)) <= 3


@pytest.mark.promise("R20.pool")
def test_what_a_failed_attempt_wrote_is_on_its_branch_when_its_worktree_is_given_out(
    project: Project,
) -> None:
    configure(project, WARM)
    fails = [write("half.txt", "half\n"), {"fail": {"outcome": "failed"}}]

    run(project, [task("a")], {"a": [fails, [write("whole.txt", "whole\n")]]})

    first = project.ask("task.show", task="a").last_run.attempts[0]
    assert git(project.root, "show", f"{first.branch}:half.txt") == "half"


@pytest.mark.promise("R20.setup", "R20.keyed", "R20.keep")
def test_setup_runs_again_only_when_its_lock_files_change(project: Project) -> None:
    commit_files(project.root, {"lock.txt": "1\n", ".gitignore": "installed/\n.podium/\n"})
    runs = project.root.parent / "setups"
    install = python(
        "import pathlib, sys;"
        "place = pathlib.Path('installed'); place.mkdir(exist_ok=True);"
        "(place / 'lock').write_text(pathlib.Path('lock.txt').read_text());"
        "open(sys.argv[1], 'a').write('x')",
        str(runs),
    )
    setup = [{"name": "install", "command": install, "lock_files": ["lock.txt"]}]
    configure(project, {"gates": {"setup": setup}, "worktree": {"keep": ["installed"]}})
    build = {"run": python("open('installed/cache', 'a').write('x')")}

    run(project, [task("a")], {"a": [[look(project), build, write("a.txt", "a")]]})
    run(project, [task("b")], {"b": [[look(project), write("lock.txt", "2\n")]]})
    # The task changed the lock file, so what is installed may be for another one.
    run(project, [task("c")], {"c": [[look(project), build, write("c.txt", "c")]]})
    commit_files(project.root, {"lock.txt": "3\n"})
    run(project, [task("d")], {"d": [[look(project), write("d.txt", "d")]]})

    assert ["installed/cache" in each for each in looks(project)] == [False, True, False, False]
    assert runs.read_text() == "xxx"


@pytest.mark.promise("R20.setup-files")
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_what_setup_commands_write_is_not_committed_unless_the_task_changes_it(
    project: Project, warm: bool
) -> None:
    setup = python(
        "import pathlib;"
        "pathlib.Path('generated').mkdir(exist_ok=True);"
        "[pathlib.Path('generated', n).write_text('set up\\n') for n in 'xyz'];"
        "pathlib.Path('README.md').write_text('set up\\n');"
        "pathlib.Path('tests.sh').unlink()"
    )
    there = python(
        "import pathlib, sys;"
        "sys.exit(pathlib.Path('generated/x').read_text() != 'set up\\n'"
        " or pathlib.Path('tests.sh').exists())"
    )
    gates = {"setup": [{"name": "make", "command": setup}], "test": there}
    configure(project, {"gates": gates, **(WARM if warm else {})})
    tasks = [task("a"), task("b"), task("c", "a", "b")]
    script = {
        "a": [[{"run": there}, write("app.py", "a = 1\n")]],
        "b": [[{"run": there}, write("generated/y", "by b\n")]],
        "c": [[{"run": there}, write("c.txt", "c\n")]],
    }

    status = run(project, tasks, script, max_parallel=2)

    changed = git(project.root, "diff", "--name-only", "main", status.integration_branch)
    assert changed.splitlines() == ["app.py", "c.txt", "generated/y"]
    assert git(project.root, "for-each-ref", "refs/podium/rescued") == ""


@pytest.mark.promise("R20.ignored")
def test_ignored_files_are_copied_or_linked(project: Project) -> None:
    commit_files(project.root, {".gitignore": ".env\ndata/\n.podium/\n"})
    (project.root / ".env").write_text("PASSWORD=1\n")
    (project.root / "data" / "deep").mkdir(parents=True)
    (project.root / "data" / "deep" / "big.bin").write_text("big\n")
    settings = {"copy_ignored": [".env", "missing"], "link_ignored": ["data"]}
    configure(project, {"worktree": {**settings, "warm_from_files": 0}})
    read = python(
        "import pathlib, sys; sys.exit(pathlib.Path('.env').read_text() != 'PASSWORD=1\\n'"
        " or not pathlib.Path('data').is_symlink()"
        " or pathlib.Path('data/deep/big.bin').read_text() != 'big\\n')"
    )
    change = python("open('.env', 'w').write('PASSWORD=2\\n')")
    steps = [{"run": read}, {"run": change}]

    run(
        project,
        [task("a"), task("b", "a")],
        {n: [[*steps, write(f"{n}.txt", n)]] for n in ("a", "b")},
    )

    assert (project.root / ".env").read_text() == "PASSWORD=1\n"


@pytest.mark.promise("R20.trust")
def test_ignored_files_of_a_clone_are_copied_only_once_its_settings_are_trusted(
    project: Project,
) -> None:
    (project.root / ".podium" / "config.yaml").write_text("worktree: {copy_ignored: [.env]}\n")
    project.reopen()

    assert not project.ask("config.show").trusted


@pytest.mark.promise("R20.variables")
def test_each_worktree_has_a_port_and_a_folder_of_its_own(project: Project) -> None:
    note = python(
        "import os, pathlib, sys;"
        "pathlib.Path(os.environ['PODIUM_TEMP'], 'mine').write_text('x');"
        "open(sys.argv[1], 'a').write(os.environ['PODIUM_PORT'] + ' ' + os.environ['PODIUM_TEMP']"
        " + ' ' + str(len(os.listdir(os.environ['PODIUM_TEMP']))) + '\\n')",
        str(project.root.parent / "variables"),
    )
    wait = python(
        "import pathlib, sys, time\n"
        "while len(pathlib.Path(sys.argv[1]).read_text().splitlines()) < 4: time.sleep(0.02)",
        str(project.root.parent / "variables"),
    )
    configure(project, {"gates": {"setup": [{"name": "note", "command": note}]}})
    script = {n: [[{"run": note}, {"run": wait}, write(f"{n}.txt", n)]] for n in ("a", "b")}

    run(project, [task("a"), task("b")], script, max_parallel=2)

    lines = (project.root.parent / "variables").read_text().splitlines()
    assert len(set(lines)) == 2, "the agent has the variables of its set-up command"
    assert all(each.endswith(" 1") for each in lines)


@pytest.mark.promise("R20.teardown")
def test_teardown_commands_run_after_the_task(project: Project) -> None:
    ended = project.root.parent / "ended"
    end = python("import sys, os; open(sys.argv[1], 'a').write(os.getcwd() + '\\n')", str(ended))
    teardown = [{"name": "stop", "command": end}]
    configure(project, {"worktree": {"teardown": teardown, "warm_from_files": 0}})

    run(project, [task("a")], {"a": [[look(project), write("a.txt", "a")]]})

    assert ended.read_text().splitlines() == [looks(project)[0][0]]


@pytest.mark.promise("R20.submodules")
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_submodules_are_filled_from_the_checkout(project: Project, warm: bool) -> None:
    place = project.root.parent
    inner = make_repository(place / "inner", {"deep.py": "D = 1\n"})
    library = make_repository(place / "lib", {"lib.py": "V = 1\n"})
    allow = ("-c", "protocol.file.allow=always")
    git(library, *allow, "submodule", "--quiet", "add", str(inner), "nested")
    git(library, "commit", "--quiet", "-m", "nested")
    git(project.root, *allow, "submodule", "--quiet", "add", str(library), "vendor")
    git(project.root, *allow, "submodule", "--quiet", "update", "--init", "--recursive")
    git(project.root, "commit", "--quiet", "-m", "vendor")
    for each in (inner, library):
        each.rename(each.with_name(f"{each.name}-away"))
    configure(project, WARM if warm else {})
    use = python(
        "import pathlib, sys; sys.exit(pathlib.Path('vendor/lib.py').read_text() != 'V = 1\\n'"
        " or pathlib.Path('vendor/nested/deep.py').read_text() != 'D = 1\\n')"
    )
    criterion = {"id": "a1", "text": "It runs", "command": use}
    spoil = python("open('vendor/lib.py', 'w').write('V = 2\\n')")
    tasks = [task("a", acceptance=[criterion]), task("b", "a", acceptance=[criterion])]

    run(
        project,
        tasks,
        {"a": [[{"run": use}, write("a.txt", "a")]], "b": [[{"run": use}, write("b.txt", "b")]]},
    )
    status = run(project, [task("c")], {"c": [[{"run": spoil}, write("c.txt", "c")]]})
    run(project, [task("d")], {"d": [[{"run": use}, write("d.txt", "d")]]})

    assert git(project.root, "diff", "--name-only", "main", status.integration_branch) == "c.txt"


LFS_FILTER = """\
import pathlib, sys
text = sys.stdin.buffer.read()
name = text.split(b"sha256:")[1][:64].decode() if b"sha256:" in text else ""
place = pathlib.Path(sys.argv[1], "lfs", "objects", name[:2], name[2:4], name)
sys.stdout.buffer.write(place.read_bytes() if name and place.exists() else text)
"""


@pytest.mark.promise("R20.lfs")
@pytest.mark.parametrize("configured", ["user", "nowhere"])
def test_lfs_files_are_filled_from_the_checkout(project: Project, configured: str) -> None:
    name = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize 5\n"
    attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    commit_files(project.root, {".gitattributes": attributes, "big.bin": pointer})
    stored = project.root / ".git" / "lfs" / "objects" / name[:2] / name[2:4] / name
    stored.parent.mkdir(parents=True)
    stored.write_text("large")
    if configured == "user":
        script = project.root.parent / "smudge.py"
        script.write_text(LFS_FILTER)
        smudge = f"{sys.executable} {script} {project.root / '.git'}"
        git(project.root, "config", "--global", "filter.lfs.smudge", smudge)
        clean = f"{sys.executable} -c \"print('''{pointer}''', end='')\""
        git(project.root, "config", "--global", "filter.lfs.clean", clean)
    configure(project, WARM)
    use = python("import sys; sys.exit(open('big.bin').read() != 'large')")
    script_of = {n: [[{"run": use}, write(f"{n}.txt", n)]] for n in ("a", "b")}

    status = run(project, [task("a"), task("b", "a")], script_of)

    changed = git(project.root, "diff", "--name-only", "main", status.integration_branch)
    assert changed.splitlines() == ["a.txt", "b.txt"]


@pytest.mark.promise("R20.base")
def test_a_run_starts_from_the_base_that_was_chosen(project: Project) -> None:
    start = git(project.root, "rev-parse", "HEAD")
    commit_files(project.root, {"later.txt": "later\n"})
    plan_id = project.plan([task("a")], {"a": [[look(project), write("a.txt", "a")]]})

    status = project.run_to_end(plan_id, base=start)

    assert status.state is RunState.COMPLETED
    assert "later.txt" not in looks(project)[0]
    assert git(project.root, "merge-base", "main", status.integration_branch) == start


@pytest.mark.promise("R20.base")
def test_another_base_is_refused_once_there_are_results(project: Project) -> None:
    start = git(project.root, "rev-parse", "HEAD")
    other = commit_files(project.root, {"later.txt": "later\n"})
    script = {"a": [[write("a.txt", "a")]], "b": [[{"fail": {"outcome": "failed"}}]]}
    plan_id = project.plan([task("a"), task("b")], script)
    project.run_to_end(plan_id, base=start, max_attempts=1)

    with pytest.raises(GitError, match="results on another base"):
        project.start_unattended(plan_id, base=other)


@pytest.mark.promise("R20.doctor")
def test_doctor_tries_each_step_once(project: Project) -> None:
    bad = {"name": "install", "command": python("import sys; sys.exit('no network')")}
    setup = [{"name": "first", "command": python("open('made.txt', 'w')")}, bad]
    configure(project, {"gates": {"setup": setup}, "worktree": {"copy_ignored": ["nowhere"]}})

    report = project.ask("doctor.check", worktree=True)

    rows = {each.name: each for each in report.diagnoses if each.name.startswith("worktree ")}
    assert [(name.removeprefix("worktree "), each.health.value) for name, each in rows.items()] == [
        ("checkout", "ok"),
        ("variables", "ok"),
        ("submodules", "ok"),
        ("lfs", "ok"),
        ("copied", "warning"),
        ("linked", "ok"),
        ("set-up first", "ok"),
        ("set-up install", "error"),
    ]
    assert "no network" in rows["worktree set-up install"].found
    assert not report.healthy
    assert git(project.root, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert git(project.root, "for-each-ref", "refs/podium") == ""


@pytest.mark.promise("R20.doctor")
def test_doctor_tries_nothing_before_the_settings_are_trusted(project: Project) -> None:
    marker = project.root.parent / "marker"
    setup = [{"name": "touch", "command": ["touch", str(marker)]}]
    (project.root / ".podium" / "config.yaml").write_text(json.dumps({"gates": {"setup": setup}}))
    project.reopen()

    report = project.ask("doctor.check", worktree=True)

    assert not marker.exists()
    (row,) = [each for each in report.diagnoses if each.name == "worktree"]
    assert row.hint == "podium trust"


@pytest.mark.promise("R20.size")
def test_gc_and_doctor_say_what_is_kept_and_gc_trims_it_to_the_ceiling(project: Project) -> None:
    configure(project, WARM)
    run(project, [task("a")], {"a": [[write("a.txt", "a")]]})
    (folder,) = pool(project)
    assert project.ask("store.gc").cold == ()
    assert pool(project) == [folder]
    configure(project, {**WARM, "store": {"pool_megabytes": 0}})

    (row,) = [each for each in project.ask("doctor.check").diagnoses if each.name == "disk"]
    shown = project.ask("store.gc", dry_run=True)
    result = project.ask("store.gc")

    assert row.hint == "podium gc"
    assert shown.cold == result.cold == (str(folder),)
    assert "worktrees" in result.disk
    assert "journal" in result.disk
    assert not folder.exists()
    assert pool(project) == []
    assert list(folder.parent.iterdir()) == []


@pytest.mark.promise("R4.leftovers")
def test_copies_of_the_index_that_dead_processes_left_are_removed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp = tmp_path / "tmp"
    names = [f"podium-index-{2**22 + 1}-abc", f"podium-index-{os.getpid()}-abc", "podium-index-xyz"]
    for name in names:
        (temp / name).mkdir(parents=True)
        (temp / name / "index").touch()
        os.utime(temp / name, (OLD, OLD))
    monkeypatch.setattr("tempfile.tempdir", str(temp))

    project.ask("store.gc")

    assert [each.name for each in temp.iterdir()] == [names[1]]


@pytest.mark.promise("R20.pool")
def test_small_repositories_get_new_worktrees(project: Project) -> None:
    assert Config().worktree.warm_from_files == 200

    run(project, [task("a")], {"a": [[write("a.txt", "a")]]})

    assert git(project.root, "worktree", "list", "--porcelain").count("worktree ") == 1


@pytest.mark.promise("R20.pool")
def test_a_plan_whose_worktrees_become_large_reuses_them(project: Project) -> None:
    configure(project, {"worktree": {"warm_from_files": 5}})
    names = [f"t{number}" for number in range(8)]
    tasks = [
        task(name, *names[max(0, place - 1) : place], files={"create": [f"{name}.txt"]})
        for place, name in enumerate(names)
    ]

    run(project, tasks, {name: [[write(f"{name}.txt", name)]] for name in names})

    assert pool(project)
