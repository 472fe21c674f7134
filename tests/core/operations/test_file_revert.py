"""file.revert: a file goes back as previewed, and nothing that it held is lost."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.errors import (
    GitError,
    NotApproved,
    NotFoundError,
    PathOutsideWorkspace,
    ValidationError,
    WriteConflict,
)
from podium.operations.file.revert import RevertResult
from tests.support.projects import AGENT, SAMPLE, Project, task, write
from tests.support.repositories import commit_files, files_of, git, whole_state

FIRST = SAMPLE["app.py"]


def look(project: Project, path: str = "app.py", **more: Any) -> RevertResult:
    found: RevertResult = project.ask("file.revert", path=path, **more)
    return found


def go_back(project: Project, path: str = "app.py", **more: Any) -> RevertResult:
    preview = look(project, path, **more)
    return look(project, path, **{**more, "to": preview.to.name, "token": preview.token})


@pytest.mark.promise("F5", "R6.file")
def test_a_preview_changes_nothing_and_what_was_previewed_is_done(project: Project) -> None:
    file = project.root / "app.py"
    file.write_text("x = 1\n")
    before = whole_state(project.root)
    preview = look(project)
    assert whole_state(project.root) == before
    assert (preview.to.name, preview.reverted, preview.kept) == ("HEAD", False, "")
    assert "-x = 1" in preview.diff
    done = look(project, to="HEAD", token=preview.token)
    assert done.reverted
    assert file.read_text() == FIRST


@pytest.mark.promise("F5", "R6.file", "R6.kept")
def test_what_was_not_committed_is_kept_and_comes_back(project: Project) -> None:
    file = project.root / "app.py"
    file.write_text("precious = 1\n")
    kept = go_back(project).kept
    assert kept.startswith("kept/")
    assert look(project).to.name == kept, "nothing else differs"
    go_back(project, to=kept)
    assert file.read_text() == "precious = 1\n"


@pytest.mark.promise("F5")
def test_what_an_editor_holds_unsaved_is_kept_too_and_the_file_is_left_to_it(
    project: Project,
) -> None:
    (project.root / "app.py").write_text("saved = 1\n")
    done = go_back(project, text="unsaved = 1\n", written_by="editor")
    assert done.content == FIRST
    assert (project.root / "app.py").read_text() == "saved = 1\n", "the editor writes it"
    held = git(project.root, "show", f"refs/podium/{done.kept}:app.py")
    assert held == "unsaved = 1"
    choices = look(project).choices
    kept = {git(project.root, "show", f"{each.commit}:app.py") for each in choices}
    assert "unsaved = 1" in kept
    refs = git(project.root, "for-each-ref", "--format=%(refname)", "refs/podium/kept")
    texts = {git(project.root, "show", f"{ref}:app.py") for ref in refs.splitlines()}
    assert texts == {"saved = 1", "unsaved = 1"}


@pytest.mark.promise("R6.checkpoint", "R6.file")
def test_a_landed_task_is_taken_back_by_its_checkpoint(project: Project) -> None:
    plan = project.plan([task("t1")], {"t1": [[write("app.py", "done = 1\n")]]})
    run = project.run_to_end(plan)
    project.ask("work.land", plan=plan, token=project.ask("work.land", plan=plan).token)
    assert (project.root / "app.py").read_text() == "done = 1\n"
    preview = look(project)
    assert preview.to.name == f"{run.run_id}/t1/1"
    assert preview.to.about == "before t1, attempt 1"
    assert go_back(project).kept == "HEAD", "it is committed"
    assert (project.root / "app.py").read_text() == FIRST


def test_a_file_that_is_gone_comes_back(project: Project) -> None:
    (project.root / "app.py").unlink()
    assert go_back(project).reverted
    assert (project.root / "app.py").read_text() == FIRST


def test_nothing_but_the_file_changes(project: Project) -> None:
    (project.root / "README.md").write_text("mine\n")
    git(project.root, "add", "README.md")
    (project.root / "app.py").write_text("x = 1\n")
    (project.root / "app.py").chmod(0o755)
    before = files_of(project.root)
    go_back(project)
    after = files_of(project.root)
    changed = {name for name in before if before[name] != after[name]}
    assert {name for name in changed if not name.startswith(".podium/run/")} == {"app.py"}
    assert git(project.root, "diff", "--cached", "--name-only") == "README.md"
    assert (project.root / "app.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("late", ["x = 2\n", None])
def test_what_changed_since_the_preview_is_not_overwritten(
    project: Project, late: str | None
) -> None:
    file = project.root / "app.py"
    file.write_text("x = 1\n")
    token = look(project).token
    file.write_text(late) if late else file.unlink()
    with pytest.raises(WriteConflict, match="Something changed"):
        look(project, token=token)
    assert (file.read_text() if late else None) == late


def test_an_agent_may_look_and_not_do_it(project: Project) -> None:
    (project.root / "app.py").write_text("x = 1\n")
    token = look(project, by=AGENT).token
    with pytest.raises(NotApproved):
        look(project, token=token, by=AGENT)
    assert (project.root / "app.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("../x", PathOutsideWorkspace),
        (".git/config", PathOutsideWorkspace),
        (".podium/store.json", PathOutsideWorkspace),
        ("nosuch.py", NotFoundError),
        ("app.py", ValidationError),
    ],
)
def test_what_cannot_go_back_is_refused(
    project: Project, path: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        look(project, path)


def test_only_a_state_that_holds_the_file_can_be_named(project: Project) -> None:
    with pytest.raises(NotFoundError, match="No checkpoint 'r-nosuch'"):
        look(project, to="r-nosuch")
    commit = git(project.root, "rev-parse", "HEAD")
    assert look(project, to=commit[:8]).to.name == "HEAD"


@pytest.mark.promise("X1.links")
def test_a_link_is_not_followed_into_the_past(project: Project) -> None:
    (project.root / "link.py").symlink_to("app.py")
    commit_files(project.root, {})
    (project.root / "link.py").unlink()
    with pytest.raises(GitError, match="is not a regular file"):
        look(project, "link.py")


def test_a_file_that_is_no_text_goes_back_byte_by_byte_but_not_into_an_editor(
    project: Project,
) -> None:
    commit_files(project.root, {"a.bin": b"\0\xff\r\n"})
    (project.root / "a.bin").write_bytes(b"other")
    with pytest.raises(ValidationError, match="not a text file"):
        look(project, "a.bin", written_by="editor")
    go_back(project, "a.bin")
    assert (project.root / "a.bin").read_bytes() == b"\0\xff\r\n"


def test_line_ends_come_back_as_the_checkout_has_them(project: Project) -> None:
    git(project.root, "config", "core.autocrlf", "true")
    commit_files(project.root, {"a.txt": b"one\r\ntwo\r\n"})
    (project.root / "a.txt").write_bytes(b"mine\r\n")
    kept = go_back(project, "a.txt").kept
    assert (project.root / "a.txt").read_bytes() == b"one\r\ntwo\r\n"
    go_back(project, "a.txt", to=kept)
    assert (project.root / "a.txt").read_bytes() == b"mine\r\n"


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_whatever_a_file_held_can_be_had_again(project: Project, texts: list[bytes]) -> None:
    file: Path = project.root / "app.py"
    file.write_text(FIRST)
    ways: dict[bytes, str] = {}
    for text in texts:
        if text == FIRST.encode():
            continue
        file.write_bytes(text)
        ways[text] = go_back(project, to="HEAD").kept
    for text, kept in ways.items():
        go_back(project, to=kept)
        assert file.read_bytes() == text
