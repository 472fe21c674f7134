"""Prompts: slash commands that each send one message to the model."""

import re
from dataclasses import dataclass

import mcp_types as wire
from mcp import MCPError

from podium.words import truncated
from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project
from podium_mcp.sanitize import plain

_TTL_MS = 3_600_000
_LONGEST_ARGUMENT = 8_000


@dataclass(frozen=True)
class Prompt:
    """A slash command.

    Args:
        description: the description in the host's menu.
        text: the message to the model; `{name}` is replaced by an argument.
        arguments: name, description and whether it is required.
    """

    name: str
    description: str
    text: str
    arguments: tuple[tuple[str, str, bool], ...] = ()


_PLAN = (("plan", "plan id; default: the newest", False),)
_SESSION = (("session", "session id; default: the newest", False),)

PROMPTS: tuple[Prompt, ...] = (
    Prompt(
        "plan",
        "Plan an objective: tasks with criteria, then your approval",
        "Read what you need of this project, then draft a plan with plan_create for this objective:"
        "\n\n{objective}\n\nUse small tasks, each with the files it touches and acceptance criteria"
        " that a command can verify. Show me the plan, then call plan_approve.",
        (("objective", "the goal", True),),
    ),
    Prompt(
        "approve_plan",
        "Ask you to approve a plan",
        "Show me plan {plan} with plan_get detail=full, in a few lines, then call plan_approve"
        " with its version. If this host cannot ask me, tell me the command to run.",
        _PLAN,
    ),
    Prompt(
        "reset_plan",
        "Reset a plan",
        "Only a person can reset a plan, which discards its approval and progress. Tell me in one"
        " line what plan {plan} would lose (plan_check), and that `podium reset {plan}` resets it.",
        _PLAN,
    ),
    Prompt(
        "export_plan",
        "Export a plan to a file",
        "Export plan {plan} to a file in this project with plan_export, as {format}, and tell me"
        " its path.",
        (*_PLAN, ("format", "markdown, json, csv or mermaid", False)),
    ),
    Prompt(
        "new_task",
        "Add a task to a plan",
        "Add a task to plan {plan} with plan_update: {task}\n\nGive it the files it touches and"
        " criteria. The plan then needs my approval again: call plan_approve.",
        (("task", "the work to add", True), *_PLAN),
    ),
    Prompt(
        "list_tasks",
        "Show a plan's tasks by state",
        "Show me the tasks of plan {plan} with plan_get, by state, one line each.",
        _PLAN,
    ),
    Prompt(
        "task_status",
        "Show the status of a task",
        "Show me task {task} with plan_get: its state, which criteria are met, what is missing,"
        " and its latest event.",
        (("task", "task id, or plan/task", True),),
    ),
    Prompt(
        "check_completeness",
        "Check what is still open",
        "Check plan {plan} with plan_check. Tell me what is open and why, and start the next task"
        " only if I ask you to.",
        _PLAN,
    ),
    Prompt(
        "sessions",
        "List sessions",
        "List the sessions with session_list, filter: {where}",
        (("where", "for example type:planning state:active", False),),
    ),
    Prompt(
        "resume",
        "Resume the work of a session",
        "Read session {session} with session_list, and its plan with plan_get. Summarize the"
        " state of the work in three lines, then continue with task_next.",
        _SESSION,
    ),
    Prompt(
        "context",
        "Show the context of a session",
        "Show me the context of session {session}: focus, decisions, messages and artifacts"
        " (session_list).",
        _SESSION,
    ),
    Prompt(
        "session_history",
        "Show the history of sessions",
        "List the latest sessions with session_list, newest first, with the outcome of each;"
        " begin with {session}.",
        _SESSION,
    ),
    Prompt(
        "orchestration_help",
        "What Podium can do here",
        "Explain in at most fifteen lines what Podium does in this project: plans and approval,"
        " doing tasks yourself or letting agents run them, evidence before done, findings,"
        " sessions. Name the slash command or tool for each. Call plan_get first and include"
        " the state of the work.",
    ),
)

_LEFT_OUT = {
    "plan": "(the newest)",
    "session": "(the newest)",
    "where": "(none)",
    "format": "markdown",
}


class Prompts:
    """The handlers of `prompts/*`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def list_all(
        self, context: Context, params: wire.PaginatedRequestParams | None
    ) -> wire.ListPromptsResult:
        """List the prompts."""
        del context, params
        return wire.ListPromptsResult(
            prompts=[_declaration(each) for each in PROMPTS],
            ttl_ms=_TTL_MS,
            cache_scope="public",
        )

    async def get(
        self, context: Context, params: wire.GetPromptRequestParams
    ) -> wire.GetPromptResult:
        """Return a prompt with its arguments filled in.

        Raises:
            MCPError: the prompt does not exist, or an argument is missing or unknown.
        """
        del context
        prompt = next((each for each in PROMPTS if each.name == params.name), None)
        if prompt is None:
            raise MCPError(wire.INVALID_PARAMS, f"Unknown prompt: {params.name[:80]}")
        text = _filled(prompt, params.arguments or {})
        message = wire.PromptMessage(role="user", content=wire.TextContent(text=text))
        return wire.GetPromptResult(description=prompt.description, messages=[message])


def _declaration(prompt: Prompt) -> wire.Prompt:
    return wire.Prompt(
        name=prompt.name,
        description=prompt.description,
        arguments=[
            wire.PromptArgument(name=name, description=description, required=required)
            for name, description, required in prompt.arguments
        ]
        or None,
    )


def _filled(prompt: Prompt, given: dict[str, str]) -> str:
    names = [name for name, _, _ in prompt.arguments]
    if unknown := [name for name in given if name not in names]:
        raise MCPError(
            wire.INVALID_PARAMS,
            f"Prompt {prompt.name} takes: {', '.join(names)}; not {unknown[0][:80]}",
        )
    missing = [name for name, _, required in prompt.arguments if required and not given.get(name)]
    if missing:
        raise MCPError(wire.INVALID_PARAMS, f"Prompt {prompt.name} needs: {', '.join(missing)}")

    def value(place: re.Match[str]) -> str:
        name = place[1]
        return truncated(plain(given.get(name) or ""), _LONGEST_ARGUMENT) or _LEFT_OUT[name]

    return re.sub(r"\{(\w+)\}", value, prompt.text)
