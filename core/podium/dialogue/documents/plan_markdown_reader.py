"""Parses a plan from the Markdown that `plan_markdown` renders, or from similar documents.

States, evidence, estimates, graphs and sections with other names are skipped. Anything else that
cannot be parsed is reported with its line number, and never dropped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from podium.dialogue.documents.criterion_words import read_evidence_phrase
from podium.dialogue.documents.markdown_text import (
    code_spans,
    read_inline,
    read_quoted,
)
from podium.dialogue.drafts import PlanDocument, Raw, build_tasks
from podium.dialogue.fences import fenced_blocks
from podium.dialogue.lenient_json import JsonValue
from podium.errors import InvalidPlan
from podium.model.plans import PlanDraft
from podium.model.rules.task_fields import FIELDS_BY_LABEL, FieldKind, TaskField

_HINTS = ("correct the file and import it again",)
_HEADING = re.compile(r"###\s+(?:`+\s?([^`]+?)\s?`+\s*|(t?[0-9]+)\s*[.:)\u2013\u2014-]\s+)?(.*)")
_BOX = re.compile(r"[-*+]\s+\[[ xX]\]\s+(.*)")
_FIELD = re.compile(r"[-*+]\s+\**([A-Za-z][A-Za-z ]{0,30}?)\**\s*:\**\s*(.*)")
_DOUBTS = "**Doubts**"
"""Begins the answered doubts below the criteria."""
_DONE_WHEN = re.compile(r"\**(?:done when|acceptance(?: criteria)?)\**:?\**", re.IGNORECASE)
_SHOWN_BY = re.compile(r"(.*?) \u2014 shown by ((?:(?:test|file|the|a) )?`.*)")
_CRITERION_ID = re.compile(r"`([^`]+)`\s*(.*)")
_ESTIMATE = re.compile(
    r"([0-9][0-9.eE+-]*)\s*(?:m|min|minutes?)?(?:\s*,\s*confidence\s+([0-9][0-9.eE+-]*))?"
)


def read_markdown(text: str, name: str = "the document") -> PlanDocument:
    """Parse a plan from a Markdown document.

    Args:
        text: the document.
        name: the file's name, for messages.

    Raises:
        InvalidPlan: lists every problem, each with its line or task.
    """
    sections = _sections(text)
    problems: list[str] = []
    if "tasks" not in sections:
        raise InvalidPlan([f"{name} has no section '## Tasks'"], hints=_HINTS)
    raws = [
        _task(heading, lines, number, problems)
        for number, (heading, lines) in enumerate(_tasks(sections["tasks"], problems), 1)
    ]
    tasks = build_tasks(raws, problems=problems, hints=_HINTS)
    draft = PlanDraft(summary=_prose(sections.get("summary", [])), tasks=tasks)
    return PlanDocument(draft, objective=_prose(sections.get("objective", [])))


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    is_code: bool
    """Whether the line is in a fenced block, where `#` does not start a heading."""


def _lines(text: str) -> Iterator[_Line]:
    blocks = [each for each in fenced_blocks(text, nested=False) if not each.indent]
    lines = text.split("\n")
    code: set[int] = set()
    for each in blocks:
        first, after = each.lines
        code.update(range(first, after if each.closed else len(lines)))
    for number, line in enumerate(lines):
        yield _Line(number + 1, line, is_code=number in code)


def _sections(text: str) -> dict[str, list[_Line]]:
    """Return the lines of each section, by its lower-case name."""
    sections: dict[str, list[_Line]] = {}
    lines: list[_Line] = []
    for line in _lines(text.removeprefix("\ufeff").replace("\r\n", "\n")):
        if line.text.startswith("## ") and not line.is_code:
            name = line.text[3:].rstrip("# ").strip().lower()
            lines = sections.setdefault(name, [])
        else:
            lines.append(line)
    return sections


@dataclass
class _Heading:
    line: int
    own_id: str
    title: str


def _tasks(lines: Sequence[_Line], problems: list[str]) -> Iterator[tuple[_Heading, list[_Line]]]:
    heading: _Heading | None = None
    rows: list[_Line] = []
    for line in lines:
        found = None if line.is_code else _HEADING.fullmatch(line.text)
        if found:
            if heading:
                yield heading, rows
            heading, rows = _Heading(line.number, found[1] or found[2] or "", found[3]), []
        elif heading:
            rows.append(line)
        elif line.text.strip():
            problems.append(f"line {line.number} comes before the first task ('### `t1` Title')")
    if heading:
        yield heading, rows


@dataclass
class _Body:
    """The collected parts of one task."""

    problems: list[str]
    fields: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    files: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    names_by_file: dict[str, dict[str, JsonValue]] = field(
        default_factory=dict[str, dict[str, JsonValue]]
    )
    criteria: list[JsonValue] = field(default_factory=list[JsonValue])
    prose: list[_Line] = field(default_factory=list[_Line])
    in_criteria: bool = False
    in_doubts: bool = False

    def add(self, line: _Line) -> None:
        """Add one line."""
        if self.in_criteria:
            self._add_criterion(line.number, line.text)
        elif not line.is_code and _DONE_WHEN.fullmatch(line.text.strip()):
            self.in_criteria = True
        elif self.prose or line.is_code:
            self.prose.append(line)
        elif found := _FIELD.fullmatch(line.text):
            self._add_field(line.number, found[1].lower(), found[2].strip())
        elif line.text.strip() and not _BOX.fullmatch(line.text):
            self.prose.append(line)

    def _add_field(self, number: int, name: str, value: str) -> None:
        known = FIELDS_BY_LABEL.get(name)
        match known.kind if known else None:
            case FieldKind.TASKS | FieldKind.NAMES if known:
                (self.files if known.is_part else self.fields)[known.key] = _names(value)
            case FieldKind.NAMES_BY_FILE if known:
                self._add_names_by_file(known, number, value)
            case FieldKind.TEXT if known:
                self.fields[known.name] = (code_spans(value) or [value])[0]
            case FieldKind.COMPOSITE if known and (found := _ESTIMATE.fullmatch(value)):
                self.fields[known.name] = _estimate(found)
            case _:
                self.problems.append(f"line {number}: unknown field {name!r}")

    def _add_names_by_file(self, known: TaskField, number: int, value: str) -> None:
        path, *names = code_spans(value) or [""]
        if not names:
            plain, _, listed = value.replace("`", "").partition(": ")
            path, names = plain.strip(), [each.strip() for each in listed.split(",")]
        if path and all(names):
            self.names_by_file.setdefault(known.name, {})[path] = list(names)
        else:
            self.problems.append(
                f"line {number} does not name a file and its definitions ('`a.py`: `f`')"
            )

    def _add_criterion(self, number: int, line: str) -> None:
        self.in_doubts = self.in_doubts or line.strip() == _DOUBTS
        if self.in_doubts or not line.strip() or line.startswith("  "):
            return  # indented below a criterion: its evidence
        found = _BOX.fullmatch(line)
        if found is None:
            self.problems.append(f"line {number} is not a criterion ('- [ ] `c1` text')")
            return
        own = _CRITERION_ID.fullmatch(found[1])
        name, rest = (own[1], own[2]) if own else (f"c{len(self.criteria) + 1}", found[1])
        shown = _SHOWN_BY.fullmatch(rest)
        criterion: dict[str, JsonValue] = {
            "id": name,
            "text": read_inline(shown[1] if shown else rest),
        }
        if shown:
            criterion |= self._evidence(number, shown[2])
        self.criteria.append(criterion)

    def _evidence(self, number: int, phrase: str) -> dict[str, JsonValue]:
        try:
            return read_evidence_phrase(phrase.strip())
        except ValueError as error:
            self.problems.append(f"line {number}: the command cannot be read: {error}")
            return {}


def _task(heading: _Heading, lines: Sequence[_Line], number: int, problems: list[str]) -> Raw:
    body = _Body(problems)
    for line in lines:
        body.add(line)
    own = heading.own_id or f"t{number}"
    fields: dict[str, JsonValue] = {"id": own, "title": read_inline(heading.title), **body.fields}
    parts: dict[str, JsonValue] = {
        "description": _prose(body.prose),
        "files": body.files,
        **body.names_by_file,
        "acceptance": body.criteria,
    }
    fields |= {name: value for name, value in parts.items() if value}
    return Raw(f"task {own!r} (line {heading.line})", fields)


def _prose(lines: Sequence[_Line]) -> str:
    """Return the text of a block quote, or of plain paragraphs."""
    texts = [line.text for line in lines]
    while texts and not texts[-1].strip():
        texts.pop()
    while texts and not texts[0].strip():
        texts.pop(0)
    if all(line.startswith(">") for line in texts):
        return read_quoted(texts)
    return "\n".join(texts)


def _names(value: str) -> list[JsonValue]:
    spans = code_spans(value)
    return list(spans or [part.strip() for part in value.split(",") if part.strip()])


def _estimate(found: re.Match[str]) -> dict[str, JsonValue]:
    """Return the numbers as text; the model converts or rejects them."""
    minutes: dict[str, JsonValue] = {"minutes": found[1]}
    return minutes if found[2] is None else minutes | {"confidence": found[2]}
