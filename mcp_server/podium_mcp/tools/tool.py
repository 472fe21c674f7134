"""The definition of a tool: name, arguments, handler, tier, and the schema for hosts.

The arguments are a pydantic model, so the schema and the validation cannot disagree.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

import mcp_types as wire
from pydantic import BaseModel, ConfigDict, JsonValue

from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts


class Input(BaseModel):
    """The arguments of a tool; unknown ones are rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


I = TypeVar("I", bound=Input)  # noqa: E741 - the conventional letter of an input


class Tier(StrEnum):
    """The sets of tools that a host can be offered; each includes the previous one."""

    CORE = "core"
    DEFAULT = "default"
    ALL = "all"
    READ_ONLY = "read-only"
    """All tools without side effects; not part of the sequence."""


class Hint(StrEnum):
    """The effect of a tool; hosts see it as annotations."""

    READS = "reads"
    ADDS = "adds"
    """Changes Podium's own state; repeating the call may repeat the effect."""
    SETTLES = "settles"
    """Changes Podium's own state; idempotent."""
    ACTS = "acts"
    """Starts or stops work outside Podium's own state."""


@dataclass(frozen=True, kw_only=True)
class Tool(Generic[I]):
    """A tool.

    Args:
        name: noun_verb; some hosts show only the name until the tool is loaded.
        order: the position in the list of tools.
        description: one or two sentences; the last names the next step.
        hint: what the tool changes.
        input: the model of the arguments; its descriptions are sent to a language model, so each
            word costs tokens.
        handler: handles a call.
        tier: the smallest tier that includes it; READ_ONLY follows from the hint.
        hot: whether hosts that load tools on demand should load it up front.
        serves: the equivalent tool calls, by operation id; `{name}` is a parameter.
        starts_run: whether a call starts a run; hosts that support tasks get the run as a task.
    """

    name: str
    order: int
    description: str
    hint: Hint
    input: type[I]
    handler: Callable[[Call, I], Awaitable[Facts]]
    tier: Tier = Tier.DEFAULT
    hot: bool = False
    serves: Mapping[str, str] = field(default_factory=dict[str, str])
    starts_run: bool = False

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the arguments."""
        return input_schema(self.input)

    def is_in(self, tier: Tier) -> bool:
        """Return whether a tier includes this tool."""
        if tier is Tier.READ_ONLY:
            return self.hint is Hint.READS
        order = [Tier.CORE, Tier.DEFAULT, Tier.ALL]
        return order.index(self.tier) <= order.index(tier)

    def declaration(self) -> wire.Tool:
        """Return the tool as hosts see it."""
        return wire.Tool(
            name=self.name,
            description=self.description,
            input_schema=self.schema,
            annotations=wire.ToolAnnotations(
                read_only_hint=self.hint is Hint.READS,
                destructive_hint=self.hint is Hint.ACTS,
                idempotent_hint=self.hint in (Hint.READS, Hint.SETTLES),
                open_world_hint=self.hint is Hint.ACTS,
            ),
            _meta={"anthropic/alwaysLoad": True} if self.hot else None,
        )


def input_schema(model: type[Input]) -> dict[str, Any]:
    """Return a model's JSON Schema without the parts that only cost tokens.

    Removes titles (they repeat the names, and one host rejects a form with a root title), `null`
    (optional values are omitted, not null) and defaults that mean "omitted".
    """
    schema = _slim(model.model_json_schema())
    assert isinstance(schema, dict), "a model's schema is an object"
    schema.pop("description", None)
    definitions = schema.pop("$defs", {})
    assert isinstance(definitions, dict), "a schema's definitions have names"
    inlined = _inlined(schema, definitions)
    assert isinstance(inlined, dict), "it was an object before"
    return {**inlined}


def _slim(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_slim(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _slim_all(value) if key in ("properties", "$defs") else _slim(value)
        for key, value in _without_null(node).items()
        if not _is_redundant(key, value)
    }


def _without_null(node: dict[str, JsonValue]) -> dict[str, JsonValue]:
    kinds = node.get("anyOf")
    if not isinstance(kinds, list):
        return node
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    kept = [each for each in kinds if each != {"type": "null"}]
    only = kept[0] if len(kept) == 1 else {"anyOf": kept}
    return {**rest, **only} if isinstance(only, dict) else node


def _slim_all(named: JsonValue) -> JsonValue:
    assert isinstance(named, dict), "properties and definitions have names"
    return {name: _slim(schema) for name, schema in named.items()}


def _is_redundant(key: str, value: JsonValue) -> bool:
    return key == "title" or (key == "default" and value in (None, "", [], {}, False))


def _inlined(node: JsonValue, definitions: Mapping[str, JsonValue]) -> JsonValue:
    """Inline references: several hosts do not resolve them."""
    if isinstance(node, list):
        return [_inlined(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = str(node["$ref"]).rsplit("/", 1)[-1]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        target = definitions[name]
        assert isinstance(target, dict), "a definition is an object"
        own = {key: value for key, value in target.items() if key != "description"}
        return _inlined({**own, **rest}, definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}
