"""Codex: one prompt per process, JSON lines on its output.

`codex exec` never asks; its sandbox confines it to the role's rights, and a blocked write looks
like a success. It announces retries, and may then wait for hours or forever. Podium's policy
decides on retries, so the turn ends there.
"""

import re
from collections.abc import Sequence
from typing import Literal

from podium.model.agents import Usage
from podium_adapters.acp.outcome import Verdict, judge_text
from podium_adapters.acp.policy import Action, decide
from podium_adapters.acp.transcript import ToolUpdate
from podium_adapters.headless.reader import FINAL_OUTCOMES, LineReader, TurnContext
from podium_adapters.json_values import (
    JsonObject,
    count_at,
    object_at,
    objects_at,
    text_at,
    value_at,
)

_RETRY = re.compile(r"^Reconnecting\W+(?:\d+/\d+ )?(.*)", re.DOTALL)
_MOST_RETRIES = 2
_BLOCKED = re.compile(
    r"Read-only file system|Operation not permitted|Permission denied|sandbox", re.IGNORECASE
)
_Status = Literal["running", "completed", "failed"]


class CodexReader(LineReader):
    """Reads Codex's output in one turn."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._transcript = context.transcript
        self._retries = 0
        self.session_id = ""
        self.usage = Usage()
        self.verdict: Verdict | None = None

    def arguments(self) -> Sequence[str]:
        """Return the session to continue, and that Codex reads the prompt from its input."""
        session = self._context.request.session
        return [*(["resume", session] if session else []), "-"]

    def opening(self) -> bytes:
        """Return the prompt."""
        return self._context.request.prompt.encode()

    def read(self, message: JsonObject) -> Sequence[JsonObject]:
        """Record a message."""
        match message.get("type"):
            case "thread.started":
                self.session_id = text_at(message, "thread_id")
            case "item.started" | "item.updated":
                self._read_item(object_at(message, "item"), "running")
            case "item.completed":
                self._read_item(object_at(message, "item"), "completed")
            case "error":
                self._read_error(text_at(message, "message"))
            case "turn.completed":
                self._read_end(object_at(message, "usage"))
            case "turn.failed":
                words = text_at(message, "error.message")
                self.verdict = judge_text(words, self._context.profile)
            case _:
                pass
        return ()

    def _read_item(self, item: JsonObject, status: _Status) -> None:
        name = text_at(item, "id")
        match item.get("type"):
            case "agent_message" if status == "completed":
                self._transcript.add_text(text_at(item, "text"), name)
            case "reasoning" if status == "completed":
                self._transcript.add_thought(text_at(item, "text"))
            case "error":
                self._transcript.note(text_at(item, "message"))
            case "command_execution":
                self._read_command(item, status)
            case "file_change":
                paths = tuple(text_at(each, "path") for each in objects_at(item, "changes"))
                self._read_change(item, paths, status)
            case "mcp_tool_call" | "web_search":
                title = text_at(item, "tool") or text_at(item, "query") or text_at(item, "type")
                self._add_tool(item, "other", title, status)
            case _:
                pass

    def _read_command(self, item: JsonObject, status: _Status) -> None:
        command, output = text_at(item, "command"), text_at(item, "aggregated_output")
        self._add_tool(item, "execute", command, status)
        if status == "completed" and (found := _BLOCKED.search(output)):
            self._transcript.add_denial(f"{command}: {found[0]}")

    def _read_change(self, item: JsonObject, paths: tuple[str, ...], status: _Status) -> None:
        folder = f"{self._context.request.folder}/"
        title = f"change {', '.join(path.removeprefix(folder) for path in paths)}"
        self._add_tool(item, "edit", title, status, paths)
        if status != "completed" or text_at(item, "status") != "failed":
            return
        action = Action("edit", title, paths)
        decision = decide(action, self._context.request.permissions, self._context.folder)
        if not decision.allowed:
            self._transcript.add_denial(f"{title}: {decision.reason}")

    def _add_tool(
        self,
        item: JsonObject,
        kind: str,
        title: str,
        status: _Status,
        paths: tuple[str, ...] = (),
    ) -> None:
        failed = status == "completed" and (
            text_at(item, "status") in ("failed", "declined")
            or value_at(item, "exit_code") not in (None, 0)
        )
        shown: _Status = "failed" if failed else status
        self._transcript.add_tool_update(ToolUpdate(text_at(item, "id"), title, kind, shown, paths))

    def _read_error(self, words: str) -> None:
        """Record an error; end the turn if Codex would retry in vain."""
        retry = _RETRY.search(words)
        if retry is None:
            self._transcript.note(words)
            return
        words = retry[1].removeprefix("(").removesuffix(")")
        verdict = judge_text(words, self._context.profile)
        self._retries += 1
        if verdict.outcome in FINAL_OUTCOMES or self._retries > _MOST_RETRIES:
            self._transcript.add_retry(words)
        else:
            self._transcript.note(words)

    def _read_end(self, usage: JsonObject) -> None:
        self.usage = Usage(
            input_tokens=count_at(usage, "input_tokens"),
            output_tokens=count_at(usage, "output_tokens"),
            cached_tokens=count_at(usage, "cached_input_tokens"),
        )
        self.verdict = self._context.judge_end()
