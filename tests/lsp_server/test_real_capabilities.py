"""The server with pytest-lsp, a third-party client, and the capabilities of real editors.

The `initialize` parameters were captured from the editors. The client checks every response against
them and warns about violations; warnings are errors here.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, cast

import pytest
from lsprotocol import converters
from lsprotocol import types as t

from tests.lsp_server.marking import capabilities
from tests.lsp_server.wire import PODIUM
from tests.support.projects import Project, task
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from pytest_lsp import LanguageClient

    from tests.lsp_server.foreign_client import StrictClient

EDITORS = ("neovim", "vscode", "vscode-9", "helix", "emacs")
_TAKEN_IN_SILENCE = (
    t.CLIENT_REGISTER_CAPABILITY,
    t.WORKSPACE_CODE_LENS_REFRESH,
    t.WORKSPACE_INLAY_HINT_REFRESH,
    t.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH,
)
BAD = 'def hello() -> str:\n    return ("hello"\n'


@pytest.fixture(autouse=True)
def place(project: Project) -> Project:
    """Set up the project and the environment before the server starts."""
    plan = project.ask("plan.create", objective="Greet", tasks=[task("t1", title="Be polite")])
    work = f"feat: x\n\nPodium-Plan: {plan.plan.id}\nPodium-Task: t1\nPodium-Run: r-1/1\n"
    commit_files(project.root, {"polite.py": "def greet() -> str:\n    return 'Sir'\n"}, work)
    project.ask("finding.add", path="app.py", message="it greets nobody", line=5)
    return project


@pytest.fixture(params=EDITORS)
async def client(
    request: pytest.FixtureRequest, place: Project
) -> "AsyncGenerator[StrictClient, None]":
    """Open a session as one of the editors."""
    from tests.lsp_server.foreign_client import StrictClient

    lsp_client = StrictClient()
    await lsp_client.start_io(  # pyright: ignore[reportUnknownMemberType] - a type is left open
        str(PODIUM), "lsp"
    )

    @lsp_client.feature(t.WINDOW_SHOW_MESSAGE_REQUEST)  # type: ignore[untyped-decorator] # as above
    def answer(params: t.ShowMessageRequestParams) -> t.MessageActionItem | None:  # pyright: ignore[reportUnusedFunction] # the client calls it
        return next((each for each in params.actions or () if each.title == "Approve"), None)

    for method in _TAKEN_IN_SILENCE:
        lsp_client.feature(method)(_nothing)
    converter = converters.get_converter()
    said = converter.structure(capabilities(request.param), t.ClientCapabilities)
    folder = t.WorkspaceFolder(uri=place.root.as_uri(), name="w")
    await lsp_client.initialize_session(
        t.InitializeParams(
            capabilities=said, root_uri=folder.uri, workspace_folders=[folder], process_id=None
        )
    )
    yield lsp_client
    await lsp_client.shutdown_session()
    await lsp_client.stop()  # type: ignore[no-untyped-call] # the library has no types for it
    assert lsp_client.breaches == []


@pytest.mark.anyio
@pytest.mark.promise("L1.open", "L1.edits", "L2", "L3.approval", "L5", "L7")
async def test_an_editor_is_served_as_it_presents_itself(
    client: "StrictClient", place: Project
) -> None:
    uri = (place.root / "app.py").as_uri()
    _open(client, uri, (place.root / "app.py").read_text())
    await _until(client, uri, "it greets nobody")
    document = t.TextDocumentIdentifier(uri=uri)
    line = t.Range(start=t.Position(line=4, character=0), end=t.Position(line=4, character=1))
    actions = await client.text_document_code_action_async(
        t.CodeActionParams(
            text_document=document, range=line, context=t.CodeActionContext(diagnostics=[])
        )
    )
    assert any("dismiss" in str(each.title) for each in actions or ())
    which = t.VersionedTextDocumentIdentifier(uri=uri, version=2)
    whole = t.TextDocumentContentChangeWholeDocument(text=BAD)
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(text_document=which, content_changes=[whole])
    )
    await _until(client, uri, "never closed")
    await _look_at_the_task(client, place)
    approved = await _command(client, "podium.plan.approve")
    assert approved["state"] == "approved"
    assert client.error is None


def _nothing(*params: object) -> None:
    """Answer with success."""
    del params


async def _look_at_the_task(client: "LanguageClient", place: Project) -> None:
    uri = (place.root / "polite.py").as_uri()
    _open(client, uri, (place.root / "polite.py").read_text())
    document = t.TextDocumentIdentifier(uri=uri)
    lenses = await client.text_document_code_lens_async(t.CodeLensParams(text_document=document))
    assert [each.command and each.command.title for each in lenses or ()] == ["t1 Be polite"]
    at = t.HoverParams(text_document=document, position=t.Position(line=0, character=5))
    hover = await client.text_document_hover_async(at)
    assert hover is not None
    assert "Be polite" in cast("t.MarkupContent", hover.contents).value


def _open(client: "LanguageClient", uri: str, text: str) -> None:
    item = t.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
    client.text_document_did_open(t.DidOpenTextDocumentParams(text_document=item))


async def _until(client: "LanguageClient", uri: str, words: str) -> None:
    """Wait until a diagnostic with some words is published."""
    while not any(words in each.message for each in client.diagnostics.get(uri, ())):
        await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


async def _command(client: "LanguageClient", name: str) -> dict[str, Any]:
    params = t.ExecuteCommandParams(command=name, arguments=[{}])
    return cast("dict[str, Any]", await client.workspace_execute_command_async(params))
