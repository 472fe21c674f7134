"""Converts individual values in an architect's plan to the model's form.

Every function takes a value from the reply and returns the model's value, or nothing; omissions
are recorded in the notes.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from enum import Enum

from podium.dialogue.lenient_json import JsonValue

Written = Sequence[tuple[str, JsonValue]]
"""The values of one field in the reply, with their keys."""

_ID_LENGTH = 48
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_SHELL = re.compile(r"[|&;<>$`*?~#\n(){}]|^\s*\w+=")
_NOTHING = frozenset({"", "none", "null", "n/a", "na", "-", "nothing"})
_AMOUNT = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*(?:(?:-|\u2013|to)\s*([0-9]+(?:\.[0-9]+)?))?\s*([a-z]*)",
    re.IGNORECASE,
)
_UNITS = {
    unit: minutes
    for minutes, units in (
        (1.0, ("", "m", "min", "mins", "minute", "minutes")),
        (60.0, ("h", "hr", "hrs", "hour", "hours")),
        (480.0, ("d", "day", "days")),
        (2400.0, ("w", "wk", "week", "weeks")),
    )
    for unit in units
}
_SYMBOL = re.compile(
    r"(?:(?:async|export|public|pub|def|class|function|func|fn|struct|interface|type)\s+)*"
    r"([^\s(:]+(?:::?[^\s(:]+)*)"
)
_CONFIDENCE = {"low": 0.3, "medium": 0.5, "moderate": 0.5, "high": 0.8, "certain": 1.0}
_PRIORITIES = {
    word: priority
    for priority, words in (
        ("critical", ("critical", "urgent", "highest", "blocker", "p0")),
        ("high", ("high", "important", "must", "p1")),
        ("normal", ("normal", "medium", "default", "moderate", "should", "p2")),
        ("low", ("low", "lowest", "minor", "optional", "could", "p3")),
    )
    for word in words
}
_JUDGES = {
    word: judge
    for judge, words in (
        ("auditor", ("auditor", "reviewer", "review", "audit")),
        ("person", ("person", "human", "user", "manual")),
    )
    for word in words
}
_ACTIONS = {
    word: action
    for action, words in (
        ("create", ("create", "creates", "created", "new", "add", "added", "tocreate")),
        ("modify", ("modify", "modifies", "modified", "edit", "update", "change", "tomodify")),
        ("delete", ("delete", "deletes", "deleted", "remove", "removed", "todelete")),
    )
    for word in words
}


class Items(Enum):
    """How to split a string that represents a list."""

    LINES = "lines"
    IDS = "ids"


def as_text(value: JsonValue) -> str:
    """Convert a value to text: a list to lines, an object to an empty string."""
    match value:
        case str():
            return value
        case bool() | None | dict():
            return ""
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case list():
            return "\n".join(line for each in value if (line := as_text(each)))


def as_items(value: JsonValue, items: Items = Items.LINES) -> list[JsonValue]:
    """Convert a value to a list: split a string; wrap any other single value."""
    if isinstance(value, list):
        return [each for each in value if each not in (None, "", [], {})]
    if isinstance(value, str):
        parts = re.split(r"[,;\n]" if items is Items.IDS else r"\n", value)
        plain = (_BULLET.sub("", part).strip() for part in parts)
        return [part for part in plain if part.lower() not in _NOTHING]
    return [] if value is None else [value]


def canonical_id(value: JsonValue) -> str:
    """Return the normalised id: numbers become t1, t2, …; empty if no id was given."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else str(value)
    plain = _DOTS.sub(".", _NOT_IN_ID.sub("-", str(value))).strip("-._")
    plain = plain[:_ID_LENGTH].rstrip(".")
    return f"t{plain}" if plain.isdigit() else plain


def read_priority(value: JsonValue, task: str, notes: list[str]) -> str:
    """Return the priority's name; an unknown word is kept, so that validation can report it."""
    word = as_text(value).strip().lower()
    if isinstance(value, int | float):
        notes.append(f"task {task!r}: the priority {word} is ambiguous; normal was used")
        return "normal"
    return _PRIORITIES.get(word.removesuffix(" priority"), word)


def read_criterion(value: JsonValue, task: str, notes: list[str]) -> dict[str, JsonValue]:
    """Return the fields of a criterion, without an id if the reply has none."""
    if not isinstance(value, dict):
        return {"text": _BULLET.sub("", as_text(value)).strip()}
    keys = ("text", "description", "criterion", "title", "name", "condition", "check")
    text = next((as_text(value[key]).strip() for key in keys if as_text(value.get(key))), "")
    criterion: dict[str, JsonValue] = {"text": text}
    if own := _criterion_id(value.get("id")):
        criterion["id"] = own
    command = next((value[key] for key in ("command", "cmd", "verify") if value.get(key)), None)
    if command is None and isinstance(value.get("check"), list):
        command = value["check"]
    if isinstance(command, list):
        criterion["command"] = [each for each in command if isinstance(each, str)]
    elif isinstance(command, str):
        _read_command(command, criterion, task, notes)
    if not criterion.get("command"):
        criterion |= _other_evidence(value, task, notes)
    return criterion


def _other_evidence(
    value: Mapping[str, JsonValue], task: str, notes: list[str]
) -> dict[str, JsonValue]:
    """Return the evidence of a criterion without a command: a test, a file, or who decides."""
    if test := as_text(value.get("test")).strip().strip("`"):
        return {"test": test}
    path, text = _expected_file(value.get("file")), as_text(value.get("contains"))
    if path:
        return {"file": path | ({"contains": text} if text else {})}
    judge = as_text(value.get("by")).strip().lower()
    if judge in _JUDGES:
        return {"by": _JUDGES[judge]}
    if judge:
        notes.append(f"task {task!r}: {judge[:40]!r} cannot decide about a criterion; ignored")
    return {}


def _expected_file(value: JsonValue) -> dict[str, JsonValue]:
    """Return path and text of a file, written as an object or as `PATH contains TEXT`."""
    if not isinstance(value, dict):
        path, _, text = as_text(value).strip().partition(" contains ")
    else:
        path, text = as_text(value.get("path")).strip(), as_text(value.get("contains"))
    plain = path.strip("`").removeprefix("./")
    found: dict[str, JsonValue] = {"path": plain} if plain else {}
    return found | ({"contains": text} if plain and text else {})


def read_files(
    value: JsonValue, action: str, files: dict[str, list[JsonValue]], task: str, notes: list[str]
) -> None:
    """Add the paths in `value` to the lists of `files`; `action` is the default action."""
    for each in [value] if isinstance(value, dict) else as_items(value):
        if isinstance(each, dict):
            _read_file_object(each, action, files, task, notes)
            continue
        path = as_text(each).strip().strip("`").removeprefix("./")
        if path and path not in files[action]:
            files[action].append(path)


def read_names(written: Written) -> list[JsonValue]:
    """Return a list of names without duplicates."""
    texts = (as_text(each) for _, value in written for each in as_items(value))
    return list(dict.fromkeys(name for each in texts if (name := each.strip().strip("`"))))


def read_names_by_file(
    field: str, written: Written, task: str, notes: list[str]
) -> dict[str, JsonValue]:
    """Return the names that belong to each file; names without a file are omitted."""
    found: dict[str, list[JsonValue]] = {}
    for _, value in written:
        for path, names in _files_with_names(value):
            own = found.setdefault(path.strip().strip("`").removeprefix("./"), [])
            symbols = (_symbol(as_text(each)) for each in as_items(names, Items.IDS))
            own += [each for each in symbols if each and each not in own]
    if written and not any(found.values()):
        notes.append(f"task {task!r}: its definitions do not name a file and were omitted")
    return {path: list(names) for path, names in found.items() if path and names}


def read_estimate(
    written: Written, confidence: Written, task: str, notes: list[str]
) -> dict[str, JsonValue]:
    """Return minutes and confidence; empty if they cannot be parsed."""
    minutes: float | None = None
    sure = _confidence(confidence[0][1]) if confidence else None
    for key, value in written:
        found = _minutes(value, key)
        minutes = minutes or found
        if isinstance(value, dict):
            sure = sure if sure is not None else _confidence(value.get("confidence"))
        if found is None:
            notes.append(f"task {task!r}: the estimate {str(value)[:60]!r} could not be parsed")
    if minutes is None:
        return {}
    estimate: dict[str, JsonValue] = {"minutes": minutes}
    if sure is not None:
        estimate["confidence"] = sure
    return estimate


def _files_with_names(value: JsonValue) -> Sequence[tuple[str, JsonValue]]:
    if isinstance(value, list):
        return [pair for each in value for pair in _files_with_names(each)]
    if not isinstance(value, dict):
        return ()
    path = next((value[key] for key in ("path", "file") if key in value), None)
    if not isinstance(path, str):
        return tuple(value.items())
    keys = ("names", "symbols", "defines", "name", "symbol")
    return [(path, next((value[key] for key in keys if key in value), None))]


def _symbol(written: str) -> str:
    """Return the name in text such as `def total(values):` or `Ledger::total`."""
    found = _SYMBOL.match(written.strip().strip("`").strip())
    return found[1].replace("::", ".") if found else ""


def _criterion_id(value: JsonValue) -> str:
    own = canonical_id(value)
    return f"c{own[1:]}" if own[:1] == "t" and own != value and own[1:].isdigit() else own


def _read_command(line: str, criterion: dict[str, JsonValue], task: str, notes: list[str]) -> None:
    """Split a command line into arguments, unless it needs a shell."""
    words: list[str] = []
    if not _SHELL.search(line):
        try:
            words = shlex.split(line)
        except ValueError:
            words = []
    if words:
        criterion["command"] = list(words)
        criterion["text"] = criterion["text"] or f"`{line}` exits with code 0"
        return
    criterion["text"] = f"{criterion['text']} ({line})".strip()
    notes.append(f"task {task!r}: {line[:80]!r} needs a shell, so it was kept as text")


def _read_file_object(
    value: Mapping[str, JsonValue],
    action: str,
    files: dict[str, list[JsonValue]],
    task: str,
    notes: list[str],
) -> None:
    path = next((value[key] for key in ("path", "file", "name", "filename") if key in value), None)
    if isinstance(path, str):
        written_action = as_text(
            value.get("action", value.get("change", value.get("type", "")))
        ).lower()
        read_files([path], _ACTIONS.get(written_action, action), files, task, notes)
        return
    for key, paths in value.items():
        named = _ACTIONS.get(re.sub(r"[^a-z]", "", key.lower()))
        if named is None:
            notes.append(f"task {task!r}: the files under {key!r} were ignored")
        elif paths:
            read_files(paths, named, files, task, notes)


def _minutes(value: JsonValue, key: str) -> float | None:
    match value:
        case bool() | None | list():
            return None
        case int() | float():
            found = float(value) * (60 if "hour" in key.lower() else 1)
        case str():
            found = _minutes_of_text(value)
        case dict():
            found = _minutes_of_object(value)
    return found if 0 < found < float("inf") else None


def _minutes_of_object(value: Mapping[str, JsonValue]) -> float:
    unit = as_text(value.get("unit"))
    rows = (
        _minutes(f"{as_text(each)} {unit}" if unit else each, name)
        for name, each in value.items()
        if name not in ("confidence", "unit")
    )
    return next((each for each in rows if each), 0.0)


def _minutes_of_text(text: str) -> float:
    """Return the sum of all amounts, as in `1h 30m`; the upper end of a range, as in `2-3 hours`.

    A number without a unit counts as minutes only if the text contains nothing else.
    """
    whole = text.strip()[:200]
    total = 0.0
    for found in _AMOUNT.finditer(whole):
        low, high, unit = found.groups()
        alone = found.group() == whole
        if unit.lower() in _UNITS and (unit or alone):
            total += float(high or low) * _UNITS[unit.lower()]
    return total


def _confidence(value: JsonValue) -> float | None:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _CONFIDENCE:
            return _CONFIDENCE[word]
        digits = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)", word)
        if digits is None:
            return None
        value = float(digits.group(1)) / (100 if digits.group(2) else 1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    share = value / 100 if 1 < value <= 100 else float(value)
    return share if 0 <= share <= 1 else None
