"""Determines which calls wait for their turn and which may start, without side effects."""

from podium.model.agents import AgentRequest
from podium.ports.dispatcher import CallLimits


class CallQueue:
    """The waiting and running calls of one dispatcher; calls start in the order of submission.

    None of it is stored: a waiting call has its request on disk, and is resubmitted after a
    restart.
    """

    def __init__(self) -> None:
        self.limits = CallLimits()
        self._waiting: dict[str, AgentRequest] = {}
        self._running: set[str] = set()

    def add(self, request: AgentRequest) -> None:
        """Queue a call, unless it is already running."""
        if request.key not in self._running:
            self._waiting.setdefault(request.key, request)

    def note_running(self, key: str) -> None:
        """Count a call that is already running."""
        self._waiting.pop(key, None)
        self._running.add(key)

    def remove(self, key: str) -> None:
        """Forget a call that has ended."""
        self._waiting.pop(key, None)
        self._running.discard(key)

    def is_waiting(self, key: str) -> bool:
        """Return whether a call is waiting for its turn."""
        return key in self._waiting

    @property
    def running(self) -> tuple[str, ...]:
        """The calls that count as running."""
        return tuple(self._running)

    @property
    def has_waiting(self) -> bool:
        """Whether any call is waiting."""
        return bool(self._waiting)

    def take_next(self) -> AgentRequest | None:
        """Return the next call that may start now; it counts as running from now on."""
        most = self.limits.at_once
        if most is not None and len(self._running) >= most:
            return None
        for key, request in self._waiting.items():
            if not self.refusal(key):
                self.note_running(key)
                return request
        return None

    def refusal(self, key: str) -> str:
        """Return why a waiting call cannot start now; empty if it is only waiting for its turn."""
        request, agents = self._waiting.get(key), self.limits.agents
        if request is None:
            return ""
        if not request.folder:
            return "the request has no prepared folder, and calls on this machine need one"
        if agents is not None and request.agent not in agents:
            allowed = ", ".join(sorted(agents)) or "none"
            return f"the agent {request.agent!r} may not be started here; allowed: {allowed}"
        return ""
