"""pi: one prompt per process, JSON lines on its output.

pi never asks, and nothing confines it: a role's rights decide only which tools it is offered. Its
exit code is 0 even after an error, so the stop reason of the last answer decides.
"""

from collections.abc import Sequence

from podium.model.agents import Outcome, Usage
from podium_adapters.acp.outcome import Verdict, judge_text
from podium_adapters.acp.transcript import ToolUpdate
from podium_adapters.headless.reader import FINAL_OUTCOMES, LineReader, TurnContext
from podium_adapters.json_values import (
    JsonObject,
    count_at,
    number_at,
    object_at,
    text_at,
    value_at,
)

_KINDS = {
    **{"read": "read", "grep": "search", "find": "search", "ls": "search"},
    **{"edit": "edit", "write": "edit", "bash": "execute"},
}
_MOST_RETRIES = 2


class PiReader(LineReader):
    """Reads pi's output in one turn."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._transcript = context.transcript
        self._answers = 0
        self._retries = 0
        self._stop_reason = ""
        self._error = ""
        self.session_id = ""
        self.usage = Usage()
        self.verdict: Verdict | None = None

    def arguments(self) -> Sequence[str]:
        """Return the tools that the role may not use."""
        allowed = self._context.request.permissions
        tools = [] if allowed.write else ["edit", "write"]
        tools += [] if allowed.commands else ["bash"]
        return ["--exclude-tools", ",".join(tools)] if tools else []

    def opening(self) -> bytes:
        """Return the prompt."""
        return self._context.request.prompt.encode()

    def read(self, message: JsonObject) -> Sequence[JsonObject]:
        """Record a message."""
        match message.get("type"):
            case "session":
                self.session_id = text_at(message, "id")
            case "message_start" if text_at(message, "message.role") == "assistant":
                self._answers += 1
            case "message_update":
                self._read_delta(object_at(message, "assistantMessageEvent"))
            case "message_end" if text_at(message, "message.role") == "assistant":
                self._read_answer(object_at(message, "message"))
            case "tool_execution_start":
                self._add_tool(message, ended=False)
            case "tool_execution_end":
                self._add_tool(message, ended=True)
            case "auto_retry_start":
                self._read_retry(text_at(message, "errorMessage") or self._error)
            case "agent_settled":
                self.verdict = self._judge(is_aborted=value_at(message, "aborted") is True)
            case _:
                pass
        return ()

    def _read_delta(self, event: JsonObject) -> None:
        match event.get("type"):
            case "text_delta":
                self._transcript.add_text(text_at(event, "delta"), f"m{self._answers}")
            case "thinking_delta":
                self._transcript.add_thought(text_at(event, "delta"))
            case _:
                pass

    def _read_answer(self, message: JsonObject) -> None:
        self._stop_reason = text_at(message, "stopReason")
        self._error = text_at(message, "errorMessage")
        usage, cost = object_at(message, "usage"), number_at(message, "usage.cost.total")
        total = self.usage
        self.usage = Usage(
            input_tokens=(total.input_tokens or 0) + (count_at(usage, "input") or 0),
            output_tokens=(total.output_tokens or 0) + (count_at(usage, "output") or 0),
            cached_tokens=(total.cached_tokens or 0) + (count_at(usage, "cacheRead") or 0),
            # pi does not know the prices of all models; it then says 0.
            cost_usd=(total.cost_usd or 0) + cost if cost else total.cost_usd,
        )

    def _add_tool(self, message: JsonObject, *, ended: bool) -> None:
        name, given = text_at(message, "toolName"), object_at(message, "args")
        path = text_at(given, "path")
        what = text_at(given, "command") or path.removeprefix(f"{self._context.request.folder}/")
        failed = value_at(message, "isError") is True
        self._transcript.add_tool_update(
            ToolUpdate(
                text_at(message, "toolCallId"),
                title=f"{name} {what}".strip() if what else "",
                kind=_KINDS.get(name, "other"),
                status=("failed" if failed else "completed") if ended else "running",
                paths=(path,) if path else (),
            )
        )

    def _read_retry(self, words: str) -> None:
        """Record a retry; end the turn if it would be in vain."""
        self._retries += 1
        outcome = judge_text(words, self._context.profile).outcome
        if outcome in FINAL_OUTCOMES or self._retries > _MOST_RETRIES:
            self._transcript.add_retry(words)
        else:
            self._transcript.note(f"the model's server failed ({words}); one more attempt")

    def _judge(self, *, is_aborted: bool) -> Verdict:
        if is_aborted:
            return Verdict(Outcome.CANCELLED, "the agent reported the turn as aborted")
        match self._stop_reason:
            case "stop":
                return self._context.judge_end()
            case "error" | "aborted":
                return judge_text(self._error or "the model's answer failed", self._context.profile)
            case "length":
                return Verdict(Outcome.TRUNCATED, "the model's answer reached its length limit")
            case reason:
                detail = f"the last answer is incomplete: {reason or 'there is none'}"
                return Verdict(Outcome.TRUNCATED, detail)
