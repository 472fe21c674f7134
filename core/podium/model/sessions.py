"""Sessions and thoughts: persistent containers of context."""

import base64
import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, TypeAdapter

from podium.model.base import Frozen
from podium.model.events import Actor
from podium.model.states import SESSION_MACHINE, SessionState
from podium.words import shorten

BUILT_IN_TYPES = ("planning", "execution", "review", "conversation")
"""Built-in session types; packages can add others through entry points (`agents/registry.py`)."""


class Message(Frozen):
    """A message in a session."""

    role: Literal["person", "assistant", "system"]
    text: str
    at: datetime


class DecisionMade(Frozen):
    """A decision, and the reason for it."""

    text: str
    reason: str = ""
    by: Actor | None = None
    """None if an older version recorded it."""
    at: datetime


class Artifact(Frozen):
    """A file, commit or page that the session created or used."""

    name: str
    reference: str
    """A path in the project, a commit, or a URL."""
    kind: str = "file"


class Context(Frozen):
    """The context of a session."""

    focus: str = ""
    """The current subject of the work."""
    messages: tuple[Message, ...] = ()
    decisions: tuple[DecisionMade, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    summary: str = ""
    """Summary of the older messages that were moved out."""


class Session(Frozen):
    """A persistent container of context: the document `session.json`."""

    id: str
    type: str = "conversation"
    state: SessionState = SESSION_MACHINE.start
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    tags: tuple[str, ...] = ()
    parent_id: str = ""
    plan_id: str = ""
    task_id: str = ""
    context: Context = Context()
    created_at: datetime


class Thought(Frozen):
    """One step of sequential thinking."""

    number: int = Field(ge=1)
    total: int = Field(ge=1)
    """Estimated number of thoughts; may grow."""
    text: str = Field(min_length=1)
    revises: int | None = Field(default=None, ge=1)
    """The number of the thought that this one replaces."""
    branch_from: int | None = Field(default=None, ge=1)
    branch: str = ""
    """Name of the branch; empty for the main line."""
    at: datetime


class ThoughtNode(Frozen):
    """A thought with its revisions and the branches that begin at it."""

    thought: Thought
    revised_by: tuple[int, ...] = ()
    branches: tuple["ThoughtBranch", ...] = ()


class ThoughtBranch(Frozen):
    """The main line or a branch."""

    name: str
    nodes: tuple[ThoughtNode, ...]
    loose: tuple["ThoughtBranch", ...] = ()
    """Branches without a valid starting point; only set on the main line."""


def thought_tree(thoughts: tuple[Thought, ...]) -> ThoughtBranch:
    """Return the thoughts as a tree of the main line and its branches.

    The first thought of a branch determines where it begins. Every thought occurs in the tree
    exactly once, regardless of its `branch_from`.
    """
    origins = _origins(thoughts)
    main = _branch("", thoughts, origins)
    loose = tuple(
        _branch(name, thoughts, origins) for name, origin in origins.items() if origin is None
    )
    return main.model_copy(update={"loose": loose})


def _origins(thoughts: tuple[Thought, ...]) -> dict[str, int | None]:
    """Map each branch to the thought at which it begins; None if that is invalid."""
    lines = {each.number: each.branch for each in thoughts}
    origins: dict[str, int | None] = {}
    for each in thoughts:
        if each.branch and each.branch not in origins:
            known = each.branch_from in lines
            origins[each.branch] = each.branch_from if known else None
    for name in origins:
        if _is_cyclic(name, origins, lines):
            origins[name] = None
    return origins


def _is_cyclic(name: str, origins: dict[str, int | None], lines: dict[int, str]) -> bool:
    seen = {name}
    origin = origins[name]
    while origin is not None:
        parent = lines[origin]
        if parent in seen:
            return parent == name
        seen.add(parent)
        origin = origins.get(parent)
    return False


def _branch(
    name: str, thoughts: tuple[Thought, ...], origins: dict[str, int | None]
) -> ThoughtBranch:
    line = [each for each in thoughts if each.branch == name]
    return ThoughtBranch(name=name, nodes=tuple(_node(each, thoughts, origins) for each in line))


def _node(
    thought: Thought, thoughts: tuple[Thought, ...], origins: dict[str, int | None]
) -> ThoughtNode:
    names = [name for name, origin in origins.items() if origin == thought.number]
    return ThoughtNode(
        thought=thought,
        revised_by=tuple(each.number for each in thoughts if each.revises == thought.number),
        branches=tuple(_branch(name, thoughts, origins) for name in names),
    )


CARRIED_BYTES = 64 * 1024
"""Maximum total size of the messages in a session; the oldest ones are moved out first."""

_KEPT_BYTES = 16 * 1024
_SUMMARY_CHARACTERS = 2000
_LINE_CHARACTERS = 100
_MESSAGES: TypeAdapter[tuple[Message, ...]] = TypeAdapter(tuple[Message, ...])


class OlderMessages(Frozen):
    """Messages that were moved out of a session: the document `messages/<n>.json`."""

    count: int = Field(ge=1)
    first: datetime
    last: datetime
    packed: str
    """The messages as JSON, compressed with zlib, in Base64."""


def split_context(context: Context) -> tuple[Context, OlderMessages | None]:
    """Return a context within the size limit, and the messages moved out of it, if any.

    The newest message is always kept, however long it is.
    """
    sizes = [len(each.model_dump_json()) for each in context.messages]
    if sum(sizes) <= CARRIED_BYTES or len(sizes) < 2:
        return context, None
    kept = 1
    while kept < len(sizes) and sum(sizes[-kept - 1 :]) <= _KEPT_BYTES:
        kept += 1
    older, newer = context.messages[:-kept], context.messages[-kept:]
    summary = _summary(context.summary, older)
    return context.model_copy(update={"messages": newer, "summary": summary}), _packed(older)


def unpacked(older: OlderMessages) -> tuple[Message, ...]:
    """Return the messages that were moved out.

    Raises:
        ValueError: the document is damaged.
    """
    try:
        return _MESSAGES.validate_json(zlib.decompress(base64.b64decode(older.packed)))
    except zlib.error as error:
        raise ValueError("the packed messages cannot be unpacked") from error


def _packed(messages: Sequence[Message]) -> OlderMessages:
    text = json.dumps([each.model_dump(mode="json") for each in messages], ensure_ascii=False)
    return OlderMessages(
        count=len(messages),
        first=messages[0].at,
        last=messages[-1].at,
        packed=base64.b64encode(zlib.compress(text.encode())).decode(),
    )


def _summary(before: str, older: Sequence[Message]) -> str:
    """Return the beginning of each older message; omit the oldest if the limit is exceeded."""
    lines = [*before.splitlines(), *(_beginning(each) for each in older)]
    room = _SUMMARY_CHARACTERS
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def _beginning(message: Message) -> str:
    return f"{message.role}: {shorten(message.text, _LINE_CHARACTERS)}"
