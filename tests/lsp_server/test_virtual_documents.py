"""Rendered plans and reports: virtual documents if the editor supports them, else files."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from podium_lsp.virtual_documents import VirtualDocument, VirtualKind, virtual_document_of
from tests.lsp_server.wire import Editor, Json
from tests.support.projects import Project, task

REFRESH = "workspace/textDocumentContent/refresh"
CONTENTS: Json = {"workspace": {"textDocumentContent": {"dynamicRegistration": True}}}


@pytest.fixture
def plan(project: Project) -> str:
    tasks = [task("t1", title="Be polite")]
    return str(project.ask("plan.create", objective="Greet by name", tasks=tasks).plan.id)


@pytest.fixture
def editor(project: Project, plan: str) -> Iterator[Editor]:
    del plan
    with Editor(project.root, CONTENTS, replies={REFRESH: lambda params: None}) as editor:
        editor.initialize()
        yield editor


def refreshed(editor: Editor) -> list[str]:
    return [q["params"]["uri"] for q in editor.questions if q["method"] == REFRESH]


def content(editor: Editor, uri: str) -> str:
    return str(editor.ask("workspace/textDocumentContent", {"uri": uri})["text"])


def test_the_scheme_is_registered_where_the_editor_asks_for_contents(editor: Editor) -> None:
    editor.command("podium.status")
    rows = [
        (each["method"], each["registerOptions"])
        for q in editor.questions
        if q["method"] == "client/registerCapability"
        for each in q["params"]["registrations"]
    ]
    assert rows == [("workspace/textDocumentContent", {"schemes": ["podium"]})]


def test_a_plan_is_read_as_it_is_now(editor: Editor, project: Project, plan: str) -> None:
    opened = editor.command("podium.open", readable=plan[:4])
    uri = opened["uri"]
    assert not opened["shown"]  # this editor does not announce the capability
    assert uri.startswith(f"podium:/plan/{plan}.md?")
    assert not (project.root / ".podium/run/views").exists()
    before = content(editor, uri)
    assert "Be polite" in before
    assert "Draft, not approved" in before
    project.ask("plan.approve", plan=plan)
    editor.wait(lambda: refreshed(editor) == [uri])
    # There is no further notification until the editor reads the document again.
    project.ask("task.update", task="t1", state="blocked", reason="waits")
    assert "**Approved" in content(editor, uri)
    project.ask("plan.reset", plan=plan)
    editor.wait(lambda: refreshed(editor) == [uri, uri])


def test_what_can_be_done_stands_above_a_plan_that_is_read(editor: Editor, plan: str) -> None:
    uri = editor.command("podium.open", readable=plan)["uri"]
    item = {"uri": uri, "languageId": "markdown", "version": 1, "text": content(editor, uri)}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    rows = editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert [row["command"]["title"] for row in rows] == [
        "draft, 0 of 1 done",
        "Approve",
        "pending",
    ]
    symbols = editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert any("t1" in row["name"] for row in symbols)
    assert editor.published == []


def test_elsewhere_it_is_a_file_that_is_written_again(project: Project, plan: str) -> None:
    with Editor(project.root) as editor:
        editor.initialize()
        uri = editor.command("podium.open", readable=plan)["uri"]
        path = project.root / ".podium" / "run" / "views" / f"{plan}.md"
        assert uri == path.as_uri()
        assert "Draft, not approved" in path.read_text()
        project.ask("plan.approve", plan=plan)
        tries = 0
        while "**Approved" not in path.read_text():
            editor.command("podium.status")
            assert (tries := tries + 1) < 10_000


NO_DOCUMENTS = {
    "podium:/plan/p-nosuch.md?{root}": "plan-not-found",
    "podium:/run/r-nosuch.md?{root}": "run-not-found",
    "podium:/plan/../../x.md?{root}": "path-outside",
    "podium:/plan/x.md?/": "project-not-found",
    "podium:/plan/x.md": "validation",
    "podium:/secret/x.md?{root}": "validation",
    "file:///etc/passwd": "validation",
    "podium:": "validation",
    "": "validation",
}


def test_what_is_no_document_is_refused(editor: Editor, project: Project) -> None:
    found = {
        uri: editor.refused(
            "workspace/textDocumentContent", {"uri": uri.replace("{root}", str(project.root))}
        )["data"]["code"]
        for uri in NO_DOCUMENTS
    }
    assert found == NO_DOCUMENTS


def test_an_address_is_understood_however_it_is_written() -> None:
    view = VirtualDocument(VirtualKind.PLAN, "p-1", Path("/a b/ü"))
    assert virtual_document_of(view.uri) == view
    assert virtual_document_of(unquote(view.uri)) == view
    encoded = view.uri.replace("podium:/plan/", "podium:/plan%2F").replace("/ü", "%2F%C3%BC")
    assert virtual_document_of(encoded) == view
