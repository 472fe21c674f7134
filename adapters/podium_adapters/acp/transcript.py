"""Records an agent's messages and actions in one turn.

Some agents send their own notes and errors as model messages, or restart a message after a broken
stream. The profile describes how to distinguish them.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import anyio

from podium.model.agents import Note, PermissionRequest, TextChunk, ThoughtChunk, ToolUse, Usage
from podium.ports.agent import EventSink
from podium_adapters.acp.policy import Action, Decision
from podium_adapters.acp.profile import Profile
from podium_adapters.json_values import count_at, object_at, text_at
from podium_adapters.repetition import Repetition

_MOST_MESSAGES_IN_A_ROW = 2

ToolStatus = Literal["pending", "running", "completed", "failed"]


@dataclass(frozen=True)
class ToolUpdate:
    """An update about a tool use; empty fields mean no change.

    Args:
        id: the id of the tool use within the session.
        paths: the affected files.
        output: the text of its result.
        content: what exactly it does, for a person who has to allow it.
    """

    id: str
    title: str = ""
    kind: str = ""
    status: ToolStatus | None = None
    paths: tuple[str, ...] = ()
    output: str = ""
    content: str = ""


@dataclass
class _Tool:
    title: str = ""
    kind: str = ""
    status: ToolStatus = "pending"
    paths: tuple[str, ...] = ()
    content: str = ""


@dataclass
class Transcript:
    """The record of one turn.

    Args:
        profile: distinguishes the agent's own messages from the model's.
        sink: receives the events.
        folder: the working folder; events contain paths relative to it.
        redact: removes secrets from text.
    """

    profile: Profile
    sink: EventSink
    folder: Path
    redact: Callable[[str], str]
    error: str = ""
    """The error that ended the turn, if the agent sent it as a message."""
    denied: list[str] = field(default_factory=list[str])
    cost_usd: float | None = None
    usage: Usage | None = None
    """The tokens of all model requests, if the agent reports them with its messages."""
    broken: anyio.Event = field(default_factory=anyio.Event)
    """Set if the turn makes no progress: the model repeats itself, or the agent waits to retry."""
    loop: str = ""
    """How the model repeats itself, or ""."""
    retry: str = ""
    """Why the agent retries, if it reports that."""
    _parts: list[str] = field(default_factory=list[str])
    _message_starts_at: int = 0
    _message_id: str = ""
    _messages_in_a_row: int = 1
    _tools: dict[str, _Tool] = field(default_factory=dict[str, _Tool])
    _begun: set[str] = field(default_factory=set[str])
    """The tool uses that the agent reported; some ask for permission before they report one."""
    _tool_since_text: bool = False
    _spoke_since_denial: bool = True
    _repetition: Repetition = field(default_factory=Repetition)

    @property
    def text(self) -> str:
        """Return all text from the model."""
        return self.redact("".join(self._parts))

    @property
    def did_nothing(self) -> bool:
        """Return whether the model sent no text and used no tool."""
        return not self._tools and not "".join(self._parts).strip()

    @property
    def gave_up(self) -> bool:
        """Return whether there was no text after a denial."""
        return bool(self.denied) and not self._spoke_since_denial

    def add_text(self, text: str, message_id: str) -> None:
        """Record a chunk of a message.

        Args:
            text: the chunk.
            message_id: the message to which it belongs, or "" if the agent does not specify it.
        """
        if _matches(self.profile.note_pattern, text):
            self._add_note(text)
        elif self.profile.error_prefix and text.startswith(self.profile.error_prefix):
            self.error = self.redact(text.removeprefix(self.profile.error_prefix).strip())
            self.note(text)
        elif text:
            self._add_model_text(text, message_id)

    def add_thought(self, text: str) -> None:
        """Record a chunk of the model's reasoning."""
        self.sink.emit(ThoughtChunk(text=self.redact(text)))

    def note(self, text: str) -> None:
        """Emit a note that is not from the model."""
        self.sink.emit(Note(text=self.redact(text)))

    def add_tool_update(self, update: ToolUpdate) -> None:
        """Record an update of a tool use; emits its start and each change of status."""
        tool, is_new = self._tools.get(update.id), update.id not in self._begun
        former = tool.status if tool else None
        tool = self._merge_update(update)
        if is_new:
            self._begun.add(update.id)
            self._tool_since_text = True
            self._note_loop(self._repetition.end_message())
            self._note_loop(self._repetition.add_action(f"{tool.kind}: {tool.title} {tool.paths}"))
        if is_new or tool.status != former:
            title = self.redact(tool.title or tool.kind or update.id)
            paths = tuple(self._shown(path) for path in tool.paths)
            self.sink.emit(ToolUse(id=update.id, title=title, status=tool.status, paths=paths))
            if tool.status == "failed":
                self._read_failure(title, self.redact(update.output))

    def _read_failure(self, title: str, output: str) -> None:
        if _matches(self.profile.denial_pattern, output):
            self._deny(f"{title}: {output}")
        elif _matches(self.profile.fatal_pattern, output):
            self.error = output

    def add_meta(self, meta: Mapping[str, object]) -> None:
        """Record an extension's data, in which some agents report retries."""
        found = object_at(meta, self.profile.retry_place)
        if found:
            message = text_at(found, "additionalDetails") or text_at(found, "message")
            self.add_retry(message or json.dumps(dict(found)))

    def add_message_usage(self, meta: Mapping[str, object]) -> None:
        """Record the tokens of one model request, which some agents send with its message."""
        place = self.profile.message_usage
        if place is None or count_at(meta, place.output_tokens) is None:
            return
        former = self.usage or Usage()
        self.usage = Usage(
            input_tokens=(former.input_tokens or 0) + (count_at(meta, place.input_tokens) or 0),
            output_tokens=(former.output_tokens or 0) + (count_at(meta, place.output_tokens) or 0),
        )

    def add_retry(self, text: str) -> None:
        """Record that the agent retries; the turn ends, because Podium decides on retries."""
        self.retry = self.redact(text)
        self.note(f"the agent tries again: {text}")
        self.broken.set()

    def add_denial(self, sentence: str) -> None:
        """Record an action that the agent itself denied."""
        self._deny(self.redact(sentence))

    def restart_message(self) -> None:
        """Forget the last message, because it will be sent again from its start."""
        del self._parts[self._message_starts_at :]

    def add_decision(self, action: Action, decision: Decision) -> None:
        """Record the policy's decision on a permission request."""
        title = self.redact(action.title)
        self.sink.emit(
            PermissionRequest(title=title, allowed=decision.allowed, reason=decision.reason)
        )
        if not decision.allowed:
            self._deny(f"{title}: {decision.reason}")

    def action(self, update: ToolUpdate) -> Action:
        """Return the requested action, including earlier updates of the tool use."""
        tool = self._merge_update(replace(update, status=None))
        title = tool.title or tool.kind or update.id
        return Action(kind=tool.kind, title=title, paths=tool.paths, content=tool.content)

    def _add_note(self, text: str) -> None:
        self.note(text)
        if _matches(self.profile.restart_pattern, text):
            self.restart_message()

    def _add_model_text(self, text: str, message_id: str) -> None:
        another = bool(self._message_id) and message_id != self._message_id
        self._count_messages(another=another)
        if (another or self._tool_since_text) and self._parts:
            self._parts.append("\n\n")
        if another or self._tool_since_text:
            self._message_starts_at = len(self._parts)
        self._message_id, self._tool_since_text = message_id, False
        self._spoke_since_denial, self.error = True, ""
        self._parts.append(text)
        if another:
            self._note_loop(self._repetition.end_message())
        self._note_loop(self._repetition.add_text(text))
        self.sink.emit(TextChunk(text=self.redact(text)))

    def _note_loop(self, sentence: str) -> None:
        if sentence and not self.broken.is_set():
            self.loop = sentence
            self.broken.set()

    def _count_messages(self, *, another: bool) -> None:
        """Detect an agent that keeps retrying because the model's answers break off.

        Two messages in a row are fine: the second repairs the first, or follows a summary.
        """
        if self._tool_since_text:
            self._messages_in_a_row = 1
        elif another:
            self._messages_in_a_row += 1
        endless = self._messages_in_a_row > _MOST_MESSAGES_IN_A_ROW
        if endless and self.profile.asks_again_for_ever:
            self.broken.set()

    def _merge_update(self, update: ToolUpdate) -> _Tool:
        tool = self._tools.setdefault(update.id, _Tool())
        tool.title = update.title or tool.title
        tool.kind = update.kind or tool.kind
        tool.status = update.status or tool.status
        tool.content = update.content or tool.content
        tool.paths = tuple(dict.fromkeys((*tool.paths, *update.paths)))
        return tool

    def _shown(self, path: str) -> str:
        return path.removeprefix(f"{self.folder}/")

    def _deny(self, sentence: str) -> None:
        self.denied.append(sentence)
        self._spoke_since_denial = False


def _matches(pattern: str, text: str) -> bool:
    return bool(pattern) and re.search(pattern, text, re.IGNORECASE) is not None
