"""Writes `docs/configuration.md` from the model of the settings."""

import ast
import inspect
import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from podium.app.settings import ENVIRONMENT
from podium.model.config import Config, executable_settings
from podium.model.runs import ProjectPath
from podium.model.sandbox import Place

HEAD = """\
# Settings

<!-- Generated from the model of the settings by `pytest --update tests/docs`; do not edit. -->

Podium reads three sources; values in a later source override those in an earlier one:

1. `config.yaml` in your configuration folder (`~/.config/podium/` on Linux,
   `~/Library/Application Support/podium/` on macOS);
2. `.podium/config.yaml` in the project;
3. the environment, for the settings that name a variable below.

`podium config` shows every value with its origin, and `podium config gates` shows one section. An
invalid file is rejected with the line of every problem. The JSON Schema is
[config.schema.json](schemas/config.schema.json).

A setting marked *trust* can make your machine run something, let commands reach more of it, raise
what calls may cost, or let an agent decide about [doubts](syntax.md#doubts). When it comes from the
project's file, it takes effect only after `podium trust`, which must be repeated after every
change.

```yaml
agents:
  default: gemini
  options:
    gemini: {model: gemini-2.5-pro}
run:
  max_parallel: 2
gates:
  test: [pytest, -q]
```

Commands are lists of words. Podium does not use a shell, so `&&`, `|` and `*` do not work; put a
command that needs them into a script.

Settings of the language server are on [their own page](lsp.md#settings).
"""


@dataclass(frozen=True)
class Setting:
    """One row of the page."""

    name: str
    kind: str
    default: str
    meaning: str
    variable: str
    trusted: bool


def settings() -> Iterator[Setting]:
    """Yield every setting, in the order of the model."""
    yield from _below(Config, "")


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    section = ""
    for each in settings():
        own = each.name.split(".")[0]
        if own != section:
            section = own
            title = _doc(Config.model_fields[own].annotation)
            parts.append(f"\n## {section}\n\n{title}\n\n{_TABLE_HEAD}")
        parts.append(_row(each))
    return "".join(parts)


_TABLE_HEAD = "| setting | type | default | meaning |\n|---|---|---|---|\n"


def _row(each: Setting) -> str:
    notes = [each.meaning]
    if each.variable:
        notes.append(f"Variable: `{each.variable}`.")
    if each.trusted:
        notes.append("*trust*")
    return f"| `{each.name}` | {each.kind} | `{each.default}` | {' '.join(notes)} |\n"


def _below(model: type[BaseModel], prefix: str) -> Iterator[Setting]:
    docs = field_docs(model)
    for name, field in model.model_fields.items():
        dotted = f"{prefix}{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _below(inner, f"{dotted}.")
        else:
            yield Setting(
                dotted,
                _kind(inner) + _bounds(field),
                _default(field),
                docs.get(name, ""),
                {each: variable for variable, each in ENVIRONMENT.items()}.get(dotted, ""),
                _is_trusted(dotted, field),
            )


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings below the fields of a model, each in one line."""
    node = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(node, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in zip(node.body, node.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _doc(model: Any) -> str:
    return inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " ")


_PLAIN = {bool: "yes or no", int: "whole number", float: "number", str: "text"}


def _kind(annotation: Any) -> str:
    """Return a type in plain words."""
    arguments = get_args(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return _kind(next(each for each in arguments if each is not type(None)))
    if get_origin(annotation) is tuple:
        return f"list of {_plural(arguments[0])}"
    if get_origin(annotation) is dict:
        return f"{_kind(arguments[1])} by name"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(f"`{each}`" for each in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "object with " + ", ".join(f"`{name}`" for name in annotation.model_fields)
    return _PLAIN[annotation]


def _plural(annotation: Any) -> str:
    if annotation in (ProjectPath, Place):
        return "paths"
    return "words" if annotation is str else _kind(annotation).replace("object", "objects", 1)


def _bounds(field: FieldInfo) -> str:
    words = {"ge": "at least", "le": "at most", "gt": "above", "lt": "below"}
    found = [
        f"{word} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, word in words.items()
        if getattr(rule, name, None) is not None
    ]
    return f", {', '.join(found)}" if found else ""


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    assert value is not PydanticUndefined, "every setting has a default"
    if value is None:
        return "not set"
    return json.dumps(value)


_SAMPLES: dict[str, Any] = {
    "commands": [{"name": "x", "command": ["x"]}],
    "setup": [{"name": "x", "command": ["x"]}],
    "teardown": [{"name": "x", "command": ["x"]}],
    "copy_ignored": ["x"],
    "link_ignored": ["x"],
    "keep": ["x"],
    "tools": [{"name": "x", "command": ["x"]}],
    "roles": {"executor": {"agent": "x"}},
    "options": {"x": {"y": "z"}},
    "audit_blocks": ["info"],
    "network": ["gates"],
    "writable": ["/x"],
    "hidden": ["/x"],
    "tool": "container",
    "ask": ["command"],
}


def _is_trusted(dotted: str, field: FieldInfo) -> bool:
    """Tell whether a project's value of a setting can make the machine run something."""
    *folders, name = dotted.split(".")
    value: Any = {name: _SAMPLES.get(name, _other_value(field))}
    for folder in reversed(folders):
        value = {folder: value}
    changed = Config.model_validate(cast("dict[str, Any]", value))
    return executable_settings(changed) != executable_settings(Config())


def _other_value(field: FieldInfo) -> Any:
    """Return a value of a simple setting that is not its default."""
    default: Any = field.get_default(call_default_factory=True)
    if isinstance(default, bool):
        return not default
    if isinstance(default, int | float):
        return default / 2 if isinstance(default, float) else default + 1
    if default is None:
        return 1
    if isinstance(default, StrEnum):
        return next(each for each in type(default) if each is not default)
    if isinstance(default, dict):
        return {}
    return ["x"] if isinstance(default, tuple) else "x"
