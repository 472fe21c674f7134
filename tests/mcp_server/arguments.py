"""Arguments made from the tools' own schemas: right ones, and right ones with something wrong."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from pydantic import JsonValue

from podium_mcp.tools.registry import TOOLS
from podium_mcp.tools.tool import Tool

Arguments = dict[str, Any]

ODD: list[Any] = [
    *(None, True, False, 0, -1, 2**63, 10**30, 1.5, "", " ", "\x00", "p-", "../x", "/etc/passwd"),
    *([], {}, [[]], {"a": {}}, "x" * 5000, "\ud83d", "\u202e", "-1", "done", "open", "%s%n"),
    *("../outside/secret.txt", "link", "link/../x", "~/.ssh/id", ".git/config", "C:\\x"),
]

# What a schema cannot say: the values that exist, by the name of the argument.
EXISTING: dict[str, list[Any]] = {
    "plan": ["PLAN", "DRAFT"],
    "version": ["VERSION", "DRAFT-VERSION"],
    "task": ["a", "b", "PLAN/a", "DRAFT/a"],
    "id": ["a", "b", "c"],
    "requires": [[], ["a"], ["b"]],
    "path": ["README.md", "docs/new.md", "link", "../outside/secret.txt"],
    "file": ["README.md", "link", "../outside/secret.txt"],
    "lease": ["LEASE"],
    "where": ["status:open", "type:planning", "severity:error x", "path:README.md"],
    "cursor": ["0", "1"],
    "since": ["0", "1"],
    "fields": [{"title": "New"}, {"id": "c", "title": "C"}, {"objective": "y"}, {"files": ["x"]}],
    "state": ["done", "pending", "blocked"],
}


def values(schema: Mapping[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    """Return what a schema takes; under the names above, mostly what exists."""
    if name in EXISTING:
        return st.sampled_from(EXISTING[name]) | _of_type(schema)
    return _of_type(schema)


def _of_type(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            return st.text(max_size=20)
        case "integer":
            return st.integers(-3, 60)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(values(schema["items"]), max_size=3)
        case _ if "properties" in schema:
            return _objects(schema)
        case _:
            return st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)


def _objects(schema: Mapping[str, Any]) -> st.SearchStrategy[Arguments]:
    kinds = {name: values(each, name) for name, each in schema["properties"].items()}
    needed = schema.get("required", [])
    return st.fixed_dictionaries(
        {name: kinds[name] for name in needed},
        optional={name: kind for name, kind in kinds.items() if name not in needed},
    )


def _for(tool: Tool[Any]) -> st.SearchStrategy[tuple[str, Arguments]]:
    right = _objects(tool.schema).map(_safe)
    changed = st.tuples(right, st.sampled_from([*tool.input.model_fields, "no_such"]), _odd).map(
        lambda drawn: _safe({**drawn[0], drawn[1]: drawn[2]})
    )
    return st.tuples(st.just(tool.name), right | changed)


def _safe(arguments: Arguments) -> Arguments:
    """Leave out what would only make the server wait."""
    return {name: value for name, value in arguments.items() if name != "wait_s"}


_odd = st.sampled_from(ODD)

CALLS: st.SearchStrategy[tuple[str, Arguments]] = st.one_of(
    *(_for(tool) for tool in TOOLS if tool.name != "run_start")
)


def drawn(chance: random.Random, schema: Mapping[str, Any], name: str = "") -> Any:
    """Return one value that a schema takes, without hypothesis, for floods."""
    if name in EXISTING and chance.random() < 0.8:
        return chance.choice(EXISTING[name])
    match schema.get("type"):
        case _ if "enum" in schema:
            return chance.choice(schema["enum"])
        case "integer":
            return chance.randrange(-3, 60)
        case "boolean":
            return chance.random() < 0.5
        case "array":
            return [drawn(chance, schema["items"]) for _ in range(chance.randrange(3))]
        case "object" if "properties" in schema:
            needed = schema.get("required", [])
            return {
                key: drawn(chance, each, key)
                for key, each in schema["properties"].items()
                if key in needed or chance.random() < 0.4
            }
        case "object":
            return {}
        case _:
            return chance.choice(("x", "some words", "a/b"))


def mutated(chance: random.Random, tool: Tool[Any]) -> Arguments:
    """Return arguments of a tool; every second time with something wrong in them."""
    arguments: Arguments = _safe(drawn(chance, tool.schema))
    if tool.name == "run_start":
        arguments["plan"] = "DRAFT"
    elif chance.random() < 0.5:
        arguments[chance.choice([*tool.input.model_fields, "no_such"])] = chance.choice(ODD)
    return _safe(arguments)


def filled(value: JsonValue, known: Mapping[str, str]) -> Any:
    """Return arguments with the ids that exist in the place of their names."""
    if isinstance(value, str):
        for name in sorted(known, key=len, reverse=True):
            value = value.replace(name, known[name])
        return value
    if isinstance(value, dict):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    return value


def tasks_of(*names: str) -> Sequence[Arguments]:
    """Return plain tasks."""
    return [{"id": name, "title": name.upper()} for name in names]
