"""Which task last changed a function: real runs, real claims, a real repository."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.provenance.blame import Blamed, Blamer
from podium.syntax import SyntaxChecker
from podium.workspace.repository import Repository
from tests.support.projects import AGENT, Project, lasting_project, task, write
from tests.support.repositories import commit_files, git

FIRST = '''\
"""Shapes."""


def area(width: int, height: int) -> int:
    return width * height


class Box:
    """A box."""

    @property
    def size(self) -> int:
        return 3
'''
SECOND = FIRST.replace("width * height\n", "abs(width * height)\n")

Row = tuple[str, str, bool, bool]
"""Symbol, task, whether the task wrote it, whether it is as the task left it."""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Give a project in which a run wrote a file, and another task changed a function of it."""
    making = lasting_project(tmp_path_factory)
    project = next(making)
    acceptance = [{"id": "a1", "text": "It compiles", "command": ["true"]}]
    tasks = [
        task("t1", title="Write the shapes", acceptance=acceptance),
        task("t2", "t1", title="Make areas positive"),
    ]
    script: dict[str, Any] = {
        "t1": [[write("shapes.py", FIRST)]],
        "t2": [[write("shapes.py", SECOND)]],
    }
    plan = project.plan(tasks, script)
    assert project.run_to_end(plan).state == "completed"
    land(project, plan)
    yield project
    making.close()


def land(project: Project, plan: str) -> None:
    project.ask("work.land", plan=plan, token=project.ask("work.land", plan=plan).token)


def rows(project: Project, text: str | None = None, path: str = "shapes.py") -> list[Row]:
    view = project.ask("work.blame", path=path, text=text)
    return [_row(each) for each in view.symbols]


def _row(each: Blamed) -> Row:
    return (each.symbol, each.maker.task_id, each.is_new, each.is_untouched)


AREA, BOX = ("area", "t2", False, True), [("Box", "t1", True, True), ("Box.size", "t1", True, True)]


@pytest.mark.promise("L5")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, [AREA, *BOX]),
        ("# moved\n\n\n" + SECOND, [AREA, *BOX]),
        (SECOND.replace("abs(", "max(1, "), [("area", "t2", False, False), *BOX]),
        # What the second task did is undone: what stands there is the first one's.
        (FIRST, [("area", "t1", True, True), *BOX]),
        (SECOND + "\n\ndef mine() -> None:\n    pass\n", [AREA, *BOX]),
        (SECOND.replace("area", "surface"), BOX),
        (SECOND.replace("return 3\n", "return 3   \n"), [AREA, *BOX]),
        ("", []),
        ("def area(\n", []),
    ],
)
def test_each_function_has_the_task_that_changed_it_last(
    shapes: Project, text: str | None, expected: list[Row]
) -> None:
    assert rows(shapes, text) == expected


@pytest.mark.promise("L5")
def test_who_did_it_and_what_shows_it_is_told(shapes: Project) -> None:
    (size,) = shapes.ask("work.blame", path="shapes.py", line=13).symbols
    maker = size.maker
    assert (size.symbol, size.line, size.name_line, size.end_line) == ("Box.size", 11, 12, 13)
    assert (maker.title, maker.objective, maker.agent) == ("Write the shapes", "Test", "playbook")
    assert maker.attempt == 1
    assert shapes.ask("run.status", run=maker.run_id).state == "completed"
    assert shapes.ask("session.show", session=maker.session_id).session.task_id == "t1"
    assert git(shapes.root, "cat-file", "-t", maker.commit) == "commit"
    (evidence,) = maker.evidence
    assert (evidence.criterion, evidence.shown.command) == ("a1", ("true",))


def test_a_line_that_is_in_no_function_has_no_task(shapes: Project) -> None:
    assert shapes.ask("work.blame", path="shapes.py", line=2).symbols == ()


def test_a_file_that_no_task_changed_has_none_and_is_not_even_parsed(shapes: Project) -> None:
    async def look() -> None:
        repository = await Repository.discover(shapes.root)
        async with SyntaxChecker() as checker:
            blamer = Blamer(repository, shapes.engine.store, checker)
            assert await blamer.blame(shapes.root / "app.py", b"def hello(): pass\n") == ()
            assert checker.worker_pid is None

    anyio.run(look)


def work_of(task_id: str) -> str:
    """Return the message of a commit that a colleague's run made; the store knows nothing of it."""
    return f"feat: {task_id}\n\nPodium-Plan: p-1\nPodium-Task: {task_id}\nPodium-Run: r-1/2\n"


def test_what_was_read_goes_on_with_head(project: Project) -> None:
    """One that is kept says what a new one says, whatever HEAD does."""
    root = project.root

    async def look() -> None:
        repository = await Repository.discover(root)
        async with SyntaxChecker() as checker:
            kept = Blamer(repository, project.engine.store, checker)
            start = git(root, "rev-parse", "HEAD")
            steps: list[tuple[Callable[[], object], list[str]]] = [
                (lambda: None, []),
                (lambda: commit_files(root, {"shapes.py": FIRST}, work_of("t1")), ["t1"] * 3),
                (lambda: commit_files(root, {"other.py": "x = 1\n"}), ["t1"] * 3),
                (
                    lambda: commit_files(root, {"shapes.py": SECOND}, work_of("t2")),
                    ["t2", "t1", "t1"],
                ),
                (lambda: git(root, "reset", "--quiet", "--hard", start), []),
            ]
            for step, expected in steps:
                step()
                fresh = Blamer(repository, project.engine.store, checker)
                found = await kept.blame(root / "shapes.py", SECOND.encode())
                assert found == await fresh.blame(root / "shapes.py", SECOND.encode())
                assert [each.maker.task_id for each in found] == expected

    anyio.run(look)


def test_a_colleagues_task_is_told_as_far_as_the_commit_tells_it(project: Project) -> None:
    commit_files(project.root, {"shapes.py": FIRST}, work_of("t1"))
    (area, *_) = project.ask("work.blame", path="shapes.py").symbols
    maker = area.maker
    assert (maker.plan_id, maker.task_id, maker.run_id, maker.attempt) == ("p-1", "t1", "r-1", 2)
    assert (maker.title, maker.agent, maker.session_id, maker.evidence) == ("", "", "", ())


def test_a_task_that_moved_a_file_leads_to_who_wrote_it(project: Project) -> None:
    commit_files(project.root, {"shapes.py": FIRST}, work_of("t1"))
    git(project.root, "mv", "shapes.py", "forms.py")
    commit_files(project.root, {"forms.py": SECOND}, work_of("t2"))
    assert rows(project, path="forms.py") == [AREA, *BOX]


@pytest.mark.promise("L5")
def test_what_an_assistant_did_in_the_checkout_is_its_tasks(project: Project) -> None:
    tasks = [task("t1", files={"create": ["shapes.py"]})]
    plan = project.ask("plan.create", objective="Shapes", tasks=tasks).plan.id
    project.ask("plan.approve", plan=plan)
    claimed = project.ask("task.claim", by=AGENT, plan=plan)
    (project.root / "shapes.py").write_text(FIRST)
    token = claimed.assignment.lease.token
    assert rows(project) == []
    project.ask("task.complete", by=AGENT, task=f"{plan}/t1", lease=token)
    assert rows(project) == [("area", "t1", True, True), *BOX]
    (area, *_) = project.ask("work.blame", path="shapes.py").symbols
    assert (area.maker.agent, area.maker.run_id, area.maker.commit) == ("claude", "", "")
    assert area.maker.session_id == claimed.assignment.session_id
    git(project.root, "checkout", "--quiet", "--orphan", "other")
    git(project.root, "commit", "--quiet", "--allow-empty", "-m", "Another history")
    assert rows(project) == []


@pytest.mark.promise("L5")
def test_within_one_second_a_claim_follows_what_it_was_based_on(project: Project) -> None:
    """Git's times are in seconds, and a run, a claim and another run may fit into one."""
    root, at = project.root, "2099-01-01T00:00:00+00:00"
    commit_files(root, {"shapes.py": FIRST}, work_of("t1"))
    git(root, "commit", "--quiet", "--amend", "--no-edit", "--date", at)
    tasks = [task("t2", files={"modify": ["shapes.py"]})]
    plan = project.ask("plan.create", objective="Shapes", tasks=tasks).plan.id
    project.ask("plan.approve", plan=plan)
    claimed = project.ask("task.claim", by=AGENT, plan=plan)
    (root / "shapes.py").write_text(SECOND)
    lease = claimed.assignment.lease.token
    project.ask("task.complete", by=AGENT, task=f"{plan}/t2", lease=lease)
    claims = git(root, "for-each-ref", "--format=%(refname)", "refs/podium/claims").splitlines()
    for ref in claims:
        commit = git(root, "cat-file", "commit", ref)
        dated = re.sub(r"(?m)^author (.*>) \d+ \S+$", r"author \1 4070908800 +0000", commit)
        made = git(root, "hash-object", "-w", "-t", "commit", "--stdin", stdin=dated.encode())
        git(root, "update-ref", ref, made)
    assert rows(project) == [AREA, *BOX]

    third = SECOND.replace("abs(width * height)", "abs(height * width)")
    commit_files(root, {"shapes.py": third}, work_of("t3"))
    git(root, "commit", "--quiet", "--amend", "--no-edit", "--date", at)
    assert rows(project) == [("area", "t3", False, True), *BOX]


def test_a_file_elsewhere_is_refused(shapes: Project, tmp_path: Path) -> None:
    from podium.errors import PathOutsideWorkspace, ValidationError

    with pytest.raises(PathOutsideWorkspace):
        shapes.ask("work.blame", path=str(tmp_path))
    with pytest.raises(ValidationError):
        shapes.ask("work.blame", path="nosuch.py")
