"""Requests to agents and their replies."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from podium.model.base import Frozen, SetBy, Tagged
from podium.model.sandbox import Sandbox

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
CallKey = Annotated[str, Field(pattern=rf"^{_NAME}(/{_NAME})*$")]
"""Permanent name of one call: `run/task/attempt/step`; a call is never executed twice."""


class Role(StrEnum):
    """The role of an agent in a call."""

    ARCHITECT = "architect"
    EXECUTOR = "executor"
    AUDITOR = "auditor"
    CONSULTANT = "consultant"


class CallPurpose(StrEnum):
    """What a call is for."""

    WORK = "work"
    """The work of the role."""
    DOUBTS = "doubts"
    """To answer doubts about the files of an attempt."""


class Usage(Frozen):
    """Resources that a call used; `None` if the agent does not report them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None


class Billing(StrEnum):
    """How a call is paid for, as far as that can be seen."""

    METERED = "metered"
    """By its tokens, with a key."""
    SUBSCRIPTION = "subscription"
    """By a flat rate, so that a reported cost is only a comparison."""
    UNKNOWN = "unknown"


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


class AskKind(StrEnum):
    """Kinds of actions for which an agent's role is not enough: a person is asked as well."""

    COMMAND = "command"
    """Run a command."""
    EDIT = "edit"
    """Change or create any file."""
    EDIT_UNDECLARED = "edit-undeclared"
    """Change or create a file that the task does not declare."""
    DELETE = "delete"
    """Delete or move a file."""
    NETWORK = "network"
    """Fetch something with a tool of the agent. Without this entry it is always refused."""


class ActionQuestion(Frozen):
    """An action that an agent wants to take, as its shim asks about it in the call's directory."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    kind: AskKind
    content: str
    """The exact command, diff or address: untrusted, without secrets."""
    asked_at: datetime
    until: datetime
    """When no answer means no."""


class ActionAnswer(Frozen):
    """The answer to an `ActionQuestion`."""

    allowed: bool
    reason: str = ""
    """Who or what decided, in one sentence; the agent reads it if the action is denied."""


NO_ANSWER = ActionAnswer(allowed=False, reason="no person answered in time")


class Limits(Frozen):
    """When to kill a call. The agents' own limits cannot be relied on."""

    wall_seconds: Annotated[float, SetBy("PODIUM_WALL_SECONDS")] = Field(default=1800, gt=0)
    """Maximum duration of a call, not counting time in which it waits for a person or the machine
    sleeps. A call that is known to need less gets less."""
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
    cacheable: bool = False
    """A reply depends only on the request and the working folder, so that an equal request of a
    role that changes nothing may be answered with it."""


class LoginState(StrEnum):
    """Whether an agent is logged in, as far as that can be seen without calling it."""

    FOUND = "found"
    """A key or a stored login was found; it may have expired."""
    NOT_FOUND = "not found"
    NOT_NEEDED = "not needed"
    UNKNOWN = "unknown"
    """It cannot be seen."""


class Login(Frozen):
    """A login of an agent, as far as it can be seen."""

    state: LoginState
    place: str = ""
    """The environment variable or file in which it was found."""
    billing: Billing = Billing.UNKNOWN
    """How calls with this login are paid for."""


class Availability(Frozen):
    """Whether an agent can be started on this machine."""

    available: bool
    version: str = ""
    reason: str = ""
    """The reason why it is unavailable, in one sentence."""
    warning: str = ""
    """Why it may fail although it is available, such as an old version."""


class CallTree(Frozen):
    """The Git tree that a call works on, and the ref for its result."""

    repository: str
    """The repository's common Git directory (`--git-common-dir`) on the submitting machine."""
    base_commit: str
    """The commit that the call starts from."""
    result_ref: str
    """The ref for the result, if the dispatcher creates the worktree.

    It is created but never updated, so the first result for a key wins.
    """


class AgentRequest(Frozen):
    """One agent call."""

    key: CallKey
    agent: str
    """The entry point's name in `podium.agents`."""
    role: Role
    purpose: CallPurpose = CallPurpose.WORK
    prompt: str
    session: str = ""
    """The agent's own session to continue, from an earlier reply; an agent that cannot continue it
    begins a new one."""
    tree: CallTree | None = None
    """What to check out, for a dispatcher that creates the worktree; None in older requests."""
    folder: str = ""
    """Absolute path of the working folder, if it already exists on this machine.

    Otherwise the dispatcher creates it. The agent must not write outside it.
    """
    task_id: str = ""
    attempt: int = 1
    files: tuple[str, ...] = ()
    """The files that the task declares, relative to `folder`; informational."""
    permissions: Permissions = Permissions()
    ask: tuple[AskKind, ...] = ()
    """The actions about which a person is asked, if the permissions allow them."""
    ask_seconds: float = Field(default=0, ge=0)
    """How long a person has to answer."""
    limits: Limits = Limits()
    options: dict[str, str] = Field(default_factory=dict)
    """Agent-specific settings from the configuration, such as `model`."""
    variables: dict[str, str] = Field(default_factory=dict)
    """The worktree's environment variables, with its own port and temporary folder."""
    sandbox: Sandbox = Sandbox()
    """How the agent and its commands are confined."""


class Outcome(StrEnum):
    """How a call ended. Only `completed` is success; an exit code alone is never trusted."""

    COMPLETED = "completed"
    """The agent reported the end of its turn."""
    REFUSED = "refused"
    """The agent refused because of a content policy, or because an action was denied."""
    TRUNCATED = "truncated"
    """The reply is incomplete, because of a broken stream or a length limit."""
    TIMED_OUT = "timed-out"
    """Podium ended the call at a time limit."""
    RATE_LIMITED = "rate-limited"
    """Too many requests; the limit resets within minutes."""
    QUOTA_EXHAUSTED = "quota-exhausted"
    """The quota or credit is used up; it resets much later, or not by itself."""
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    """The service could not be reached or is overloaded."""
    START_FAILED = "start-failed"
    """The agent's program could not be started."""
    INVALID_REPLY = "invalid-reply"
    """The service or the agent sent an unreadable reply."""
    INVALID_REQUEST = "invalid-request"
    """The service rejected the request itself, as any service would."""
    CONTEXT_TOO_LONG = "context-too-long"
    """The prompt and the files do not fit the model's context."""
    FAILED = "failed"
    """Any other failure."""
    CANCELLED = "cancelled"

    @classmethod
    def _missing_(cls, value: object) -> "Outcome | None":
        """Accept the old name `cut`, which occurs in playbooks and in the files of old calls."""
        return cls.TRUNCATED if value == "cut" else None


class AgentReply(Frozen):
    """The result of a call."""

    outcome: Outcome
    text: str = ""
    detail: str = ""
    """Explanation for the user if the outcome is not `completed`: one sentence, no secrets."""
    usage: Usage = Usage()
    model: str = ""
    """The model that answered, or else the one that the agent was asked to use."""
    billing: Billing = Billing.UNKNOWN
    denied: tuple[str, ...] = ()
    """Actions that the agent was denied, one sentence each."""
    session_id: str = ""
    """The agent's own session id, if the session can be resumed."""
    retry_after_seconds: float | None = None
    salvaged: bool = False
    """The caller died, but the complete reply was found in the agent's output."""


class OnLimit(StrEnum):
    """What to do when an agent has reached a limit."""

    WAIT = "wait"
    """Wait until the limit resets."""
    FALLBACK = "fallback"
    """Continue with the next agent of the chain; wait only if all of them are resting."""
    HOLD = "hold"
    """Ask a person, and wait for the answer."""


class AgentPolicy(Frozen):
    """The settings section `agents.policy`; each run keeps a copy from its start."""

    on_limit: Annotated[OnLimit, SetBy("PODIUM_ON_LIMIT")] = OnLimit.FALLBACK
    """What to do when an agent has reached a limit."""
    on_limit_by_role: dict[str, OnLimit] = Field(default_factory=dict)
    """Exceptions to `on_limit`, by role."""
    max_wait_seconds: float = Field(default=120, ge=0)
    """If a rate limit resets within this time, wait for the same agent."""
    retries: int = Field(default=2, ge=0, le=10)
    """Maximum number of retries if the service cannot be reached."""
    first_pause_seconds: float = Field(default=5, gt=0)
    """The pause before the first retry, or after a limit with an unknown reset time."""
    pause_factor: float = Field(default=2, ge=1)
    """The factor by which each further pause is longer than the one before."""
    longest_pause_seconds: float = Field(default=300, gt=0)
    """The longest pause before a retry."""
    jitter: float = Field(default=0.2, ge=0, le=1)
    """The random share of a pause, so that calls do not all resume at the same moment."""
    breaker_failures: int = Field(default=5, ge=1)
    """The number of failures in a row after which an agent rests."""
    breaker_rest_seconds: float = Field(default=300, gt=0)
    """How long it rests; a single call then decides whether it rests again."""
    quota_rest_seconds: float = Field(default=3600, gt=0)
    """How long an agent rests when its quota is used up and the reset time is unknown."""
    calls_per_minute: dict[str, int] = Field(default_factory=dict)
    """The maximum number of calls by login, such as `claude: 10`; `all` is the maximum overall."""


class CacheSettings(Frozen):
    """The settings section `agents.cache`; each run keeps a copy from its start."""

    enabled: Annotated[bool, SetBy("PODIUM_CACHE")] = True
    """Answer an architect's or auditor's request from an earlier reply, if the agent, its options,
    the prompt and the files are all the same."""
    hours: float = Field(default=24, gt=0)
    """How long a reply can be reused."""
    megabytes: float = Field(default=100, gt=0)
    """Maximum total size of the stored replies; the least recently used ones are removed."""


def without_cache(settings: CacheSettings) -> CacheSettings:
    """Return the settings with the cache switched off."""
    return settings.model_copy(update={"enabled": False})


class CallBudget(Frozen):
    """Limits on what one call may use; a limit that is not set does not apply."""

    usd: float | None = Field(default=None, gt=0)
    """Money in US dollars; calls without a known price, and those of subscriptions, do not
    count."""
    tokens: int | None = Field(default=None, gt=0)
    """Tokens read and written."""
    minutes: float | None = Field(default=None, gt=0)
    """Time that the call takes."""


class Budget(Frozen):
    """Limits on what several calls together may use; a limit that is not set does not apply."""

    usd: float | None = Field(default=None, gt=0)
    """Money in US dollars; calls without a known price, and those of subscriptions, do not
    count."""
    tokens: int | None = Field(default=None, gt=0)
    """Tokens read and written."""
    calls: int | None = Field(default=None, gt=0)
    """Number of calls."""
    minutes: float | None = Field(default=None, gt=0)
    """Time that the calls take, added up."""


class BudgetSettings(Frozen):
    """The settings section `budget`; each run keeps a copy from its start.

    At a limit no further call starts, and the run asks whether to raise it.
    """

    call: CallBudget = CallBudget()
    """Limits for one call; if a call exceeds one, the run asks before the next call."""
    task: Budget = Budget()
    """Limits for all calls of one task in a run."""
    run: Budget = Budget()
    """Limits for all calls of one run."""
    day: Budget = Budget()
    """Limits for all calls in this project on one day, in local time."""
    warn_at: float = Field(default=0.8, gt=0, le=1)
    """The share of a limit at which to warn."""
    billing: dict[str, Billing] = Field(default_factory=dict)
    """How agents are paid for, where it cannot be seen: `metered` or `subscription`, by agent."""

    @property
    def is_set(self) -> bool:
        """Whether there is any limit."""
        scopes = (self.call, self.task, self.run, self.day)
        return any(value is not None for each in scopes for _, value in each)


class AgentHealth(Frozen):
    """The health of one login of an agent, across all projects."""

    login: str
    """The agent, or `agent@login` if its option `login` names one of several logins."""
    failures: int = Field(default=0, ge=0)
    """The number of failures in a row."""
    resting_until: datetime | None = None
    """When the agent may be called again."""
    outcome: Outcome | None = None
    """The outcome that made it rest."""
    reason: str = ""
    """The reason why it rests, in one sentence."""
    by_hand: bool = False
    """Whether a person made it rest."""
    trial: str = ""
    """The key of the one call that tests whether the agent works again after a rest."""
    trial_until: datetime | None = None
    """When another call may test it, because the first one may have died."""
    last_call: str = ""
    """The key of the call that was counted last, so that it is counted only once after a crash."""
    tokens: float | None = None
    """How many calls may start now, if their rate is limited."""
    refilled_at: datetime | None = None

    def is_resting(self, now: datetime) -> bool:
        """Return whether the agent may not be called now."""
        return self.resting_until is not None and now < self.resting_until


class TextChunk(Tagged):
    """Part of the agent's message to the user."""

    type: Literal["text"] = "text"
    text: str


class ThoughtChunk(Tagged):
    """Part of the agent's reasoning."""

    type: Literal["thought"] = "thought"
    text: str


class ToolUse(Tagged):
    """A tool call by the agent: one event when it starts and one per status change."""

    type: Literal["tool"] = "tool"
    id: str
    title: str
    status: Literal["pending", "running", "completed", "failed"] = "pending"
    paths: tuple[str, ...] = ()


class PermissionRequest(Tagged):
    """A permission request, answered by the role's policy or by a person."""

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
    TextChunk | ThoughtChunk | ToolUse | PermissionRequest | Note | Final,
    Field(discriminator="type"),
]
"""One line of a call's output file (`out.jsonl`)."""

EVENTS: tuple[type[Tagged], ...] = (
    TextChunk,
    ThoughtChunk,
    ToolUse,
    PermissionRequest,
    Note,
    Final,
)
