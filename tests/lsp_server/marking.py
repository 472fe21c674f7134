"""Scripts of what users and assistants do, with the editor's expected output, as text files.

A script starts with a description. A line `$ verb …` is a step, the lines `| …` below it are its
output, and `-- path --` starts a file of the workspace; `pytest --update` rewrites the output. In a
file, `«name»` marks a position and `«name:words»` a range; the marks are removed from the text. A
file `-- path @name --` is another version of the file, for later steps. See `marking_verbs` for the
verbs.
"""

import difflib
import json
import queue
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.lsp_server.wire import TIMEOUT, Editor, Json
from tests.mcp_server.wire import ServerProcess
from tests.support.projects import Project
from tests.support.repositories import commit_files

DATA = Path(__file__).parent / "data"
_FILE = re.compile(r"^-- (?P<path>\S+)(?: @(?P<version>\S+))? --$", re.MULTILINE)
_MARK = re.compile(r"«(?P<name>[\w-]+)(?::(?P<words>[^»]*))?»")
_ID = re.compile(r"\b(?P<kind>[prsfl])-[a-z0-9]{6}\b")
_MASKS = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?"), "DATE"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{10,64}\b"), "HASH"),
    (re.compile(r"\b\d+(\.\d+)? s\b"), "TIME"),
)
_QUIET_SECONDS = 5.0
"""How long `--update` waits for what the script shows already before it writes something else.

The server looks at closed files every two seconds; what it shows after that must not be missed.
"""

Shown = list[str]


def capabilities(editor: str) -> Json:
    """Return the `initialize` parameters that were captured from a real editor."""
    captured: Json = json.loads((DATA / f"capabilities-{editor}.json").read_text())
    found: Json = captured["capabilities"]
    return found


@dataclass
class Source:
    """A text without its marks, and their positions."""

    text: str
    marks: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])


@dataclass
class Step:
    """A step of a script."""

    verb: str
    rest: str
    shown: Shown


@dataclass
class Script:
    """A parsed script.

    Args:
        head: the description.
        steps: the steps, in order.
        files: the files by path and version, with their marks.
        tail: the files, as written in the script.
    """

    head: str
    steps: list[Step]
    files: dict[tuple[str, str], str]
    tail: str

    def text(self) -> str:
        """Return the text of the script."""
        lines = [self.head]
        for step in self.steps:
            lines.append(f"$ {step.verb} {step.rest}".rstrip())
            lines += [f"| {line}".rstrip() for line in step.shown]
        return "\n".join(lines) + "\n\n" + self.tail


def read_script(path: Path) -> Script:
    """Parse the script in a file."""
    content = path.read_text()
    found = list(_FILE.finditer(content))
    start = found[0].start() if found else len(content)
    files: dict[tuple[str, str], str] = {}
    for one, behind in zip(found, [*(each.start() for each in found[1:]), None], strict=True):
        files[one["path"], one["version"] or ""] = content[one.end() + 1 : behind]
    head, steps = _steps(content[:start])
    return Script(head, steps, files, content[start:])


def _steps(content: str) -> tuple[str, list[Step]]:
    head: list[str] = []
    steps: list[Step] = []
    for line in content.splitlines():
        if line.startswith("$ "):
            verb, _, rest = line[2:].partition(" ")
            steps.append(Step(verb, rest, []))
        elif line.startswith("|"):
            steps[-1].shown.append(line[2:])
        elif not steps:
            head.append(line)
        else:
            assert not line.strip(), f"neither a step nor what it shows: {line!r}"
    return "\n".join(head), steps


def _source(content: str) -> Source:
    text, marks, last = "", dict[str, tuple[int, int]](), 0
    for found in _MARK.finditer(content):
        text += content[last : found.start()]
        words = found["words"] or ""
        marks[found["name"]] = (len(text), len(text) + len(words))
        text += words
        last = found.end()
    return Source(text + content[last:], marks)


Verb = Callable[["Stage", str], Shown | None]
"""Runs a step and returns its output."""


class Stage:
    """The environment of a script: a project with an editor and an assistant.

    Args:
        project: a real project, on disk.
        script: the script to run.
        verbs: the implementation of each verb.
        is_new: whether to record the output instead of comparing it.
    """

    def __init__(
        self, project: Project, script: Script, verbs: Mapping[str, "Verb"], *, is_new: bool
    ) -> None:
        self.project = project
        self.verbs = verbs
        self.script = script
        self.is_new = is_new
        self.names: dict[str, str] = {}
        self.editor_name = "vscode"
        self.options: Json = {"syntax": {"delayMs": 0}}
        self.answers: list[str] = []
        self._editor: Editor | None = None
        self._assistant: ServerProcess | None = None
        self._texts: dict[str, tuple[int, Source]] = {}
        self._expected: Shown = []

    def play(self) -> None:
        """Run every step and compare its output with the expected one."""
        files = self.script.files.items()
        first = {path: _source(each).text for (path, name), each in files if not name}
        if first:
            commit_files(self.project.root, first)
        try:
            for number, step in enumerate(self.script.steps, 1):
                self._expected = step.shown
                found = self.verbs[step.verb](self, self.named(step.rest))
                shown = [self.masked(line) for each in found or () for line in each.split("\n")]
                if self.is_new:
                    step.shown = shown
                told = "\n".join(difflib.ndiff(step.shown, shown))
                assert shown == step.shown, f"step {number}: $ {step.verb} {step.rest}\n{told}"
        finally:
            if self._editor is not None:
                self._editor.__exit__(None, None, None)
            if self._assistant is not None:
                self._assistant.__exit__(None, None, None)

    # -- participants

    @property
    def editor(self) -> Editor:
        """Return the editor; the first use starts it."""
        if self._editor is None:
            self._editor = Editor(
                self.project.root,
                capabilities(self.editor_name),
                options=self.options,
                replies={
                    "window/showMessageRequest": self._answer,
                    "workspace/applyEdit": self.apply,
                    "workspace/textDocumentContent/refresh": lambda params: None,
                },
            )
            self._editor.initialize()
            self._editor.command("podium.status")
        return self._editor

    @property
    def assistant(self) -> ServerProcess:
        """Return the assistant's server; the first use starts it."""
        if self._assistant is None:
            self._assistant = ServerProcess(self.project.root)
        return self._assistant

    def _answer(self, params: Json) -> Json | None:
        wanted = self.answers.pop(0) if self.answers else ""
        proposed = [each["title"] for each in params["actions"]]
        return {"title": wanted} if wanted in proposed else None

    def apply(self, params: Json) -> Json:
        for uri, edits in edits_of(params["edit"]).items():
            self.type(uri, edited(self.source_of(uri).text, edits))
        return {"applied": True}

    # -- texts

    def path(self, name: str) -> Path:
        """Return a file of the workspace."""
        return self.project.root / name

    def uri(self, name: str) -> str:
        """Return the URI of a file or document."""
        return name if ":" in name else self.path(name).as_uri()

    def held(self, uri: str) -> str:
        """Return the text of an open document, or an empty string."""
        return self._texts[uri][1].text if uri in self._texts else ""

    def source_of(self, uri: str) -> Source:
        """Return the text of an open document."""
        return self._texts[uri][1]

    def open(self, uri: str, source: Source) -> None:
        """Open a text in the editor."""
        self._texts[uri] = (1, source)
        item = {"uri": uri, "languageId": _language(uri), "version": 1, "text": source.text}
        self.editor.notify("textDocument/didOpen", {"textDocument": item})

    def type(self, uri: str, text: str, marks: dict[str, tuple[int, int]] | None = None) -> None:
        """Replace the text of an open document, as an editor does."""
        version = self._texts[uri][0] + 1
        self._texts[uri] = (version, Source(text, marks or {}))
        self.editor.change(uri, version, {"text": text})

    def forget(self, uri: str) -> None:
        """Close a text."""
        self._texts.pop(uri)
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def version(self, name: str, version: str) -> Source:
        """Return a version of a file in the script, with names replaced by ids."""
        return _source(self.named(self.script.files[self.unnamed(name), version]))

    def place(self, name: str, where: str) -> Json:
        """Return the parameters of a request at a position.

        Args:
            where: `@mark`, or words of the text with `|` at the cursor.
        """
        source = self.source_of(self.uri(name))
        if where.startswith("@"):
            offset = source.marks[where[1:]][0]
        else:
            before, _, behind = where.partition("|")
            words = before + behind
            assert words in source.text, f"{name} does not hold {words!r}"
            offset = source.text.index(words) + (len(before) if "|" in where else 0)
        document = {"uri": self.uri(name)}
        return {"textDocument": document, "position": position(source.text, offset)}

    # -- names and masks

    def named(self, text: str) -> str:
        """Return a text with names replaced by ids."""
        for name, value in self.names.items():
            text = re.sub(rf"\b{name}\b", value, text)
        return text

    def unnamed(self, text: str) -> str:
        """Return a text with ids replaced by their names."""
        for name, value in self.names.items():
            text = text.replace(value, name)
        return text

    def masked(self, text: str) -> str:
        """Return a text with values masked that differ between runs."""
        text = self.unnamed(text)
        for way in (self.project.root.as_uri(), str(self.project.root)):
            text = text.replace(way, "ROOT")
        text = _ID.sub(lambda found: f"{found['kind']}-…", text)
        for mask, word in _MASKS:
            text = mask.sub(word, text)
        return text.rstrip()

    # -- waiting

    def until_shown(self, look: Callable[[], Shown]) -> Shown:
        """Return the expected output once it is shown, or the last one if it never is."""
        end = time.monotonic() + (_QUIET_SECONDS if self.is_new else TIMEOUT)
        while not self._is_expected(shown := look()) and time.monotonic() < end:
            self.editor.command("podium.status")
        return shown

    def until_published(self, look: Callable[[], Shown]) -> Shown:
        """Return the output once it is the expected one or stops changing."""
        if self.is_new:
            return self.until_shown(look)
        while not self._is_expected(look()):
            try:
                self.editor.step()
            except queue.Empty:
                break
        return look()

    def _is_expected(self, shown: Shown) -> bool:
        return [self.masked(line) for each in shown for line in each.split("\n")] == self._expected


def _language(uri: str) -> str:
    ending = uri.partition("?")[0].rsplit(".", 1)[-1]
    return {"py": "python", "md": "markdown", "yml": "yaml"}.get(ending, ending)


# -- positions; captured editors use UTF-16, or UTF-8 if they prefer that


def position(text: str, offset: int) -> Json:
    """Convert an offset to a position; the text must be ASCII unless the editor uses UTF-16."""
    before = text[:offset]
    line = before.count("\n")
    column = before[before.rfind("\n") + 1 :]
    return {"line": line, "character": len(column.encode("utf-16-le")) // 2}


def offset(text: str, place: Json) -> int:
    """Convert a position to an offset."""
    lines = text.split("\n")
    number: int = place["line"]
    start = sum(len(line) + 1 for line in lines[:number])
    if number >= len(lines):
        return len(text)
    line = lines[number].encode("utf-16-le")[: place["character"] * 2]
    return start + len(line.decode("utf-16-le"))


def edits_of(edit: Json) -> dict[str, list[Json]]:
    """Return the edits of a workspace edit by document."""
    rows: dict[str, list[Json]] = dict(edit.get("changes") or {})
    for change in edit.get("documentChanges") or ():
        rows.setdefault(change["textDocument"]["uri"], []).extend(change["edits"])
    return rows


def edited(text: str, edits: list[Json]) -> str:
    """Return a text with edits applied."""
    spans = [
        (offset(text, e["range"]["start"]), offset(text, e["range"]["end"]), e["newText"])
        for e in edits
    ]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def range_words(text: str, place: Json) -> str:
    """Format a range for scripts: its start and its first line."""
    start, end = offset(text, place["start"]), offset(text, place["end"])
    where = f"{place['start']['line'] + 1}:{place['start']['character'] + 1}"
    words = text[start:end].split("\n")
    return f"{where} «{words[0]}{'…' if len(words) > 1 else ''}»"
