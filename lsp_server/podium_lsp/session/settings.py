"""The server's settings, from the project's file, `initialize` and `workspace/configuration`.

An unknown or invalid key is logged and ignored; the other keys still apply.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

_LOG = logging.getLogger("podium_lsp.session.settings")
SECTION = "podium"


@dataclass(frozen=True)
class Settings:
    """Settings of the language server.

    Args:
        findings: show the findings of audits and gates as diagnostics.
        syntax: check files while the user types, including unsaved changes.
        syntax_delay_ms: milliseconds to wait after the last keystroke; longer if checks are slow.
        code_lens: show lenses above plans, tasks and functions.
        blame: show which task last changed a function, above it and in its hover.
        progress: show the progress of runs.
        approval_seconds: seconds to wait for an answer; an unanswered question counts as no.
    """

    findings: bool = True
    syntax: bool = True
    syntax_delay_ms: int = 150
    code_lens: bool = True
    blame: bool = True
    progress: bool = True
    approval_seconds: int = 600


KEYS: Mapping[str, str] = {
    "findings.enable": "findings",
    "syntax.enable": "syntax",
    "syntax.delayMs": "syntax_delay_ms",
    "codeLens.enable": "code_lens",
    "blame.enable": "blame",
    "progress.enable": "progress",
    "approval.timeoutSeconds": "approval_seconds",
}
"""The names in the editor's `podium` section, and the fields that they set."""

_BOUNDS = {"syntax_delay_ms": (0, 5_000), "approval_seconds": (1, 86_400)}
_CLIENT_KEYS = frozenset({"path", "trace.server", "neovim"})
"""Keys in the same section that only the editor extensions read."""
_EXPLAINED = {
    "findings": "Show the findings of audits and gates as diagnostics.",
    "syntax": "Check files while you type, including unsaved changes.",
    "syntax_delay_ms": "Milliseconds to wait after the last keystroke before checking.",
    "code_lens": "Show lenses above plans, tasks and functions.",
    "blame": "Show which task last changed a function, above it and in its hover.",
    "progress": "Show the progress of runs.",
    "approval_seconds": "Seconds to wait for an answer; an unanswered question counts as no.",
}


def merged(settings: Settings, raw: Any) -> Settings:
    """Return settings with the values from an editor applied.

    Args:
        raw: an object with nested or dotted keys, with or without the enclosing `podium` section.
    """
    if not isinstance(raw, Mapping):
        return settings
    values = cast("Mapping[str, Any]", raw)
    if isinstance(values.get(SECTION), Mapping):
        values = values[SECTION]
    changes: dict[str, Any] = {}
    for name, value in _flat(values, ""):
        field = KEYS.get(name.removeprefix(f"{SECTION}."))
        if field is None:
            if name not in _CLIENT_KEYS:
                _LOG.warning("unknown setting %r", name)
        elif _fits(field, value):
            changes[field] = value
        elif value is not None:
            _LOG.warning("invalid value for the setting %r", name)
    return replace(settings, **changes)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings."""
    defaults = Settings()
    properties: dict[str, Any] = {}
    for name, field in KEYS.items():
        default = getattr(defaults, field)
        row: dict[str, Any] = {"description": _EXPLAINED[field], "default": default}
        row["type"] = "boolean" if isinstance(default, bool) else "integer"
        if field in _BOUNDS:
            row["minimum"], row["maximum"] = _BOUNDS[field]
        properties[f"{SECTION}.{name}"] = row
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Podium in the editor",
        "type": "object",
        "properties": properties,
    }


def _flat(raw: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in raw.items():
        name = f"{prefix}{key}"
        inner = cast("Mapping[str, Any] | None", value if isinstance(value, Mapping) else None)
        if inner is not None and name not in KEYS:
            rows.extend(_flat(inner, f"{name}."))
        else:
            rows.append((name, raw[key]))
    return rows


def _fits(field: str, value: Any) -> bool:
    if type(value) is not type(getattr(Settings(), field)):
        return False
    low, high = _BOUNDS.get(field, (value, value))
    return bool(low <= value <= high)
