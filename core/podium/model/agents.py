"""What is asked of an agent and what it answers; must not know how an agent is reached."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from podium.model.base import Frozen, SetBy, Tagged

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
CallKey = Annotated[str, Field(pattern=rf"^{_NAME}(/{_NAME})*$")]
"""Names one call for ever, `run/task/attempt/step`; a key is never carried out twice."""


class Role(StrEnum):
    """What an agent is asked to be (SPEC R1)."""

    ARCHITECT = "architect"
    EXECUTOR = "executor"
    AUDITOR = "auditor"
    CONSULTANT = "consultant"


class Usage(Frozen):
    """What a call used; `None` where the agent does not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None


class Permissions(Frozen):
    """The least that a role needs (SPEC X2)."""

    write: bool = False
    """May change files inside the working folder."""
    commands: bool = False
    """May run commands inside the working folder."""


ROLE_PERMISSIONS: dict[Role, Permissions] = {
    Role.ARCHITECT: Permissions(),
    Role.EXECUTOR: Permissions(write=True, commands=True),
    Role.AUDITOR: Permissions(),
    Role.CONSULTANT: Permissions(write=True),
}


class Limits(Frozen):
    """When a call is ended by force. Agents' own limits are not to be trusted."""

    wall_seconds: Annotated[float, SetBy("PODIUM_WALL_SECONDS")] = Field(default=1800, gt=0)
    """How long one call may take."""
    idle_seconds: Annotated[float, SetBy("PODIUM_IDLE_SECONDS")] = Field(default=300, gt=0)
    """How long a call may be silent: no output and no changed file."""
    output_bytes: int = Field(default=32 * 1024 * 1024, gt=0)
    """How much output one call may produce."""


class AgentSpec(Frozen):
    """How an agent describes itself."""

    name: str
    title: str
    summary: str
    attachable: bool = False
    """Outlives the death of its caller and still delivers its reply into the output file."""
    install_hint: str = ""
    """A sentence that says how to get it."""
    options: dict[str, str] = Field(default_factory=dict)
    """Settings that the agent reads from `AgentRequest.options`, name to explanation."""
    required_options: tuple[str, ...] = ()
    """Those without which it cannot be started."""


class Availability(Frozen):
    """Whether an agent can be started here."""

    available: bool
    version: str = ""
    reason: str = ""
    """Why not, in one sentence, when it is not available."""


class AgentRequest(Frozen):
    """One call of one agent."""

    key: CallKey
    agent: str
    """The entry point's name in `podium.agents`."""
    role: Role
    prompt: str
    folder: str
    """Absolute path of the working folder; nothing outside of it may be written."""
    task_id: str = ""
    attempt: int = 1
    files: tuple[str, ...] = ()
    """Files the task declares, relative to `folder`; for information."""
    permissions: Permissions = Permissions()
    limits: Limits = Limits()
    options: dict[str, str] = Field(default_factory=dict)
    """Agent-specific settings from the configuration, for instance `model`."""


class Outcome(StrEnum):
    """How a call ended. Only `completed` is success; exit codes are never trusted alone."""

    COMPLETED = "completed"
    """The agent said itself that its turn is over."""
    REFUSED = "refused"
    """It would not: content refusal, or an action that it needed was denied."""
    TRUNCATED = "truncated"
    """The reply stopped in the middle: a cut stream, a length limit."""
    TIMED_OUT = "timed-out"
    """Ended by us: wall or idle limit."""
    RATE_LIMITED = "rate-limited"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    """It could not be started."""
    FAILED = "failed"
    """Anything else that is not success."""
    CANCELLED = "cancelled"

    @classmethod
    def _missing_(cls, value: object) -> "Outcome | None":
        """Accept the former word, which stays in playbooks and in the folders of old calls."""
        return cls.TRUNCATED if value == "cut" else None


class AgentReply(Frozen):
    """What came back from a call."""

    outcome: Outcome
    text: str = ""
    detail: str = ""
    """One sentence for a person when the outcome is not `completed`; no secrets."""
    usage: Usage = Usage()
    denied: tuple[str, ...] = ()
    """What the agent asked for and was not allowed, one sentence each."""
    session_id: str = ""
    """The agent's own session, where it can be resumed."""
    retry_after_seconds: float | None = None
    salvaged: bool = False
    """The caller died; the reply was found complete in the agent's output."""


class TextChunk(Tagged):
    """A piece of the agent's message to the person."""

    type: Literal["text"] = "text"
    text: str


class ThoughtChunk(Tagged):
    """A piece of the agent's reasoning."""

    type: Literal["thought"] = "thought"
    text: str


class ToolUse(Tagged):
    """The agent uses a tool; one event at the start and one at each change of status."""

    type: Literal["tool"] = "tool"
    id: str
    title: str
    status: Literal["pending", "running", "completed", "failed"] = "pending"
    paths: tuple[str, ...] = ()


class PermissionAsked(Tagged):
    """The agent asked, the role's policy answered."""

    type: Literal["permission"] = "permission"
    title: str
    allowed: bool
    reason: str = ""


class Note(Tagged):
    """Something that the adapter noticed: a retry, a set mode, a warning."""

    type: Literal["note"] = "note"
    text: str


class Final(Tagged):
    """The last line of an output file: the call has ended with this reply."""

    type: Literal["final"] = "final"
    reply: AgentReply


AgentEvent = Annotated[
    TextChunk | ThoughtChunk | ToolUse | PermissionAsked | Note | Final,
    Field(discriminator="type"),
]
"""One line of a call's output file (`out.jsonl`)."""
