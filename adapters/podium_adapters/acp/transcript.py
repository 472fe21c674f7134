"""Gathers what an agent says and does in one turn; must not know the wire.

Some agents speak for themselves in the voice of the model: notes, errors, and a message that they
begin anew after a broken stream. The profile says how to tell these apart.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import anyio

from podium.model.agents import Note, PermissionAsked, TextChunk, ThoughtChunk, ToolUse
from podium.ports.agent import EventSink
from podium_adapters.acp.policy import Action, Decision
from podium_adapters.acp.profile import Profile

_MOST_MESSAGES_IN_A_ROW = 2

ToolStatus = Literal["pending", "running", "completed", "failed"]


@dataclass(frozen=True)
class ToolNews:
    """What is told about the use of a tool; empty fields say nothing new.

    Args:
        id: the use's name within the session.
        paths: the files that it is about.
        said: what it says about its result.
    """

    id: str
    title: str = ""
    kind: str = ""
    status: ToolStatus | None = None
    paths: tuple[str, ...] = ()
    said: str = ""


@dataclass
class _Tool:
    title: str = ""
    kind: str = ""
    status: ToolStatus = "pending"
    paths: tuple[str, ...] = ()


@dataclass
class Transcript:
    """One turn.

    Args:
        profile: how to tell the agent's own words from the model's.
        sink: where events go.
        folder: the working folder; paths in it are told relative to it.
        redact: removes secrets from a text.
    """

    profile: Profile
    sink: EventSink
    folder: Path
    redact: Callable[[str], str]
    error: str = ""
    """The error with which the agent ended its turn, when it told it as a message."""
    denied: list[str] = field(default_factory=list[str])
    cost_usd: float | None = None
    broken: anyio.Event = field(default_factory=anyio.Event)
    """Set when message follows on message although nothing is done in between."""
    _parts: list[str] = field(default_factory=list[str])
    _message_starts_at: int = 0
    _message_id: str = ""
    _messages_in_a_row: int = 1
    _tools: dict[str, _Tool] = field(default_factory=dict[str, _Tool])
    _tool_since_text: bool = False
    _spoke_since_denial: bool = True

    @property
    def text(self) -> str:
        """Return everything that the model said."""
        return self.redact("".join(self._parts))

    @property
    def did_nothing(self) -> bool:
        """Return whether the model neither said anything nor used a tool."""
        return not self._tools and not "".join(self._parts).strip()

    @property
    def gave_up(self) -> bool:
        """Return whether nothing was said after something had been denied."""
        return bool(self.denied) and not self._spoke_since_denial

    def hear(self, text: str, message_id: str) -> None:
        """Take a piece of a message.

        Args:
            text: the piece.
            message_id: which message it belongs to, or "" where the agent does not say.
        """
        if _matches(self.profile.note_pattern, text):
            self._hear_note(text)
        elif self.profile.error_prefix and text.startswith(self.profile.error_prefix):
            self.error = self.redact(text.removeprefix(self.profile.error_prefix).strip())
            self.note(text)
        elif text:
            self._hear_model(text, message_id)

    def hear_thought(self, text: str) -> None:
        """Take a piece of the model's reasoning."""
        self.sink.emit(ThoughtChunk(text=self.redact(text)))

    def note(self, text: str) -> None:
        """Tell something that is not the model's."""
        self.sink.emit(Note(text=self.redact(text)))

    def see_tool(self, news: ToolNews) -> None:
        """Take news of the use of a tool; tells its beginning and each change of status."""
        tool, is_new = self._tools.get(news.id), news.id not in self._tools
        former = tool.status if tool else None
        tool = self._learn(news)
        if is_new:
            self._tool_since_text = True
        if is_new or tool.status != former:
            title = self.redact(tool.title or tool.kind or news.id)
            paths = tuple(self._shown(path) for path in tool.paths)
            self.sink.emit(ToolUse(id=news.id, title=title, status=tool.status, paths=paths))
            if tool.status == "failed" and _matches(self.profile.denial_pattern, news.said):
                self._deny(f"{title}: {self.redact(news.said)}")

    def see_decision(self, action: Action, decision: Decision) -> None:
        """Take what the role's policy answered to a question of the agent."""
        title = self.redact(action.title)
        self.sink.emit(
            PermissionAsked(title=title, allowed=decision.allowed, reason=decision.reason)
        )
        if not decision.allowed:
            self._deny(f"{title}: {decision.reason}")

    def action(self, news: ToolNews) -> Action:
        """Return what is asked for, with all that was told of that use of a tool before."""
        tool = self._learn(replace(news, status=None))
        return Action(kind=tool.kind, title=tool.title or tool.kind or news.id, paths=tool.paths)

    def _hear_note(self, text: str) -> None:
        self.note(text)
        if _matches(self.profile.restart_pattern, text):
            del self._parts[self._message_starts_at :]

    def _hear_model(self, text: str, message_id: str) -> None:
        another = bool(self._message_id) and message_id != self._message_id
        self._count_messages(another=another)
        if (another or self._tool_since_text) and self._parts:
            self._parts.append("\n\n")
        if another or self._tool_since_text:
            self._message_starts_at = len(self._parts)
        self._message_id, self._tool_since_text = message_id, False
        self._spoke_since_denial, self.error = True, ""
        self._parts.append(text)
        self.sink.emit(TextChunk(text=self.redact(text)))

    def _count_messages(self, *, another: bool) -> None:
        """Notice an agent that asks its model again and again because the answers break off.

        Two messages in a row are fine: the second repairs the first, or follows on a summary.
        """
        if self._tool_since_text:
            self._messages_in_a_row = 1
        elif another:
            self._messages_in_a_row += 1
        endless = self._messages_in_a_row > _MOST_MESSAGES_IN_A_ROW
        if endless and self.profile.asks_again_for_ever:
            self.broken.set()

    def _learn(self, news: ToolNews) -> _Tool:
        tool = self._tools.setdefault(news.id, _Tool())
        tool.title = news.title or tool.title
        tool.kind = news.kind or tool.kind
        tool.status = news.status or tool.status
        tool.paths = tuple(dict.fromkeys((*tool.paths, *news.paths)))
        return tool

    def _shown(self, path: str) -> str:
        return path.removeprefix(f"{self.folder}/")

    def _deny(self, sentence: str) -> None:
        self.denied.append(sentence)
        self._spoke_since_denial = False


def _matches(pattern: str, text: str) -> bool:
    return bool(pattern) and re.search(pattern, text, re.IGNORECASE) is not None
