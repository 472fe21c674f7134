"""Reuses the replies of agents to equal requests of roles that change nothing.

A request is equal if the agent, its version, its options, the role, the prompt and every file that
the agent could read are the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import anyio.to_thread
import pydantic
import structlog

from podium.agents.registry import load_agent
from podium.agents.replies.stores import FileStore, LayeredStore, MemoryStore
from podium.errors import PodiumError
from podium.model.agents import ROLE_PERMISSIONS, AgentReply, CacheSettings, Outcome, Role, Usage
from podium.model.base import Frozen, content_hash, to_json
from podium.model.plans import AgentChoice
from podium.ports.cache import CacheStore
from podium.ports.clock import Clock

_BYTES = 1_000_000
_FORMAT = 1
"""Part of every key: a higher number makes older replies unknown."""
_MEMORY_SHARE = 0.2


@dataclass(frozen=True)
class CacheableRequest:
    """A request to one agent.

    Args:
        choice: the agent and its options.
        role: the role.
        prompt: the prompt.
        tree: the Git tree of the working folder.
        surroundings: what else the agent could read there, as JSON.
    """

    choice: AgentChoice
    role: Role
    prompt: str
    tree: str
    surroundings: Mapping[str, Any]

    def key(self, version: str) -> str:
        """Return the key of the reply by this version of the agent."""
        return content_hash(
            {
                "format": _FORMAT,
                "agent": self.choice.agent,
                "version": version,
                "options": self.choice.options,
                "role": str(self.role),
                "permissions": to_json(ROLE_PERMISSIONS[self.role]),
                "prompt": self.prompt,
                "tree": self.tree,
                "surroundings": dict(self.surroundings),
            }
        )


class _Stored(Frozen):
    """A stored reply."""

    stored_at: datetime
    reply: AgentReply


class ReplyCache:
    """The replies that may be reused.

    Args:
        settings: whether, for how long and how many replies are kept.
        clock: tells the time.
        store: where they are kept; by default in memory and in the user's cache folder.
    """

    def __init__(
        self, settings: CacheSettings, clock: Clock, store: CacheStore | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._store = store or default_store(settings)
        self._versions: dict[str, str | None] = {}

    def is_used_for(self, choice: AgentChoice, role: Role) -> bool:
        """Return whether replies of this agent in this role may be reused."""
        rights = ROLE_PERMISSIONS[role]
        if not self._settings.enabled or rights.write or rights.commands:
            return False
        try:
            return load_agent(choice.agent).describe().cacheable
        except PodiumError:
            return False

    async def find(self, request: CacheableRequest) -> AgentReply | None:
        """Return the reply to an equal request, or None; reusing it costs nothing."""
        return await anyio.to_thread.run_sync(self._find, request)

    async def keep(self, request: CacheableRequest, reply: AgentReply) -> None:
        """Keep a complete reply that was usable; a failure to store it is only logged."""
        if reply.outcome is Outcome.COMPLETED:
            await anyio.to_thread.run_sync(self._keep, request, reply)

    def _find(self, request: CacheableRequest) -> AgentReply | None:
        if (key := self._key(request)) is None:
            return None
        try:
            stored = _Stored.model_validate_json(self._store.get(key) or b"")
        except pydantic.ValidationError:
            return None
        except (OSError, PodiumError) as error:
            _log_failure(error)
            return None
        age = self._clock.now() - stored.stored_at
        if not timedelta(0) <= age <= timedelta(hours=self._settings.hours):
            self._store.remove(key)
            return None
        return stored.reply

    def _keep(self, request: CacheableRequest, reply: AgentReply) -> None:
        if (key := self._key(request)) is None:
            return
        # The session has ended, and a reused reply costs no tokens.
        reply = reply.model_copy(update={"session_id": "", "usage": Usage()})
        stored = to_json(_Stored(stored_at=self._clock.now(), reply=reply))
        try:
            self._store.put(key, json.dumps(stored).encode())
        except (OSError, PodiumError) as error:
            _log_failure(error)

    def _key(self, request: CacheableRequest) -> str | None:
        version = self._version(request.choice)
        return None if version is None else request.key(version)

    def _version(self, choice: AgentChoice) -> str | None:
        """Return the version of an agent, or None if it cannot be used here."""
        name = json.dumps([choice.agent, choice.options], sort_keys=True)
        if name not in self._versions:
            found = load_agent(choice.agent).available(choice.options)
            self._versions[name] = found.version if found.available else None
        return self._versions[name]


def default_store(settings: CacheSettings) -> CacheStore:
    """Return a store in memory and in the user's cache folder."""
    most = int(settings.megabytes * _BYTES)
    return LayeredStore(MemoryStore(int(most * _MEMORY_SHARE)), FileStore(most))


def _log_failure(error: Exception) -> None:
    structlog.get_logger().warning("replies.not_cached", why=str(error))
