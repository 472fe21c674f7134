"""Lenses and hovers that show which task last changed a function."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lsp_server.wire import Editor, Json, at
from tests.support.projects import Project, task
from tests.support.repositories import commit_files, git

TEXT = '''\
"""An app."""


@decorated
def hello() -> str:
    """Greet 😀."""
    return "hello"


def untold() -> None:
    pass
'''
OLD = TEXT.replace('return "hello"', 'return "hullo"')
REFRESHES: Json = {"workspace": {"codeLens": {"refreshSupport": True}}}


@pytest.fixture
def told(project: Project) -> Iterator[tuple[Editor, str, str]]:
    """Provide an editor with an open file that a task changed, its URI and the plan."""
    plan = project.ask("plan.create", objective="Greet", tasks=[task("t1", title="Be polite")])
    commit_files(project.root, {"app.py": OLD})
    work = f"feat: x\n\nPodium-Plan: {plan.plan.id}\nPodium-Task: t1\nPodium-Run: r-1/2\n"
    commit_files(project.root, {"app.py": TEXT}, work)
    with Editor(project.root, REFRESHES) as editor:
        editor.initialize()
        yield editor, editor.open(project.root / "app.py"), plan.plan.id


def lenses(editor: Editor, uri: str) -> list[tuple[int, str, Any]]:
    rows: list[Json] = editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}}) or []
    return [
        (row["range"]["start"]["line"], row["command"]["title"], row["command"].get("arguments"))
        for row in rows
    ]


@pytest.mark.promise("L5")
def test_a_lens_stands_above_what_a_task_changed_and_nowhere_else(
    told: tuple[Editor, str, str],
) -> None:
    editor, uri, plan = told
    arguments = [{"task": f"{plan}/t1", "uri": uri}]
    assert lenses(editor, uri) == [(4, "t1 Be polite", arguments)]
    editor.change(uri, 2, {"text": "# new\n" + TEXT.replace('"hello"', '"hi"')})
    assert lenses(editor, uri) == [(5, "t1 Be polite · edited since", arguments)]


@pytest.mark.promise("L5")
@pytest.mark.parametrize(("line", "is_told"), [(3, True), (4, True), (5, False), (9, False)])
def test_the_hover_tells_it_at_the_head_of_the_function(
    told: tuple[Editor, str, str], line: int, is_told: bool
) -> None:
    editor, uri, plan = told
    found = editor.ask("textDocument/hover", at(uri, line, 5))
    assert (found is not None) == is_told
    if found:
        (first, *_, facts) = found["contents"]["value"].split("\n\n")
        assert first.startswith("Last changed by task [t1 Be polite](file://")
        assert first.endswith(f"/.podium/plans/{plan}/tasks/t1.json)")
        assert facts.startswith("run r-1, attempt 2 · commit `")
        assert found["range"]["start"] == {"line": 4, "character": 0}


def test_lenses_are_asked_for_again_when_head_moves(
    told: tuple[Editor, str, str], project: Project
) -> None:
    editor, uri, _ = told
    assert len(lenses(editor, uri)) == 1
    git(project.root, "reset", "--quiet", "--soft", "HEAD~1")
    editor.wait(
        lambda: [q for q in editor.questions if q["method"] == "workspace/codeLens/refresh"]
    )
    assert lenses(editor, uri) == []


def test_a_person_can_have_it_off(told: tuple[Editor, str, str]) -> None:
    editor, uri, _ = told
    settings = {"podium": {"blame": {"enable": False}}}
    editor.notify("workspace/didChangeConfiguration", {"settings": settings})
    assert lenses(editor, uri) == []
    assert editor.ask("textDocument/hover", at(uri, 4, 5)) is None
