"""`podium tasks` shows what it kept only where the engine would show the same."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from itertools import combinations
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.app.kept.tasks import KeptTask, KeptTasks, kept_file, kept_tasks
from podium.app.settings import ENVIRONMENT
from podium.app.settings_files import VARIABLES
from podium.model import layout
from podium.operations.task.list import ListParams, TaskList
from podium.operations.views import TaskRow
from podium.store import Transaction
from podium_cli import kept_list
from podium_cli.kept_list import Listed, Request, parse
from tests.support.commands import PODIUM, Done, podium, podium_process
from tests.support.projects import Project, clean_environment, project, task
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]

SHOWN = "podium_cli.kept_list.show"


@dataclass
class Lists:
    """Lists of tasks as a person sees them, and as the engine shows them.

    Args:
        project: the project.
    """

    project: Project
    shown_from_kept: list[bool] = field(default_factory=list[bool])

    def show(self, *words: str, **variables: str) -> Done:
        """Run `podium tasks` and note whether the answer was a kept one."""
        with patch(SHOWN, wraps=kept_list.show) as shown:
            done = podium(self.project.root, "tasks", *words, **variables)
        self.shown_from_kept.append(shown.called)
        return done

    def by_engine(self, *words: str, **variables: str) -> Done:
        """Run `podium tasks` where nothing was kept."""
        empty = self.project.root.parent / "nothing-kept" / str(time.monotonic_ns())
        return podium(self.project.root, "tasks", *words, **variables, XDG_CACHE_HOME=str(empty))

    def check(self, *words: str, **variables: str) -> None:
        """Check that both agree, twice: the second time something may have been kept."""
        for _ in range(2):
            shown = self.show(*words, **variables)
            assert shown == self.by_engine(*words, **variables)

    @property
    def task_file(self) -> Path:
        """The file of the task `a`, whose title is "First"."""
        return next(self.project.root.glob(".podium/plans/*/tasks/a.json"))


@pytest.fixture
def lists(project: Project) -> Lists:
    """Give a project with two plans."""
    project.ask("plan.create", objective="An older plan", tasks=[task("old")])
    project.ask(
        "plan.create",
        objective="The *newest* [plan] :bug:",
        tasks=[
            task("a", title="First", priority="high", files={"create": ["new.py"]}),
            task("b", title="Second \u754c " + "long " * 30, requires=["a"]),
            task("c", title="Third\u2026 \u00fc", priority="low", role="tester"),
        ],
    )
    project.close()
    return Lists(project)


FILTERS = ((), ("state:pending",), ("priority:high", "first"), ("ready:yes",), ("nothing",))
OPTIONS = (("--limit", "2"), ("--json",), ("--plan", "p-"), ("--project", "."))


@pytest.mark.parametrize("where", FILTERS, ids=" ".join)
def test_every_combination_of_options_shows_what_the_engine_shows(
    where: tuple[str, ...], lists: Lists
) -> None:
    lists.show()
    newest = json.loads(lists.show("--json").stdout)["plan_id"]
    known = [("--plan", newest[:5]) if each[0] == "--plan" else each for each in OPTIONS]
    for count in range(len(known) + 1):
        for chosen in combinations(known, count):
            words = (*where, *(word for option in chosen for word in option))
            assert lists.show(*words) == lists.by_engine(*words), words
            assert lists.shown_from_kept[-1], words


@pytest.mark.parametrize("width", ["40", "80", "200"])
@pytest.mark.parametrize("colours", ["", "1"])
def test_every_screen_shows_what_the_engine_shows(width: str, colours: str, lists: Lists) -> None:
    lists.check(COLUMNS=width, FORCE_COLOR=colours, TERM="xterm")
    assert lists.shown_from_kept == [False, True]


def test_a_plan_that_was_not_listed_is_left_to_the_engine(lists: Lists) -> None:
    lists.show()
    plans = json.loads(podium(lists.project.root, "plans", "--json").stdout)["plans"]
    for plan in plans:
        lists.check("--plan", plan["id"])
    lists.check()
    assert lists.shown_from_kept[1:] == [True, True, False, True, True, True]


# What a person, an editor or git does beside Podium; each makes the engine look again.
EDITS: dict[str, Callable[[Lists], object]] = {
    "another title": lambda lists: edit(lists.task_file, "First", "Other"),
    "a title of the same length": lambda lists: edit(lists.task_file, "First", "Fifth"),
    "the same content again": lambda lists: edit(lists.task_file, "First", "First"),
    "broken JSON": lambda lists: lists.task_file.write_text("{"),
    "an invalid document": lambda lists: lists.task_file.write_text("{}"),
    "a removed task": lambda lists: lists.task_file.unlink(),
    "an added task": lambda lists: add_task(lists),
    "a link": lambda lists: replace_by_link(lists.task_file),
    "a file that is no document": lambda lists: (
        lists.project.root / ".podium" / "notes.txt"
    ).write_text("mine"),
    "wrong settings": lambda lists: write_settings(lists, "runs: 3\n"),
    "other settings": lambda lists: write_settings(lists, "# nothing\n"),
    "a store of a newer format": lambda lists: edit(
        lists.project.root / ".podium" / "store.json", '"min_reader": ', '"min_reader": 99'
    ),
    "a journal that lost its end": lambda lists: cut(
        next(lists.project.root.glob(".podium/run/journal/*"))
    ),
    "a journal without a beginning": lambda lists: next(
        lists.project.root.glob(".podium/run/journal/*")
    ).unlink(),
    "no checkpoint": lambda lists: (
        lists.project.root / ".podium" / "run" / "checkpoint.json"
    ).unlink(),
}


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text in a file in place, at once, as an editor does."""
    path.write_text(path.read_text().replace(old, new))


def cut(path: Path) -> None:
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - 30)


def replace_by_link(path: Path) -> None:
    elsewhere = path.with_suffix(".elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def write_settings(lists: Lists, text: str) -> None:
    (lists.project.root / ".podium" / "config.yaml").write_text(text)


def add_task(lists: Lists) -> None:
    known = lists.task_file
    known.with_name("z.json").write_text(known.read_text().replace('"a"', '"z"'))


def settle(lists: Lists) -> None:
    """Make all files as old as if they had been left alone for a while."""
    then = time.time_ns() - 60_000_000_000
    for path in lists.project.root.rglob(".podium/**/*"):
        if path.is_file():
            os.utime(path, ns=(then, then), follow_symlinks=False)


@pytest.mark.parametrize("settled", [False, True], ids=["young files", "old files"])
@pytest.mark.parametrize("name", EDITS)
def test_what_happened_beside_podium_is_seen(name: str, settled: bool, lists: Lists) -> None:
    if settled:
        settle(lists)
    lists.check()
    assert lists.shown_from_kept[-1]
    EDITS[name](lists)
    lists.check()
    lists.check("--json")


COMMANDS: dict[str, tuple[str, ...]] = {
    "done": ("task", "a", "--state", "done", "--word", "seen"),
    "blocked": ("task", "c", "--state", "blocked", "--reason", "the \u754c is closed"),
    "progress with a note": ("task", "a", "--percent", "30", "--note", "so far"),
}


@pytest.mark.parametrize("settled", [False, True], ids=["young files", "old files"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_change_by_podium_itself_is_taken_from_the_journal(
    name: str, settled: bool, lists: Lists
) -> None:
    if settled:
        settle(lists)
    lists.show()
    assert podium(lists.project.root, *COMMANDS[name]).returncode == 0
    lists.check()
    lists.check("--json")
    lists.check("ready:yes")
    assert lists.shown_from_kept == [False, *[True] * 6]


def test_an_edit_beside_a_change_by_podium_is_left_to_the_engine(lists: Lists) -> None:
    lists.show()
    podium(lists.project.root, *COMMANDS["done"])
    edit(lists.task_file, "First", "Fifth")
    lists.check()
    lists.check()
    assert lists.shown_from_kept == [False, False, False, True, True]


def test_a_file_that_lags_behind_the_journal_is_left_to_the_engine(lists: Lists) -> None:
    lists.show()
    text = lists.task_file.read_text()
    retitle(lists, "a", "Other")
    lists.task_file.write_text(text)
    lists.check()
    assert lists.shown_from_kept[:2] == [False, False]


def test_another_definition_is_taken_from_the_journal(lists: Lists) -> None:
    lists.show()
    retitle(lists, "c", "Third, again")
    lists.check()
    assert lists.shown_from_kept == [False, True, True]


def retitle(lists: Lists, task_id: str, title: str) -> None:
    store = lists.project.engine.store
    (path,) = [each for each in store.list(layout.all_tasks()) if each.endswith(f"/{task_id}.json")]
    key = layout.task(path.split("/")[1], task_id)

    def work(tx: Transaction) -> None:
        former = tx.get(key)
        assert former
        tx.put(key, former.model_copy(update={"title": title}))

    store.transact(work)
    lists.project.close()


def test_an_edit_within_one_tick_of_the_clock_is_seen(lists: Lists) -> None:
    # A time that has not passed yet, so that the file is young however slow the test is.
    soon = time.time_ns() + 3_600_000_000_000
    os.utime(lists.task_file, ns=(soon, soon))
    lists.check()
    edit(lists.task_file, "First", "Fifth")
    os.utime(lists.task_file, ns=(soon, soon))
    lists.check()
    assert lists.shown_from_kept[2] is False


@pytest.mark.parametrize(
    "variables", [{"PODIUM_MAX_PARALLEL": "many"}, {"PODIUM_AGENT": "nobody"}], ids=str
)
def test_a_variable_of_the_settings_is_seen(variables: dict[str, str], lists: Lists) -> None:
    lists.show()
    lists.check(**variables)


def test_the_settings_of_the_user_are_seen(lists: Lists, clean_environment: Path) -> None:
    lists.check()
    user = clean_environment / ".config" / "podium" / "config.yaml"
    user.parent.mkdir(parents=True)
    user.write_text("runs: wrong\n")
    lists.check()
    assert lists.shown_from_kept == [False, True, False, False]


STEPS = st.lists(
    st.one_of(
        st.sampled_from([*EDITS]),
        st.sampled_from(["settle", "update", "create", "done"]),
    ),
    min_size=1,
    max_size=5,
)
WORDS = st.sampled_from(
    [(), ("--json",), ("--limit", "1"), ("state:done",), ("ready:yes", "--json")]
)


def test_after_any_writes_and_edits_both_agree(lists: Lists, tmp_path: Path) -> None:
    from_kept: list[bool] = []

    @settings(max_examples=12)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        copy = Lists(Project(tmp_path / str(time.monotonic_ns()) / "app"))
        shutil.copytree(lists.project.root, copy.project.root)
        for step in data.draw(STEPS):
            change(copy, step)
            copy.check(*data.draw(WORDS))
        from_kept.extend(copy.shown_from_kept)

    check()
    assert {*from_kept} == {True, False}


def change(lists: Lists, step: str) -> None:
    """Write through the engine, or edit beside it; what is impossible by now is left out."""
    root = lists.project.root
    if step == "settle":
        settle(lists)
    elif step == "update":
        podium(root, "task", "c", "--title", f"Third at {time.monotonic_ns()}")
    elif step == "done":
        podium(root, "task", "a", "--state", "done", "--word", "seen")
    elif step == "create":
        podium(root, "plan", "One more", "--tasks", str(tasks_of_a_plan(root)))
    else:
        try:
            EDITS[step](lists)
        except (OSError, StopIteration, IndexError):
            return


def tasks_of_a_plan(root: Path) -> Path:
    path = root.parent / "tasks.json"
    path.write_text(json.dumps([task("a", title="First"), task("n")]))
    return path


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"basis": 1}', b"\xff"], ids=str)
def test_a_damaged_file_is_as_if_nothing_was_kept(content: bytes, lists: Lists) -> None:
    lists.show()
    kept_file(lists.project.root).write_bytes(content)
    lists.check()
    assert lists.shown_from_kept == [False, False, True]


def test_a_file_that_others_may_write_is_not_believed(lists: Lists) -> None:
    lists.show()
    kept_file(lists.project.root).chmod(0o666)
    lists.check()
    assert lists.shown_from_kept == [False, False, True]


def test_what_was_kept_of_another_project_is_not_believed(lists: Lists) -> None:
    lists.show()
    path = kept_file(lists.project.root)
    fields = json.loads(path.read_bytes())
    fields["basis"]["home"] = str(lists.project.root.parent)
    path.write_text(json.dumps(fields))
    assert kept_tasks(lists.project.root) is None


def test_what_another_version_kept_is_not_believed(lists: Lists) -> None:
    lists.show()
    path = kept_file(lists.project.root)
    fields = json.loads(path.read_bytes())
    fields["basis"]["program"] = "0.0.9/1"
    path.write_text(json.dumps(fields))
    assert kept_tasks(lists.project.root) is None


def test_nothing_is_kept_in_the_project(lists: Lists, clean_environment: Path) -> None:
    before = {path for path in lists.project.root.rglob("*") if "run" not in path.parts}
    lists.show()
    assert {path for path in lists.project.root.rglob("*") if "run" not in path.parts} == before
    assert kept_file(lists.project.root).is_relative_to(clean_environment)


def test_a_reader_that_leaves_is_no_failure(lists: Lists) -> None:
    lists.show()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*PODIUM, "tasks"],
            cwd=lists.project.root,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_both_show_the_same_across_processes(lists: Lists) -> None:
    first, second = (podium_process(lists.project.root, "tasks") for _ in range(2))
    assert first == second
    assert first.returncode == 0


UNUSUAL = (
    "--help",
    "-h",
    "--",
    "--limit",
    "--limit=",
    "--limit 0",
    "--limit 10001",
    "--limit many",
    "--limit 1 --limit 2",
    "--limit -1",
    "--plan --json",
    "--project /nowhere",
    "--json=1",
    "--js",
    "--colour",
    "-x",
)


@pytest.mark.parametrize("words", UNUSUAL)
def test_an_unusual_command_line_is_left_to_the_command(words: str) -> None:
    assert parse(words.split()) is None


@pytest.mark.parametrize("words", UNUSUAL)
def test_an_unusual_command_line_has_the_answer_of_the_command(words: str, lists: Lists) -> None:
    lists.show()
    assert lists.show(*words.split()) == lists.by_engine(*words.split())


@pytest.mark.parametrize("where", ["colour:red", "'unclosed", "state:", ""])
def test_a_wrong_filter_is_explained_by_the_command(where: str, lists: Lists) -> None:
    lists.show()
    assert lists.show(where) == lists.by_engine(where)


def test_what_is_kept_has_the_fields_of_the_operation() -> None:
    assert [each.name for each in fields(KeptTask)] == [*TaskRow.model_fields]
    assert [each.name for each in fields(Listed)] == [*TaskList.model_fields]


def test_a_request_has_the_parameters_of_the_operation() -> None:
    own = {each.name: each.default for each in fields(Request)}
    assert {name: own[name] for name in ListParams.model_fields} == ListParams().model_dump()
    assert own.keys() - ListParams.model_fields.keys() == {"as_json", "project"}


def test_every_variable_of_the_settings_counts() -> None:
    assert all(name.startswith(VARIABLES) for name in ENVIRONMENT)


def test_a_kept_file_is_read_as_it_was_written(lists: Lists) -> None:
    lists.show()
    found = kept_tasks(lists.project.root)
    assert isinstance(found, KeptTasks)
    assert found.as_json() == kept_file(lists.project.root).read_bytes()
