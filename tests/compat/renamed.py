"""What is called otherwise today than in the former revision, said once for all tests here.

Whoever renames a stored value or field, or moves a field, adds a line: the tests read what the
former program wrote with the present one, and expect exactly these differences and no other.
"""

from typing import Any, cast

from pydantic import JsonValue

RENAMED: dict[str, str] = {
    "phase=recovering": "phase=repairing",
    "phase=auditing": "phase=reviewing",
    "outcome=cut": "outcome=truncated",
    "Run.max_parallel": "Run.settings.max_parallel",
    "Run.max_attempts": "Run.settings.max_attempts",
    "Run.max_recovery_attempts": "Run.settings.max_recovery_attempts",
    "Run.audit": "Run.settings.audit",
    "Run.max_audit_rounds": "Run.settings.max_audit_rounds",
    "Run.audit_blocks": "Run.settings.audit_blocks",
    "Run.limits": "Run.settings.limits",
    # The signature covers all fields; that it is accepted is a test of its own.
    "Run.seal": "",
    # Requests of the former program name a folder only.
    "Request.tree": "",
    # A worktree had no port and no folder of its own.
    "Request.variables": "",
    # A reply named no model, and not how it is paid for.
    "AgentEvent.reply.model": "",
    "AgentEvent.reply.billing": "",
    "CallResult.reply.model": "",
    "CallResult.reply.billing": "",
    # Commands could not be confined.
    "Request.sandbox": "",
    # The former one asked nobody about single actions.
    "Request.purpose": "",
    "Request.session": "",
    "Request.ask": "",
    "Request.ask_seconds": "",
    # Nothing read it; a settings file that has it is refused with what to do.
    "Config.gates.syntax": "",
}
"""Three forms:

    "phase=recovering": "phase=repairing"           a value, wherever a field has that name
    "Run.max_attempts": "Run.settings.max_attempts"  a field of a kind of document, by its path
    "Run.seal": ""                                  a field that no test compares any more

The kind is the model's name as of the former revision. Lists on the way are passed through:
`TaskRun.attempts.recoveries` is a field of each attempt.
"""

RENAMED_IN_JOURNAL: dict[str, str] = {}
"""The same for the journal's events, as readers of the history get them. Its lines are never
rewritten, so a value that documents have under another name may stand there as it was written.
"""

Json = dict[str, Any]


def translated(kind: str, document: Json, table: dict[str, str] = RENAMED) -> Json:
    """Return a document of the former program as the present one has to read it.

    Args:
        kind: what it is.
        document: the JSON object as the former program printed it.
        table: the differences.
    """
    found = _renamed_values(document, table)
    for old, new in table.items():
        if old.partition(".")[0] == kind and "=" not in old:
            _move(found, old.split(".")[1:], new.split(".")[1:])
    return cast("Json", found)


def compared(kind: str, document: Json, table: dict[str, str] = RENAMED) -> Json:
    """Return a document of the present program without the fields that no test compares."""
    return translated(kind, document, {old: new for old, new in table.items() if not new})


def _renamed_values(value: JsonValue, table: dict[str, str]) -> JsonValue:
    if isinstance(value, list):
        return [_renamed_values(each, table) for each in value]
    if isinstance(value, dict):
        return {name: _renamed_field(name, inner, table) for name, inner in value.items()}
    return value


def _renamed_field(name: str, value: JsonValue, table: dict[str, str]) -> JsonValue:
    if isinstance(value, str):
        new = table.get(f"{name}={value}")
        return new.partition("=")[2] if new else value
    return _renamed_values(value, table)


def _move(value: JsonValue, old: list[str], new: list[str]) -> None:
    """Move a field within each object that the common beginning of both paths leads to."""
    if isinstance(value, list):
        for each in value:
            _move(each, old, new)
    elif isinstance(value, dict) and old[0] in value:
        if len(old) > 1 and old[:1] == new[:1]:
            _move(value[old[0]], old[1:], new[1:])
            return
        moved = _take(value, old)
        if new and moved is not None:
            _put(value, new, moved)


def _take(fields: Json, path: list[str]) -> JsonValue:
    for name in path[:-1]:
        fields = fields.get(name, {})
    found: JsonValue = fields.pop(path[-1], None)
    return found


def _put(fields: Json, path: list[str], value: JsonValue) -> None:
    for name in path[:-1]:
        fields = fields.setdefault(name, {})
    fields[path[-1]] = value
