"""The verbs of the scripts in `markers`; each returns its output."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.lsp_server.marking import Shown, Source, Stage, Verb, edited, range_words
from tests.lsp_server.wire import Json
from tests.mcp_server.wire import META
from tests.support.repositories import commit_files

_LEVELS = {1: "error", 2: "warning", 3: "info", 4: "hint"}


def _editor(stage: Stage, rest: str) -> None:
    """`editor NAME`: selects the editor, before the first step that needs one."""
    stage.editor_name = rest


def _options(stage: Stage, rest: str) -> None:
    """`options JSON`: the editor's settings."""
    stage.options = json.loads(rest)


def _remember(stage: Stage, name: str, result: str) -> None:
    found = re.search(rf"\b{name[0].lower()}-[a-z0-9]{{6}}\b", result)
    assert found, f"nothing in {result} can be called {name}"
    stage.names[name] = found[0]


def _mcp(stage: Stage, rest: str) -> None:
    """`mcp TOOL JSON [> NAME]`: calls a tool as an assistant; NAME is the result's first id."""
    call, _, name = rest.partition(" > ")
    tool, _, arguments = call.partition(" ")
    result = stage.assistant.call(tool, **json.loads(arguments or "{}"))
    if name:
        _remember(stage, name, json.dumps(result))


def _refused(stage: Stage, rest: str) -> Shown:
    """`mcp-refused TOOL JSON`: calls a tool that the assistant may not use, and shows the error."""
    tool, _, arguments = rest.partition(" ")
    params = {"name": tool, "arguments": json.loads(arguments or "{}")}
    answer = stage.assistant.ask("tools/call", {**params, "_meta": META})["result"]
    assert answer["isError"], answer
    return [str(answer["content"][0]["text"]).split("\n")[0]]


def _person(stage: Stage, rest: str) -> None:
    """`person OPERATION JSON [> NAME]`: performs an operation as a user in a terminal."""
    call, _, name = rest.partition(" > ")
    operation, _, params = call.partition(" ")
    result = stage.project.ask(operation, **json.loads(params or "{}"))
    if name:
        _remember(stage, name, result.model_dump_json())


def _run(stage: Stage, rest: str) -> Shown:
    """`run PLAN [> NAME]`: runs a plan to its end and shows the result."""
    plan, _, name = rest.partition(" > ")
    status = stage.project.run_to_end(plan)
    if name:
        stage.names[name] = status.run_id
    return [str(status.state)]


def _land(stage: Stage, rest: str) -> None:
    """`land PLAN`: lands a plan's results in the checkout."""
    token = stage.project.ask("work.land", plan=rest).token
    stage.project.ask("work.land", plan=rest, token=token)


def _commit(stage: Stage, rest: str) -> None:
    """`commit WORDS`: commits the checkout."""
    commit_files(stage.project.root, {}, rest)


def _write(stage: Stage, rest: str) -> None:
    """`write FILE VERSION`: writes a file on disk, outside of the editor."""
    name, _, version = rest.partition(" ")
    stage.path(name).parent.mkdir(parents=True, exist_ok=True)
    stage.path(name).write_text(stage.version(name, version).text)


def _open(stage: Stage, rest: str) -> None:
    """`open FILE [VERSION]`: opens a file, or another version of it."""
    name, _, version = rest.partition(" ")
    uri = stage.uri(name)
    known = (stage.unnamed(name), version) in stage.script.files
    source = stage.version(name, version) if known and (version or uri) else None
    if source is None or (not version and source.text != stage.path(name).read_text()):
        source = Source(stage.path(name).read_text())
    stage.open(uri, source)


def _type(stage: Stage, rest: str) -> None:
    """`type FILE VERSION`: edits an open document until it is that version."""
    name, _, version = rest.partition(" ")
    source = stage.version(name, version)
    stage.type(stage.uri(name), source.text, source.marks)


def _save(stage: Stage, rest: str) -> None:
    """`save FILE`: saves a document."""
    uri = stage.uri(rest)
    stage.path(rest).write_text(stage.source_of(uri).text)
    stage.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})


def _close(stage: Stage, rest: str) -> None:
    """`close FILE`: closes a document."""
    stage.forget(stage.uri(rest))


def _diagnostics(stage: Stage, rest: str) -> Shown:
    """`diagnostics FILE`: shows the diagnostics of a file, open or closed."""
    uri = stage.uri(rest)

    def look() -> Shown:
        text = stage.held(uri) or stage.path(rest).read_text()
        return [_diagnostic(text, row) for row in stage.editor.diagnostics.get(uri, [])]

    return stage.until_published(look)


def _diagnostic(text: str, row: Json) -> str:
    level = _LEVELS[row["severity"]]
    return f"{range_words(text, row['range'])} {level} {row['code']}: {row['message']}"


_MORE: dict[str, Json] = {
    "textDocument/references": {"context": {"includeDeclaration": True}},
    "textDocument/formatting": {"options": {"tabSize": 4, "insertSpaces": True}},
}


def _ask(method: str, render: Callable[[Stage, str, Any], Iterator[str]]) -> Any:
    """Return a verb `FILE [PLACE]` that sends a request and shows the result."""

    def verb(stage: Stage, rest: str) -> Shown:
        name, _, where = rest.partition(" ")
        uri = stage.uri(name)
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
        params: Json = (
            stage.place(name, where) if where else {"textDocument": {"uri": uri}, "range": whole}
        )
        params |= _MORE.get(method, {})

        def look() -> Shown:
            answer = stage.editor.ask(method, params)
            return list(render(stage, uri, answer)) if answer else ["nothing"]

        return stage.until_shown(look)

    return verb


def _hover(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    yield range_words(stage.source_of(uri).text, answer["range"])
    yield from answer["contents"]["value"].split("\n")


def _lenses(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    lines: dict[int, list[str]] = {}
    for row in answer:
        command = row["command"]
        word = f"[{command['title']}]" if command["command"] else command["title"]
        lines.setdefault(row["range"]["start"]["line"] + 1, []).append(word)
    text = stage.source_of(uri).text.split("\n")
    for line, words in lines.items():
        yield f"{line} «{text[line - 1].strip()}» {' '.join(words)}"


def _completion(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    for row in answer["items"]:
        place = range_words(stage.source_of(uri).text, row["textEdit"]["range"])
        yield f"{row['label']} ({row.get('detail', '')}) {place} → {row['textEdit']['newText']}"


def _locations(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    del uri
    rows: list[Json] = [answer] if "uri" in answer else answer
    for row in rows:
        text = stage.held(row["uri"]) or Path(row["uri"].removeprefix("file://")).read_text()
        yield f"{row['uri']} {range_words(text, row['range'])}"


def _symbols(stage: Stage, uri: str, answer: Any, depth: int = 0) -> Iterator[str]:
    for row in answer:
        place = range_words(stage.source_of(uri).text, row["selectionRange"])
        yield f"{'  ' * depth}{row['name']} {row.get('detail', '')} {place}".rstrip()
        yield from _symbols(stage, uri, row.get("children") or (), depth + 1)


def _folds(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    del stage, uri
    yield ", ".join(f"{row['startLine'] + 1}-{row['endLine'] + 1}" for row in answer)


def _hints(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    lines: list[str] = stage.source_of(uri).text.split("\n")
    for row in answer:
        line: int = row["position"]["line"]
        column: int = row["position"]["character"]
        yield f"{line + 1} «{lines[line][:column].strip()}» {row['label']}"


def _formatted(stage: Stage, uri: str, answer: Any) -> Iterator[str]:
    yield from edited(stage.source_of(uri).text, answer).rstrip("\n").split("\n")


def _actions_at(stage: Stage, name: str, where: str) -> list[Json]:
    place = stage.place(name, where)
    params: Json = {
        "textDocument": place["textDocument"],
        "range": {"start": place["position"], "end": place["position"]},
        "context": {"diagnostics": []},
    }
    found: list[Json] = stage.editor.ask("textDocument/codeAction", params) or []
    return found


def _actions(stage: Stage, rest: str) -> Shown:
    """`actions FILE PLACE`: shows the code actions at a position."""
    name, _, where = rest.partition(" ")
    return stage.until_shown(
        lambda: [f"{row['title']} ({row['kind']})" for row in _actions_at(stage, name, where)]
    )


def _act(stage: Stage, rest: str) -> Shown:
    """`act FILE PLACE => TITLE`: runs a code action and shows the text afterwards."""
    what, _, title = rest.partition(" => ")
    name, _, where = what.partition(" ")
    row = next(each for each in _actions_at(stage, name, where) if each["title"] == title)
    if "edit" in row:
        stage.apply({"edit": row["edit"]})
    if (command := row.get("command")) is not None:
        params = {"command": command["command"], "arguments": command["arguments"]}
        stage.editor.ask("workspace/executeCommand", params)
    return stage.source_of(stage.uri(name)).text.rstrip("\n").split("\n")


def _choose(stage: Stage, rest: str) -> Shown:
    """`click FILE TITLE [=> ANSWER]`: clicks a lens and answers the question that it asks."""
    what, _, answer = rest.partition(" => ")
    name, _, title = what.partition(" ")
    stage.answers = [answer] if answer else []
    lenses = stage.editor.ask("textDocument/codeLens", {"textDocument": {"uri": stage.uri(name)}})
    command = next(row["command"] for row in lenses if row["command"]["title"] == title)
    params = {"command": command["command"], "arguments": command["arguments"]}
    questions = len(stage.editor.questions)
    stage.editor.ask("workspace/executeCommand", params)
    return [
        each["params"].get("message", each["params"].get("uri", ""))
        for each in stage.editor.questions[questions:]
        if each["method"] in ("window/showMessageRequest", "window/showDocument")
    ]


VERBS: Mapping[str, Verb] = {
    "editor": _editor,
    "options": _options,
    "mcp": _mcp,
    "mcp-refused": _refused,
    "person": _person,
    "run": _run,
    "land": _land,
    "commit": _commit,
    "write": _write,
    "open": _open,
    "type": _type,
    "save": _save,
    "close": _close,
    "diagnostics": _diagnostics,
    "actions": _actions,
    "act": _act,
    "click": _choose,
    "hover": _ask("textDocument/hover", _hover),
    "lens": _ask("textDocument/codeLens", _lenses),
    "completion": _ask("textDocument/completion", _completion),
    "definition": _ask("textDocument/definition", _locations),
    "references": _ask("textDocument/references", _locations),
    "symbols": _ask("textDocument/documentSymbol", _symbols),
    "folding": _ask("textDocument/foldingRange", _folds),
    "hints": _ask("textDocument/inlayHint", _hints),
    "format": _ask("textDocument/formatting", _formatted),
}
