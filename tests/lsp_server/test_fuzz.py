"""Fuzzing: malformed messages get responses, and texts stay in sync after any edits."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lsp_server.test_code_actions import actions, capabilities_of
from tests.lsp_server.wire import Editor, Json
from tests.support.projects import Project

FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
METHODS = (
    "textDocument/codeAction",
    "textDocument/codeLens",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/formatting",
    "textDocument/hover",
    "textDocument/inlayHint",
    "textDocument/references",
    "workspace/executeCommand",
    "workspace/symbol",
    "podium/nosuch",
)
NOTICES = (
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/didSave",
    "workspace/didChangeConfiguration",
    "workspace/didChangeWatchedFiles",
    "workspace/didChangeWorkspaceFolders",
    "window/workDoneProgress/cancel",
    "$/cancelRequest",
    "$/setTrace",
)
COMMANDS = ("podium.plan.list", "podium.open", "podium.tree", "podium.missing", "podium.nosuch")


@pytest.fixture(scope="module")
def editor(shared_project: Project) -> Iterator[Editor]:
    with Editor(shared_project.root, capabilities_of("vscode")) as editor:
        editor.initialize()
        yield editor
        assert editor.shut_down() == 0
        assert editor.errors == ""


def values(root: str) -> st.SearchStrategy[Any]:
    """Return a strategy for parameter values, valid or not."""
    uris = st.sampled_from([f"{root}/app.py", f"{root}/../x", "untitled:1", "file://%00", ""])
    small = st.integers(-2, 2**31) | st.none() | st.booleans() | st.floats(allow_nan=False)
    plain = uris | small | st.text(max_size=8) | st.sampled_from(COMMANDS)
    names = st.sampled_from(
        [
            *("textDocument", "uri", "position", "range", "start", "end", "line", "character"),
            *("context", "only", "diagnostics", "command", "arguments", "jsonrpc", "id", "method"),
            *("contentChanges", "text", "version", "settings", "event", "added", "token", "query"),
        ]
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


def well_formed(uri: str, method: str) -> Json:
    """Return valid parameters, for the fuzzer to corrupt."""
    place = {"line": 1, "character": 1}
    return {
        "textDocument": {"uri": uri, "version": 2, "languageId": "python", "text": "x = 1\n"},
        "position": place,
        "range": {"start": place, "end": place},
        "context": {"diagnostics": [], "includeDeclaration": True},
        "options": {"tabSize": 4, "insertSpaces": True},
        "contentChanges": [{"range": {"start": place, "end": place}, "text": "y"}],
        "query": "x",
        "command": "podium.plan.list",
        "arguments": [{}],
        "method": method,
    }


def spoiled(data: st.DataObject, params: Any, broken: st.SearchStrategy[Any]) -> Any:
    """Return parameters with one value replaced or removed."""
    if not (isinstance(params, dict) and params) or data.draw(st.integers(0, 4)) == 0:
        return data.draw(broken)
    known = cast("Json", params)
    name = data.draw(st.sampled_from(sorted(known)))
    rest: Json = {key: each for key, each in known.items() if key != name}
    if data.draw(st.booleans()):
        return rest
    return {**rest, name: spoiled(data, known[name], broken)}


@FUZZ
@given(data=st.data())
def test_every_request_is_answered_whatever_it_holds(
    editor: Editor, shared_project: Project, data: st.DataObject
) -> None:
    root = shared_project.root.as_uri()
    broken = values(root)
    asked: list[Any] = []
    for _ in range(data.draw(st.integers(1, 4))):
        method = data.draw(st.sampled_from([*METHODS, *NOTICES]))
        params = spoiled(data, well_formed(f"{root}/app.py", method), broken)
        if method in METHODS:
            asked.append(editor.request(method, params))
        else:
            editor.notify(method, params)
    for name in asked:
        answer = editor.answer(name)
        assert ("result" in answer) != ("error" in answer)
        assert "Traceback" not in str(answer)
    assert editor.command("podium.status")["health"] == "ok"
    assert editor.unanswered == []
    assert not [each for each in editor.notices if each["method"] == "window/showMessage"]


@FUZZ
@given(content=st.binary(max_size=60))
def test_bytes_that_are_no_message_are_passed_over(editor: Editor, content: bytes) -> None:
    editor.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content) if content else b"")
    assert editor.command("podium.status")["health"] == "ok"


PIECES = st.lists(
    st.sampled_from(["a", "(", "\n", "\r\n", "\r", "\f", "\u2028", "é", "\U0001f600", "\t"]),
    max_size=6,
).map("".join)


class Model:
    """The text in an editor that uses UTF-16."""

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, offset: int) -> Json:
        """Return the position of an offset."""
        before = re.split(r"\r\n|\n|\r", self.text[:offset])
        return {"line": len(before) - 1, "character": len(before[-1].encode("utf-16-le")) // 2}

    def is_place(self, offset: int) -> bool:
        """Return whether a cursor can be at an offset: not inside a line ending."""
        return self.text[max(offset - 1, 0) : offset + 1] != "\r\n"


@FUZZ
@given(data=st.data(), text=PIECES)
def test_a_text_never_drifts_from_the_editors(
    editor: Editor, shared_project: Project, data: st.DataObject, text: str
) -> None:
    model, uri = Model(text), editor.open(shared_project.root / "drift.py", text)
    version = 1
    for _ in range(data.draw(st.integers(1, 6))):
        places = [each for each in range(len(model.text) + 1) if model.is_place(each)]
        start = data.draw(st.sampled_from(places))
        end = data.draw(st.sampled_from([each for each in places if each >= start]))
        new = data.draw(PIECES)
        where = {"start": model.place(start), "end": model.place(end)}
        version += 1
        editor.change(uri, version, {"range": where, "text": new})
        model.text = model.text[:start] + new + model.text[end:]
    end_ = model.place(len(model.text))
    version += 1
    # Text appended after the model's last character must be a line of its own.
    editor.change(uri, version, {"range": {"start": end_, "end": end_}, "text": "\n# TODO: here\n"})
    model.text += "\n# TODO: here\n"
    line = model.place(model.text.index("# TODO"))["line"]
    (action,) = [each for each in actions(editor, uri, line) if "plan" in each["title"]]
    assert action["command"]["arguments"][0]["objective"].startswith("TODO: here (drift.py:")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
