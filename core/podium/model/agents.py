"""Requests to agents and their replies."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from podium.model.base import Frozen, SetBy, Tagged

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
CallKey = Annotated[str, Field(pattern=rf"^{_NAME}(/{_NAME})*$")]
"""Permanent name of one call: `run/task/attempt/step`. A key is never executed twice."""


class Role(StrEnum):
    """The role of an agent in a call."""

    ARCHITECT = "architect"
    EXECUTOR = "executor"
    AUDITOR = "auditor"
    CONSULTANT = "consultant"


class Usage(Frozen):
    """Resources that a call used; `None` if the agent does not report them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None


class Permissions(Frozen):
    """The minimum privileges of a role."""

    write: bool = False
    """Allow changes to files in the working folder."""
    commands: bool = False
    """Allow commands in the working folder."""


ROLE_PERMISSIONS: dict[Role, Permissions] = {
    Role.ARCHITECT: Permissions(),
    Role.EXECUTOR: Permissions(write=True, commands=True),
    Role.AUDITOR: Permissions(),
    Role.CONSULTANT: Permissions(write=True),
}


class Limits(Frozen):
    """When to kill a call. The agents' own limits cannot be relied on."""

    wall_seconds: Annotated[float, SetBy("PODIUM_WALL_SECONDS")] = Field(default=1800, gt=0)
    """Maximum duration of a call, without the time in which it waits for a person or the machine
    sleeps."""
    idle_seconds: Annotated[float, SetBy("PODIUM_IDLE_SECONDS")] = Field(default=300, gt=0)
    """Maximum time without output or file changes, counted in the same way."""
    output_bytes: int = Field(default=32 * 1024 * 1024, gt=0)
    """Maximum output of a call."""


class AgentSpec(Frozen):
    """An agent's description of itself."""

    name: str
    title: str
    summary: str
    attachable: bool = False
    """The agent survives its caller and still writes its reply to the output file."""
    install_hint: str = ""
    """How to install it, in one sentence."""
    options: dict[str, str] = Field(default_factory=dict)
    """Settings that the agent reads from `AgentRequest.options`: name to explanation."""
    required_options: tuple[str, ...] = ()
    """Options without which the agent cannot start."""


class Availability(Frozen):
    """Whether an agent can be started on this machine."""

    available: bool
    version: str = ""
    reason: str = ""
    """The reason why it is unavailable, in one sentence."""


class CallTree(Frozen):
    """The tree that a call works on, and where its result belongs."""

    repository: str
    """Git's common folder of the repository, on the machine that submits the call."""
    base_commit: str
    """The commit that the call starts from."""
    result_ref: str
    """The ref for the result, if the dispatcher makes the worktree; only ever created, so the first
    result of a key counts."""


class AgentRequest(Frozen):
    """One agent call."""

    key: CallKey
    agent: str
    """The entry point's name in `podium.agents`."""
    role: Role
    prompt: str
    tree: CallTree | None = None
    """What to check out, for a dispatcher that makes the worktree; None in requests of older
    versions."""
    folder: str = ""
    """Absolute path of the working folder, if it is prepared on this machine; the agent may write
    nothing outside it. Otherwise the dispatcher makes it."""
    task_id: str = ""
    attempt: int = 1
    files: tuple[str, ...] = ()
    """The files that the task declares, relative to `folder`; informational."""
    permissions: Permissions = Permissions()
    limits: Limits = Limits()
    options: dict[str, str] = Field(default_factory=dict)
    """Agent-specific settings from the configuration, such as `model`."""


class Outcome(StrEnum):
    """How a call ended. Only `completed` is success; an exit code alone is never trusted."""

    COMPLETED = "completed"
    """The agent reported the end of its turn."""
    REFUSED = "refused"
    """The agent refused: content policy, or an action that it needed was denied."""
    TRUNCATED = "truncated"
    """The reply is incomplete: broken stream or length limit."""
    TIMED_OUT = "timed-out"
    """Podium ended the call at a time limit."""
    RATE_LIMITED = "rate-limited"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    """The agent could not be started."""
    FAILED = "failed"
    """Any other failure."""
    CANCELLED = "cancelled"

    @classmethod
    def _missing_(cls, value: object) -> "Outcome | None":
        """Accept the old name `cut`, which occurs in playbooks and in the folders of old calls."""
        return cls.TRUNCATED if value == "cut" else None


class AgentReply(Frozen):
    """The result of a call."""

    outcome: Outcome
    text: str = ""
    detail: str = ""
    """Explanation for the user if the outcome is not `completed`: one sentence, no secrets."""
    usage: Usage = Usage()
    denied: tuple[str, ...] = ()
    """Actions that the agent was denied, one sentence each."""
    session_id: str = ""
    """The agent's own session id, if the session can be resumed."""
    retry_after_seconds: float | None = None
    salvaged: bool = False
    """The caller died; the complete reply was found in the agent's output."""


class TextChunk(Tagged):
    """Part of the agent's message to the user."""

    type: Literal["text"] = "text"
    text: str


class ThoughtChunk(Tagged):
    """Part of the agent's reasoning."""

    type: Literal["thought"] = "thought"
    text: str


class ToolUse(Tagged):
    """A tool call of the agent: one event at the start and one per change of status."""

    type: Literal["tool"] = "tool"
    id: str
    title: str
    status: Literal["pending", "running", "completed", "failed"] = "pending"
    paths: tuple[str, ...] = ()


class PermissionAsked(Tagged):
    """A permission request, answered by the role's policy."""

    type: Literal["permission"] = "permission"
    title: str
    allowed: bool
    reason: str = ""


class Note(Tagged):
    """A remark from the adapter: a retry, a changed mode, a warning."""

    type: Literal["note"] = "note"
    text: str


class Final(Tagged):
    """The last line of an output file: the reply that ended the call."""

    type: Literal["final"] = "final"
    reply: AgentReply


AgentEvent = Annotated[
    TextChunk | ThoughtChunk | ToolUse | PermissionAsked | Note | Final,
    Field(discriminator="type"),
]
"""One line of a call's output file (`out.jsonl`)."""

EVENTS: tuple[type[Tagged], ...] = (
    TextChunk,
    ThoughtChunk,
    ToolUse,
    PermissionAsked,
    Note,
    Final,
)
