"""Finds a plan in the shape that an architect chose; guesses names, never content.

Fields may have other names and lists may be strings, but no task, criterion or file is invented.
Notes list everything that was renamed, omitted or unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from podium.dialogue.drafts import Raw
from podium.dialogue.lenient_json import JsonValue
from podium.dialogue.replies.plan_values import (
    Items,
    as_items,
    as_text,
    canonical_id,
    read_criterion,
    read_estimate,
    read_files,
    read_names,
    read_names_by_file,
    read_priority,
)
from podium.model.rules.task_fields import TASK_FIELDS, FieldKind, TaskField
from podium.words import truncated

TaskPath = tuple[str | int, ...]
"""The keys that lead to the list of tasks."""

MAX_TITLE = 200

_TASK_LISTS = ("tasks", "steps", "tasklist", "workitems")
_WRAPPERS = ("plan", "manifest", "result", "response", "data")
_SUMMARY = ("summary", "overview", "description", "rationale")
_OBJECTIVE = ("objective", "goal")
_HARMLESS = frozenset({"version", "schema", "title", "name"})
_SINGLE = frozenset(each.key for each in TASK_FIELDS if each.kind is FieldKind.TEXT)
_READ_APART = frozenset({"id", "title", "description", "priority"})
_SQUEEZE = re.compile(r"[^a-z0-9]+")
_ALIASES = {each.key: each.aliases for each in TASK_FIELDS}
_FIELD_OF = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}


@dataclass
class Remarks:
    """Remarks about a reply, collected while parsing it.

    Args:
        notes: renamings, guesses and omissions, one sentence each.
        problems: why the reply cannot be accepted, one sentence each.
    """

    notes: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class PlanShape:
    """The location of the plan in a document.

    Args:
        tasks: the tasks as written.
        path: the keys that lead to them.
        around: the fields next to the list of tasks.
    """

    tasks: list[JsonValue]
    path: TaskPath
    around: Mapping[str, JsonValue]


def find_plan(value: JsonValue) -> PlanShape | None:
    """Return the location of the tasks in `value`, or None if it is not a plan.

    A plan is an object with a list of tasks, such an object inside a wrapper like `plan`, or a
    list of objects with titles.
    """
    path: TaskPath = ()
    around: dict[str, JsonValue] = {}
    for _ in range(4):
        if isinstance(value, list):
            return _listed(value, path, around)
        if not isinstance(value, dict):
            return None
        key = _key_of_tasks(value) or _key_of(value, _WRAPPERS)
        if key is None:
            return None
        around |= {name: each for name, each in value.items() if name != key}
        path, value = (*path, key), value[key]
    return None


def raw_tasks(listed: Sequence[JsonValue], remarks: Remarks) -> list[Raw]:
    """Return the tasks with the model's field names; record unreadable parts in `remarks`."""
    tasks = [_sorted_fields(each, number, remarks) for number, each in enumerate(listed, 1)]
    ids = _ids(tasks, remarks)
    names = _Names(ids, tasks)
    return [
        Raw(f"task {own!r} (number {number})", _shape(task, own, names, remarks))
        for number, (task, own) in enumerate(zip(tasks, ids, strict=True), 1)
    ]


def read_around(around: Mapping[str, JsonValue], remarks: Remarks) -> tuple[str, str]:
    """Return summary and objective from the fields next to the tasks; other fields go into the
    notes."""
    summary = objective = ""
    for name, value in around.items():
        squeezed = _squeezed(name)
        if squeezed in _SUMMARY and not summary:
            summary = as_text(value)
        elif squeezed in _OBJECTIVE and not objective:
            objective = as_text(value)
        elif squeezed not in _HARMLESS:
            remarks.notes.append(f"the plan's field {name!r} was ignored")
    return summary, objective


_Sorted = dict[str, list[tuple[str, JsonValue]]]
"""The values in the reply and their keys, for every field of the model."""


def _squeezed(name: str) -> str:
    return _SQUEEZE.sub("", name.lower())


def _key_of(value: Mapping[str, JsonValue], wanted: Sequence[str]) -> str | None:
    return next((key for key in value if _squeezed(key) in wanted), None)


def _key_of_tasks(value: Mapping[str, JsonValue]) -> str | None:
    key = _key_of(value, _TASK_LISTS)
    return key if key is not None and isinstance(value[key], list) else None


def _listed(
    value: list[JsonValue], path: TaskPath, around: Mapping[str, JsonValue]
) -> PlanShape | None:
    if path:
        return PlanShape(value, path, around)
    if len(value) == 1 and isinstance(value[0], dict) and _key_of_tasks(value[0]):
        inner = find_plan(value[0])
        return inner and PlanShape(inner.tasks, (0, *inner.path), inner.around)
    # The last task may be truncated before its title.
    titled = [_has_title(each) for each in value]
    bare = titled[:1] == [True] and all(titled[:-1]) and isinstance(value[-1], dict)
    return PlanShape(value, path, around) if bare else None


def _has_title(value: JsonValue) -> bool:
    return isinstance(value, dict) and any(
        _FIELD_OF.get(_squeezed(key)) == "title" for key in value
    )


def _sorted_fields(value: JsonValue, number: int, remarks: Remarks) -> _Sorted:
    if isinstance(value, str):
        return {"title": [("title", value)]}
    if not isinstance(value, dict):
        remarks.problems.append(f"task number {number} is neither an object nor a string")
        return {"title": [("title", "…")]}
    found: _Sorted = {}
    for key, content in value.items():
        name = _FIELD_OF.get(_squeezed(key))
        if name is None:
            remarks.notes.append(f"task number {number}: the field {key!r} was ignored")
        elif content not in (None, "", [], {}):
            found.setdefault(name, []).append((key, content))
    for field_name, entries in found.items():
        entries.sort(key=partial(_alias_rank, field_name))
    if len(found.get("title", ())) > 1 and "description" not in found:
        found["description"] = [found["title"].pop(1)]
    for name in sorted(_SINGLE & found.keys()):
        for key, _ in found[name][1:]:
            remarks.notes.append(f"task number {number}: the field {key!r} was ignored")
    return found


def _alias_rank(name: str, entry: tuple[str, JsonValue]) -> int:
    return _ALIASES[name].index(_squeezed(entry[0]))


def _ids(tasks: Sequence[_Sorted], remarks: Remarks) -> list[str]:
    given = [_own_id(task, number, remarks) for number, task in enumerate(tasks, 1)]
    taken = {each for each in given if each}
    ids: list[str] = []
    for number, own in enumerate(given, 1):
        fresh = own or _free_id(number, taken)
        taken.add(fresh)
        ids.append(fresh)
    return ids


def _own_id(task: _Sorted, number: int, remarks: Remarks) -> str:
    written = task.get("id", [("id", None)])[0][1]
    own = canonical_id(written)
    renamed = own != written and own.removeprefix("t") != as_text(written).strip()
    if own and renamed:
        remarks.notes.append(f"task number {number}: the id {written!r} was changed to {own!r}")
    return own


def _free_id(number: int, taken: set[str]) -> str:
    while f"t{number}" in taken:
        number += 1
    return f"t{number}"


class _Names:
    """Finds the task that a dependency refers to: by id, ignoring case, or by title."""

    def __init__(self, ids: Sequence[str], tasks: Sequence[_Sorted]) -> None:
        self.exact = frozenset(ids)
        self.loose: dict[str, set[str]] = {}
        for own, task in zip(ids, tasks, strict=True):
            title = as_text(task.get("title", [("", "")])[0][1])
            for name in {own.casefold(), title.strip().casefold()}:
                self.loose.setdefault(name, set()).add(own)

    def find(self, written: JsonValue) -> tuple[str, bool]:
        """Return the matching id and whether it was guessed."""
        own = canonical_id(written)
        if own in self.exact:
            return own, False
        for name in (own, as_text(written).strip()):
            meant = self.loose.get(name.casefold(), set())
            if len(meant) == 1:
                return next(iter(meant)), True
        return own, False


def _shape(task: _Sorted, own: str, names: _Names, remarks: Remarks) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {"id": own, **_texts(task, own, remarks)}
    edges = _edges(task, own, names, remarks)
    if "priority" in task:
        fields["priority"] = read_priority(task["priority"][0][1], own, remarks.notes)
    acceptance = _acceptance(task, own, remarks)
    files = _files(task, own, remarks)
    estimate = read_estimate(
        task.get("estimate", []), task.get("confidence", []), own, remarks.notes
    )
    found: dict[str, JsonValue] = {**edges, "acceptance": acceptance, "files": files}
    found |= {each.name: _plain(each, task, own, remarks) for each in _plain_fields()}
    fields |= {name: value for name, value in found.items() if value}
    if estimate:
        fields["estimate"] = estimate
    return fields


def _plain_fields() -> list[TaskField]:
    """Return the fields that can be read according to their kind alone."""
    return [
        each
        for each in TASK_FIELDS
        if each.kind in (FieldKind.TEXT, FieldKind.NAMES, FieldKind.NAMES_BY_FILE)
        and not (each.is_part or each.name in _READ_APART)
    ]


def _plain(field: TaskField, task: _Sorted, own: str, remarks: Remarks) -> JsonValue:
    written = task.get(field.key, [])
    match field.kind:
        case FieldKind.NAMES:
            return read_names(written)
        case FieldKind.NAMES_BY_FILE:
            return read_names_by_file(field.name, written, own, remarks.notes)
        case _:
            return as_text(written[0][1]) if written else ""


def _texts(task: _Sorted, own: str, remarks: Remarks) -> dict[str, JsonValue]:
    """Return the title and the description; fix a missing or overlong title."""
    title = as_text(task["title"][0][1]).strip() if "title" in task else ""
    description = as_text(task["description"][0][1]) if "description" in task else ""
    if not title and description.strip():
        title = description.strip().split("\n", 1)[0]
        remarks.notes.append(f"task {own!r}: the title was taken from the description")
    if len(title) > MAX_TITLE:
        remarks.notes.append(f"task {own!r}: the title was too long and was shortened")
        description = description or title
        title = truncated(title, MAX_TITLE)
    texts: dict[str, JsonValue] = {"title": title, "description": description}
    return {name: text for name, text in texts.items() if text}


def _edges(task: _Sorted, own: str, names: _Names, remarks: Remarks) -> dict[str, JsonValue]:
    edges: dict[str, list[JsonValue]] = {"requires": [], "relates": []}
    for name in ("requires", "relates"):
        for _, content in task.get(name, []):
            for each in as_items(content, Items.IDS):
                kind, meant = _edge(each, name)
                found, guessed = names.find(meant)
                if guessed:
                    remarks.notes.append(
                        f"task {own!r}: {as_text(meant)!r} was read as the task {found!r}"
                    )
                if found and found not in edges[kind]:
                    edges[kind].append(found)
    return dict(edges.items())


def _edge(written: JsonValue, kind: str) -> tuple[str, JsonValue]:
    """Return a dependency's kind and target; it may be written as an object."""
    if not isinstance(written, dict):
        return kind, written
    written_kind = as_text(written.get("kind", written.get("type", ""))).lower()
    target = next((written[key] for key in ("on", "id", "task", "task_id") if key in written), "")
    return ("relates" if written_kind.startswith("relate") else kind), target


def _acceptance(task: _Sorted, own: str, remarks: Remarks) -> list[JsonValue]:
    """Return the criteria; those without an id are numbered c1, c2, …"""
    written = [each for _, content in task.get("acceptance", []) for each in as_items(content)]
    criteria = [read_criterion(each, own, remarks.notes) for each in written]
    taken = {as_text(each["id"]) for each in criteria if "id" in each}
    for number, criterion in enumerate(criteria, 1):
        if "id" not in criterion:
            free = next(n for n in range(number, number + len(taken) + 2) if f"c{n}" not in taken)
            criterion["id"] = f"c{free}"
            taken.add(f"c{free}")
    return list(criteria)


def _files(task: _Sorted, own: str, remarks: Remarks) -> dict[str, JsonValue]:
    files: dict[str, list[JsonValue]] = {"create": [], "modify": [], "delete": []}
    for _, content in task.get("files", []):
        read_files(content, "modify", files, own, remarks.notes)
    for action in ("create", "modify", "delete"):
        for _, content in task.get(action, []):
            read_files(content, action, files, own, remarks.notes)
    return {action: list(paths) for action, paths in files.items() if paths}
