"""Plans as CSV: one row per task, safe to open in a spreadsheet.

A cell that a spreadsheet would interpret as a formula is prefixed with an apostrophe, which is
removed when the file is read. A cell with several values has one per line.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence

from podium.dialogue.documents.criterion_words import evidence_phrase, read_evidence_phrase
from podium.dialogue.documents.figures import number_text
from podium.dialogue.documents.markdown_text import code_spans, command_span, read_command
from podium.dialogue.drafts import PlanDocument, Raw, build_tasks
from podium.dialogue.lenient_json import JsonValue
from podium.errors import InvalidPlan
from podium.model.plans import AcceptanceCriterion, Plan, PlanDraft, Task
from podium.model.rules.task_fields import (
    CSV_COLUMNS,
    FIELDS_BY_KEY,
    TASK_FIELDS,
    FieldKind,
    TaskField,
    names_by_file,
    names_of,
)

COLUMNS = CSV_COLUMNS
"""The columns in order. `commands` contains a line `id: command` for each criterion with a command,
`evidence` a line `id: test`, `id: file`, `id: the auditor` or `id: a person` for each other one
that names its evidence; `defines` contains a line `file: name` for each definition."""

_FIGURES = FIELDS_BY_KEY["estimate"].columns or ()
_HINTS = ("correct the file and import it again",)
_FORMULA_STARTS = tuple("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
_NEEDS_QUOTES = re.compile(r"""[,;"\t\r\n]""")
_CODED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r"}


def render_csv(plan: Plan) -> str:
    """Return a plan's tasks as CSV with a header line, without the plan's own fields."""
    rows = [COLUMNS, *(_row(task) for task in plan.tasks)]
    return "".join(",".join(_written(cell) for cell in row) + "\n" for row in rows)


def read_csv(text: str, name: str = "the file") -> PlanDocument:
    """Parse a plan from CSV text, separated by commas, semicolons or tabs.

    Args:
        text: the file's content; the first line names the columns and must include `title`.
        name: the file's name, for messages.

    Raises:
        InvalidPlan: lists every problem, each with its row.
    """
    rows = _rows(text.removeprefix("\ufeff"), name)
    if not rows:
        raise InvalidPlan([f"{name} is empty"], hints=_HINTS)
    header = [cell.strip().lower() for cell in rows[0][1]]
    problems = [
        f"{name}: unknown column {column!r}; the columns are {', '.join(COLUMNS)}"
        for column in header
        if column not in COLUMNS
    ]
    if "title" not in header:
        problems.append(f"{name} has no column 'title'")
    if problems:
        raise InvalidPlan(problems, hints=_HINTS)
    raws = [_task(header, cells, number, problems) for number, cells in rows[1:]]
    tasks = build_tasks(raws, problems=problems, hints=_HINTS)
    return PlanDocument(PlanDraft(tasks=tasks))


def _row(task: Task) -> list[str]:
    commands = [c for c in task.acceptance if c.command]
    others = [c for c in task.acceptance if not c.command and evidence_phrase(c)]
    cells = {
        "acceptance": _cell([f"{c.id}: {c.text}" for c in task.acceptance]),
        "commands": _cell([f"{c.id}: {_command_text(c)}" for c in commands]),
        "evidence": _cell([f"{c.id}: {evidence_phrase(c)}" for c in others]),
        "minutes": number_text(task.estimate.minutes) if task.estimate else "",
        "confidence": number_text(task.estimate.confidence) if task.estimate else "",
        **{each.key: _plain_cell(each, task) for each in _own_columns()},
    }
    return [cells[column] for column in COLUMNS]


def _own_columns() -> list[TaskField]:
    """Return the fields that have exactly one column, named after the field."""
    return [each for each in TASK_FIELDS if each.columns is None]


def _plain_cell(field: TaskField, task: Task) -> str:
    match field.kind:
        case FieldKind.TASKS | FieldKind.NAMES:
            return _cell(names_of(field, task))
        case FieldKind.NAMES_BY_FILE:
            rows = names_by_file(field, task).items()
            return _cell([f"{path}: {name}" for path, names in rows for name in names])
        case FieldKind.TEXT | FieldKind.COMPOSITE:
            return str(getattr(task, field.name))


def _command_text(criterion: AcceptanceCriterion) -> str:
    return code_spans(command_span(criterion.command))[0]


def _cell(values: Sequence[str]) -> str:
    """Join values as lines, with line breaks and backslashes in them escaped."""
    coded = (
        value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for value in values
    )
    return "\n".join(coded)


def _values(cell: str) -> list[str]:
    return [
        _CODED.sub(lambda found: _LETTERS.get(found[1], found[1]), line)
        for line in cell.replace("\r\n", "\n").split("\n")
        if line
    ]


def _written(cell: str) -> str:
    """Return a cell as written in the file; csv itself leaves a lone carriage return unquoted."""
    guarded = f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    doubled = guarded.replace('"', '""')
    return f'"{doubled}"' if _NEEDS_QUOTES.search(guarded) else guarded


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell


def _rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Return the non-empty rows with their row numbers in a spreadsheet."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        numbered = list(enumerate(reader, 1))
    except csv.Error as error:
        raise InvalidPlan(
            [f"{name}, line {reader.line_num}: not valid CSV: {error}"], hints=_HINTS
        ) from error
    return [(number, cells) for number, cells in numbered if any(cell.strip() for cell in cells)]


def _task(header: Sequence[str], cells: Sequence[str], number: int, problems: list[str]) -> Raw:
    name = f"row {number}"
    if len(cells) != len(header):
        problems.append(f"{name} has {len(cells)} cells, but the header has {len(header)}")
    row = {column: _unguarded(cell) for column, cell in zip(header, cells, strict=False) if cell}
    fields = _plain_fields(row, name, problems)
    if criteria := _criteria(row, name, problems):
        fields["acceptance"] = list(criteria)
    figures: dict[str, JsonValue] = {key: row[key] for key in _FIGURES if key in row}
    if figures:
        fields["estimate"] = figures
    shown = f"task {fields['id']!r} ({name})" if "id" in fields else name
    return Raw(shown, fields)


def _plain_fields(row: Mapping[str, str], name: str, problems: list[str]) -> dict[str, JsonValue]:
    """Return the fields that have their own column."""
    fields: dict[str, JsonValue] = {}
    files: dict[str, JsonValue] = {}
    for each in _own_columns():
        if each.key in row and (value := _plain_value(each, row[each.key], name, problems)):
            (files if each.is_part else fields)[each.key] = value
    if files:
        fields["files"] = files
    return fields


def _plain_value(field: TaskField, cell: str, name: str, problems: list[str]) -> JsonValue:
    match field.kind:
        case FieldKind.TASKS:
            return [part for each in _values(cell) for part in _ids(each)]
        case FieldKind.NAMES:
            return list(_values(cell))
        case FieldKind.NAMES_BY_FILE:
            return dict(_names_by_file(cell, name, problems))
        case FieldKind.TEXT | FieldKind.COMPOSITE:
            return cell


def _names_by_file(cell: str, name: str, problems: list[str]) -> dict[str, list[JsonValue]]:
    found: dict[str, list[JsonValue]] = {}
    for line in _values(cell):
        # A path may contain the separator; a symbol may not.
        path, colon, symbol = line.rpartition(": ")
        if colon:
            found.setdefault(path, []).append(symbol)
        else:
            problems.append(f"{name}: {line!r} is not `file: name`")
    return found


def _ids(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]


def _criteria(row: Mapping[str, str], name: str, problems: list[str]) -> list[dict[str, JsonValue]]:
    criteria: list[dict[str, JsonValue]] = []
    for number, line in enumerate(_values(row.get("acceptance", "")), 1):
        own, text = _named(line)
        criteria.append({"id": own or f"c{number}", "text": text})
    by_id = {each["id"]: each for each in criteria}
    for column, read in _EVIDENCE_COLUMNS.items():
        for line in _values(row.get(column, "")):
            own, written = _named(line)
            if own not in by_id:
                what = column.removesuffix("s")
                problems.append(f"{name}: the {what} {line!r} does not begin with a criterion id")
                continue
            try:
                by_id[own] |= read(written)
            except ValueError as error:
                what = column.removesuffix("s")
                problems.append(f"{name}: the {what} of {own!r} cannot be read: {error}")
    return criteria


def _read_command(written: str) -> dict[str, JsonValue]:
    return {"command": list(read_command(written))}


_EVIDENCE_COLUMNS: Mapping[str, Callable[[str], dict[str, JsonValue]]] = {
    "commands": _read_command,
    "evidence": read_evidence_phrase,
}


def _named(line: str) -> tuple[str, str]:
    """Split `c1: text` into id and text; the id may be empty."""
    own, colon, text = line.partition(": ")
    return (own, text) if colon and re.fullmatch(r"[A-Za-z0-9][\w.-]*", own) else ("", line)
