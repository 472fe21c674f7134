"""One turn with a model, by pydantic-ai: only this module, `models` and `history` know it."""

from collections.abc import Mapping
from typing import Any

from pydantic_ai import Agent, Tool
from pydantic_ai.capabilities import ProcessHistory
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelQuotaExceededError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
)
from pydantic_ai.usage import RunUsage, UsageLimits

from podium_adapters.api.endpoint import Dialect, Endpoint, Mode
from podium_adapters.api.history import make_shortener
from podium_adapters.api.models import make_model, make_settings
from podium_adapters.api.pipe import Pipe
from podium_adapters.api.prompts import instructions, repair
from podium_adapters.api.toolbox import RepetitionError, Toolbox

_REPAIRS = 2
_RETRIES = 3
"""How often in a row the model may call a tool with arguments that do not fit."""
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (ModelQuotaExceededError, "quota"),
    (ModelContextWindowExceededError, "context"),
    (ModelConnectionError, "connection"),
    (ContentFilterError, "filter"),
    (OutputTokenLimitExceeded, "cut"),
    (UsageLimitExceeded, "bound"),
    (UnexpectedModelBehavior, "reply"),
    (RepetitionError, "reply"),
)


class FinishError(Exception):
    """The model's answer ended in another way than by being complete.

    Args:
        kind: `cut` or `filter`.
        detail: a sentence.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Session:
    """A turn.

    Args:
        job: `endpoint`, `key`, `seconds`, `prompt`, `write`.
        pipe: the connection to Podium.
        toolbox: the tools of the role.
    """

    def __init__(self, job: Mapping[str, Any], pipe: Pipe, toolbox: Toolbox) -> None:
        self._endpoint = Endpoint.model_validate(job["endpoint"])
        self._job = job
        self._pipe = pipe
        self._usage = RunUsage()
        self._message = 0
        self._toolbox = toolbox

    async def run(self) -> None:
        """Have the turn, and report how it ended; errors are raised after the report."""
        try:
            await self._talk(self._make_agent())
        except Exception as error:
            self._report("failed", **_failure(error))
            raise
        self._report("end")

    def _make_agent(self) -> Agent[object, str]:
        mode = self._endpoint.mode
        functions = () if mode is Mode.TEXT else self._toolbox.functions()
        return Agent(
            make_model(self._endpoint, self._job["key"], self._job["seconds"]),
            instructions=instructions(mode, write=self._job["write"]),
            model_settings=make_settings(self._endpoint),
            tools=[Tool(each, sequential=True) for each in functions],
            capabilities=[ProcessHistory(make_shortener(self._endpoint.context_tokens))],
            retries=_RETRIES,
        )

    async def _talk(self, agent: Agent[object, str]) -> None:
        text, history = await self._ask(agent, self._job["prompt"], [])
        if self._endpoint.mode is not Mode.TEXT or not self._job["write"]:
            return
        answer = await self._pipe.ask("blocks", text=text)
        for _ in range(_REPAIRS):
            if answer["clean"]:
                return
            text, history = await self._ask(agent, repair(answer["text"]), history)
            answer = await self._pipe.ask("blocks", text=text)
        if not answer["changed"]:
            raise UnexpectedModelBehavior(f"the answer cannot be used: {answer['text']}")

    async def _ask(
        self, agent: Agent[object, str], prompt: str, history: list[ModelMessage]
    ) -> tuple[str, list[ModelMessage]]:
        """Return the model's last text and all messages."""
        limits = UsageLimits(
            request_limit=self._endpoint.max_requests,
            total_tokens_limit=self._endpoint.max_tokens or None,
        )
        async with agent.iter(
            prompt, message_history=history, usage_limits=limits, usage=self._usage
        ) as run:
            async for node in run:
                if Agent.is_model_request_node(node):
                    self._message += 1
                    async with node.stream(run.ctx) as stream:
                        async for event in stream:
                            self._show(event)
                elif Agent.is_call_tools_node(node):
                    _check_finish(node.model_response, self._endpoint.dialect)
        assert run.result is not None, "a run without an error has a result"
        return run.result.output, run.result.all_messages()

    def _show(self, event: object) -> None:
        """Send a piece of the model's message or reasoning."""
        part = event.part if isinstance(event, PartStartEvent) else None
        delta = event.delta if isinstance(event, PartDeltaEvent) else None
        if isinstance(part, TextPart) and part.content:
            self._pipe.send("text", text=part.content, message=str(self._message))
        elif isinstance(delta, TextPartDelta) and delta.content_delta:
            self._pipe.send("text", text=delta.content_delta, message=str(self._message))
        elif isinstance(part, ThinkingPart) and part.content:
            self._pipe.send("thought", text=part.content)
        elif isinstance(delta, ThinkingPartDelta) and delta.content_delta:
            self._pipe.send("thought", text=delta.content_delta)

    def _report(self, message: str, /, **fields: Any) -> None:
        usage = self._usage
        cost = usage.cost
        self._pipe.send(
            message,
            # A service that reports no usage has not used nothing.
            input_tokens=usage.input_tokens or None,
            output_tokens=usage.output_tokens or None,
            cached_tokens=usage.cache_read_tokens if usage.input_tokens else None,
            cost_usd=float(cost) if cost is not None else None,
            **fields,
        )


def _check_finish(response: ModelResponse, dialect: Dialect) -> None:
    """Check how an answer ended, before its tools are used.

    For the chat API, the library reports a missing reason as `stop`; what the service sent is in
    the details.

    Raises:
        FinishError: it is incomplete, or was filtered.
    """
    details = response.provider_details or {}
    is_cut = dialect is Dialect.OPENAI_CHAT and not details.get("finish_reason")
    match None if is_cut else response.finish_reason:
        case "stop" | "tool_call":
            return
        case "length":
            raise FinishError("cut", "the model's answer reached its length limit")
        case "content_filter":
            raise FinishError("filter", "the model refused")
        case "error":
            raise FinishError("cut", "the model's answer ended with an error")
        case None:
            raise FinishError("cut", "the model's answer was truncated: it has no finish reason")


def _failure(error: Exception) -> dict[str, Any]:
    """Return what is known about a failure, for the verdict."""
    kind = next((word for each, word in _KINDS if isinstance(error, each)), "")
    found: dict[str, Any] = {"kind": kind, "detail": str(error)}
    if isinstance(error, FinishError):
        return found | {"kind": error.kind}
    if isinstance(error, ModelHTTPError):
        headers = error.headers or {}
        return found | {"status": error.status_code, "headers": headers, "body": error.body}
    if isinstance(error, ModelAPIError | AgentRunError | UserError | RepetitionError):
        return found
    return found | {"detail": f"{type(error).__name__}: {error}"}
