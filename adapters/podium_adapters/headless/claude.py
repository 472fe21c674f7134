"""Claude Code: one prompt per process, JSON lines in both directions.

It asks before each change and each command, and Podium answers according to the role's policy. Its
reports cannot be taken literally: an error from the model server has the subtype `success`, as does
a turn in which everything was denied.
"""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from podium.model.agents import Outcome, Usage
from podium_adapters.acp.outcome import Verdict, judge_text
from podium_adapters.acp.policy import Action, ActionKind, Decision, kind_of
from podium_adapters.acp.rights import diff_of, exact_input
from podium_adapters.acp.transcript import ToolStatus, ToolUpdate
from podium_adapters.headless.reader import Later, LineReader, TurnContext
from podium_adapters.json_values import (
    JsonObject,
    count_at,
    number_at,
    object_at,
    objects_at,
    text_at,
    value_at,
)

_KINDS = {
    "Read": "read",
    "Glob": "search",
    "Grep": "search",
    "Edit": "edit",
    "MultiEdit": "edit",
    "Write": "edit",
    "NotebookEdit": "edit",
    "Bash": "execute",
}
_PATHS = ("file_path", "notebook_path", "path")
_BY_STATUS = {
    400: Outcome.INVALID_REQUEST,
    401: Outcome.UNAUTHENTICATED,
    403: Outcome.UNAUTHENTICATED,
    404: Outcome.INVALID_REQUEST,
    413: Outcome.CONTEXT_TOO_LONG,
    429: Outcome.RATE_LIMITED,
    500: Outcome.UNAVAILABLE,
    502: Outcome.UNAVAILABLE,
    503: Outcome.UNAVAILABLE,
    504: Outcome.UNAVAILABLE,
    529: Outcome.UNAVAILABLE,
}
_REFINED = {Outcome.QUOTA_EXHAUSTED, Outcome.CONTEXT_TOO_LONG, Outcome.UNAUTHENTICATED}
"""Outcomes that an error's text determines, because its status is less specific."""
_OWN_LIMITS = {
    "error_max_turns": "the agent reached the maximum number of its turns",
    "error_max_budget_usd": "the agent reached the budget of this call",
}
_SOON_SECONDS = 7200.0
_OWN_MODEL = "<synthetic>"
"""The model name in messages that Claude Code writes itself: errors from the model server."""


class ClaudeReader(LineReader):
    """Reads Claude Code's output in one turn."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._transcript = context.transcript
        self._streamed = ""
        self._message_id = ""
        self._resets_at: float | None = None
        self.session_id = context.request.session or str(uuid.uuid4())
        self.usage = Usage()
        self.verdict: Verdict | None = None

    def arguments(self) -> Sequence[str]:
        """Return the budget and the session: an earlier one, or a new one with an id that is chosen
        here, so that it is known early."""
        request = self._context.request
        budget = request.options.get("max_budget_usd", "")
        session = ["--resume" if request.session else "--session-id", self.session_id]
        return [*session, *(["--max-budget-usd", budget] if budget else [])]

    def opening(self) -> bytes:
        """Return the handshake and the prompt."""
        prompt = {"role": "user", "content": self._context.request.prompt}
        messages = [_request("start", "initialize"), {"type": "user", "message": prompt}]
        return "".join(f"{json.dumps(each)}\n" for each in messages).encode()

    @property
    def keeps_input_open(self) -> bool:
        """Return True: Claude Code reads answers during the turn."""
        return True

    def interrupt(self) -> JsonObject:
        """Return the message that ends the turn."""
        return _request("stop", "interrupt")

    def read(self, message: JsonObject) -> Sequence[JsonObject | Later]:
        """Record a message, and return the answer to a question."""
        if text_at(message, "parent_tool_use_id"):
            return ()
        match message.get("type"):
            case "control_request":
                return [self._answer(message)]
            case "stream_event":
                self._read_stream(object_at(message, "event"))
            case "assistant":
                self._read_assistant(object_at(message, "message"))
            case "user":
                self._read_results(object_at(message, "message"))
            case "system":
                self._read_system(message)
            case "rate_limit_event":
                self._read_limit(object_at(message, "rate_limit_info"))
            case "result":
                self._read_result(message)
            case _:
                pass
        return ()

    def _answer(self, message: JsonObject) -> JsonObject | Later:
        """Decide on a permission request, or ask a person; refuse any other question."""
        asked, request_id = object_at(message, "request"), text_at(message, "request_id")
        if asked.get("subtype") != "can_use_tool":
            error = f"Podium does not answer {text_at(asked, 'subtype') or 'this'}"
            return _response({"subtype": "error", "request_id": request_id, "error": error})
        given, rights = object_at(asked, "input"), self._context.rights
        action = self._action(text_at(asked, "tool_name"), given)
        found = rights.decide(action)
        if isinstance(found, Decision):
            return self._decided(request_id, given, action, found)

        async def ask() -> JsonObject:
            exact = replace(action, content=_exact(action, given, self._context.folder))
            decision = await rights.ask(found, exact)
            return self._decided(request_id, given, action, decision)

        return ask

    def _decided(
        self, request_id: str, given: JsonObject, action: Action, decision: Decision
    ) -> JsonObject:
        """Record a decision and return the answer, which allows exactly the given input."""
        self._transcript.add_decision(action, decision)
        answer: JsonObject = {"behavior": "deny", "message": decision.reason}
        if decision.allowed:
            answer = {"behavior": "allow", "updatedInput": given}
        return _response({"subtype": "success", "request_id": request_id, "response": answer})

    def _read_stream(self, event: JsonObject) -> None:
        match event.get("type"):
            case "message_start":
                self._message_id, self._streamed = text_at(event, "message.id"), ""
            case "content_block_delta":
                text = text_at(event, "delta.text")
                self._streamed += text
                self._transcript.add_text(text, self._message_id)
                if thought := text_at(event, "delta.thinking"):
                    self._transcript.add_thought(thought)
            case _:
                pass

    def _read_assistant(self, message: JsonObject) -> None:
        """Record a complete message; its text replaces that of a stream that broke off."""
        is_own = text_at(message, "model") == _OWN_MODEL
        for block in objects_at(message, "content"):
            match block.get("type"):
                case "text" if is_own:
                    self._transcript.note(text_at(block, "text"))
                case "text":
                    self._add_whole_text(text_at(block, "text"), text_at(message, "id"))
                case "tool_use":
                    self._streamed = ""
                    name = text_at(block, "name")
                    action = self._action(name, object_at(block, "input"))
                    self._transcript.add_tool_update(
                        ToolUpdate(
                            text_at(block, "id"), action.title, action.kind, None, action.paths
                        )
                    )
                case _:
                    pass

    def _action(self, tool: str, given: JsonObject) -> Action:
        paths = tuple(path for name in _PATHS if (path := text_at(given, name)))
        folder = f"{self._context.request.folder}/"
        what = text_at(given, "command") or " ".join(each.removeprefix(folder) for each in paths)
        return Action(_KINDS.get(tool, tool), f"{tool} {what}".strip(), paths)

    def _add_whole_text(self, text: str, message_id: str) -> None:
        streamed, self._streamed = self._streamed, ""
        if text == streamed:
            return
        if streamed:
            self._transcript.restart_message()
        self._transcript.add_text(text, message_id)

    def _read_results(self, message: JsonObject) -> None:
        for block in objects_at(message, "content"):
            if block.get("type") != "tool_result":
                continue
            status: ToolStatus = "failed" if block.get("is_error") else "completed"
            output = text_at(block, "content")
            use = text_at(block, "tool_use_id")
            self._transcript.add_tool_update(ToolUpdate(use, status=status, output=output))

    def _read_system(self, message: JsonObject) -> None:
        match message.get("subtype"):
            case "api_retry":
                status = count_at(message, "error_status") or text_at(message, "error")
                self._transcript.note(f"the model's server failed ({status}); one more attempt")
            case "permission_denied":
                reason = text_at(message, "message") or "the agent's own rules deny it"
                self._transcript.add_denial(f"{text_at(message, 'tool_name')}: {reason}")
            case _:
                pass

    def _read_limit(self, info: JsonObject) -> None:
        status = text_at(info, "status")
        self._resets_at = number_at(info, "resetsAt") if status == "rejected" else None
        if status and status != "allowed":
            kind = text_at(info, "rateLimitType") or "unknown"
            self._transcript.note(f"usage limit {kind}: {status}")

    def _read_result(self, message: JsonObject) -> None:
        self.session_id = text_at(message, "session_id") or self.session_id
        self.usage = Usage(
            input_tokens=count_at(message, "usage.input_tokens"),
            output_tokens=count_at(message, "usage.output_tokens"),
            cached_tokens=count_at(message, "usage.cache_read_input_tokens"),
            cost_usd=number_at(message, "total_cost_usd"),
        )
        self.verdict = self._judge(message)

    def _judge(self, message: JsonObject) -> Verdict:
        subtype, words = text_at(message, "subtype"), text_at(message, "result")
        if subtype in _OWN_LIMITS:
            return Verdict(Outcome.TRUNCATED, _OWN_LIMITS[subtype])
        if text_at(message, "stop_reason") == "refusal":
            return Verdict(Outcome.REFUSED, "the model refused")
        if value_at(message, "is_error") is not False or subtype != "success":
            return self._judge_error(count_at(message, "api_error_status"), words or subtype)
        return self._context.judge_end()

    def _judge_error(self, status: int | None, words: str) -> Verdict:
        verdict = judge_text(words, self._context.profile)
        if status in _BY_STATUS and verdict.outcome not in _REFINED:
            verdict = Verdict(_BY_STATUS[status], verdict.detail, verdict.retry_after_seconds)
        if self._resets_at is None or verdict.outcome is not Outcome.RATE_LIMITED:
            return verdict
        wait = max(0.0, self._resets_at - time.time())
        late = Outcome.RATE_LIMITED if wait < _SOON_SECONDS else Outcome.QUOTA_EXHAUSTED
        return Verdict(late, verdict.detail, wait)


def _exact(action: Action, given: JsonObject, folder: Path) -> str:
    """Return what exactly a tool does: its command, its diff or its whole input."""
    if kind_of(action) is not ActionKind.CHANGE:
        return exact_input(given, folder)
    path, old, new = text_at(given, "file_path"), given.get("old_string"), given.get("new_string")
    shown = path.removeprefix(f"{folder}/")
    if isinstance(old, str) and isinstance(new, str):
        every = "every occurrence:\n" if given.get("replace_all") is True else ""
        return every + diff_of(shown, old, new)
    if isinstance(content := given.get("content"), str):
        return diff_of(shown, _text_of(folder / path), content) or f"write {shown} unchanged"
    return exact_input(given, folder)


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _request(request_id: str, subtype: str) -> JsonObject:
    return {
        "type": "control_request",
        "request_id": request_id,
        "request": {"subtype": subtype},
    }


def _response(response: JsonObject) -> JsonObject:
    return {"type": "control_response", "response": response}
