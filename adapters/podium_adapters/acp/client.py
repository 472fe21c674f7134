"""The client side of ACP: answers the agent's requests and records its updates."""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import acp
from acp import schema

from podium.model.agents import Permissions
from podium.platform.atomic_write import replace_file
from podium_adapters.acp.policy import Action, Decision, decide
from podium_adapters.acp.transcript import ToolStatus, ToolUpdate, Transcript
from podium_adapters.json_values import text_at
from podium_adapters.working_folder import readable_path, writable_path

_STATUS: dict[str, ToolStatus] = {
    "pending": "pending",
    "in_progress": "running",
    "completed": "completed",
    "failed": "failed",
}
_PATH_FIELDS = frozenset(
    {"path", "paths", "filepath", "filename", "absolutepath", "parentdir", "directory", "dir"}
    | {"cwd", "oldpath", "newpath", "source", "destination", "target", "targetfile"}
)
_DENIED = -32000


class AgentClient:
    """Handles the requests and notifications of an agent.

    Args:
        folder: the working folder.
        permissions: the permissions of the role.
        transcript: records the agent's output and the decisions.
    """

    def __init__(self, folder: Path, permissions: Permissions, transcript: Transcript) -> None:
        self._folder = folder
        self._permissions = permissions
        self._transcript = transcript
        self._decided: set[Path] = set()
        """The paths of all changes that were decided on."""

    async def request_permission(
        self,
        session_id: str,
        tool_call: schema.ToolCallUpdate,
        options: list[schema.PermissionOption],
        **_: Any,
    ) -> schema.RequestPermissionResponse:
        """Apply the role's policy to a permission request; never allow more than one use."""
        action = self._transcript.action(self._update_of(tool_call))
        decision = decide(action, self._permissions, self._folder)
        option = _option(options, "allow_once" if decision.allowed else "reject_once")
        if decision.allowed and option is None:
            reason = "the agent does not offer a permission for one use"
            decision = Decision(allowed=False, reason=reason)
            option = _option(options, "reject_once")
        self._decided.update(map(self._place, action.paths))
        self._transcript.add_decision(action, decision)
        return schema.RequestPermissionResponse(outcome=_chosen(option))

    async def session_update(self, session_id: str, update: object, **_: Any) -> None:
        """Record an update; ignore updates that are not about the turn."""
        match update:
            case schema.AgentMessageChunk(content=schema.TextContentBlock(text=text)):
                self._transcript.add_text(text, update.message_id or "")
                self._transcript.add_message_usage(update.field_meta or {})
            case schema.AgentThoughtChunk(content=schema.TextContentBlock(text=text)):
                self._transcript.add_thought(text)
            case schema.ToolCallStart() | schema.ToolCallProgress():
                self._transcript.add_tool_update(self._update_of(update))
            case schema.UsageUpdate(cost=schema.Cost(amount=amount, currency="USD")):
                self._transcript.cost_usd = amount
            case schema.SessionInfoUpdate(field_meta=dict(meta)):
                self._transcript.add_meta(meta)
            case schema.CurrentModeUpdate(current_mode_id=mode):
                self._transcript.note(f"mode: {mode}")
            case _:
                pass

    async def read_text_file(
        self,
        session_id: str,
        path: str,
        line: int | None = None,
        limit: int | None = None,
        **_: Any,
    ) -> schema.ReadTextFileResponse:
        """Return a file in the working folder; a missing file is empty.

        Agents that are about to create the file would treat an error as fatal.
        """
        self._check(Action(kind="read", title=f"read {path}", paths=(path,)))
        try:
            text = readable_path(self._folder, path).read_bytes().decode()
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise acp.RequestError(_DENIED, f"{path} cannot be read: {error}") from error
        lines, first = text.splitlines(keepends=True), max(0, (line or 1) - 1)
        wanted = lines[first:] if limit is None else lines[first : first + limit]
        return schema.ReadTextFileResponse(content="".join(wanted))

    async def write_text_file(
        self, session_id: str, path: str, content: str, **_: Any
    ) -> schema.WriteTextFileResponse:
        """Replace a file in the working folder atomically."""
        action = Action(kind="edit", title=f"write {path}", paths=(path,))
        self._check(action)
        if self._place(path) not in self._decided:
            # Some agents do not ask before they write here; the event shows the decision.
            self._transcript.add_decision(action, Decision(allowed=True))
        try:
            replace_file(writable_path(self._folder, path), content.encode())
        except OSError as error:
            raise acp.RequestError(_DENIED, f"{path} cannot be written: {error}") from error
        return schema.WriteTextFileResponse()

    async def ext_notification(self, method: str, params: dict[str, Any]) -> None:
        """Record a retry; ignore extensions for other clients."""
        if method and method == self._transcript.profile.retry_notification:
            self._transcript.add_retry(text_at(params, "detail") or json.dumps(params))

    def _update_of(self, call: schema.ToolCall | schema.ToolCallUpdate) -> ToolUpdate:
        update = _update_of(call)
        if not self._transcript.profile.input_as_text or update.status in ("completed", "failed"):
            return update
        more = (path for text in _texts_of(call) for path in _paths_in(_json_object(text)))
        return replace(update, paths=tuple(dict.fromkeys((*update.paths, *more))))

    def _place(self, path: str) -> Path:
        return Path(os.path.normpath(self._folder / path))

    def _check(self, action: Action) -> None:
        decision = decide(action, self._permissions, self._folder)
        if not decision.allowed:
            self._transcript.add_decision(action, decision)
            raise acp.RequestError(_DENIED, f"{action.title} was denied: {decision.reason}")


def _option(options: Sequence[schema.PermissionOption], kind: str) -> str | None:
    return next((option.option_id for option in options if option.kind == kind), None)


def _chosen(option: str | None) -> schema.AllowedOutcome | schema.DeniedOutcome:
    if option is None:
        return schema.DeniedOutcome(outcome="cancelled")
    return schema.AllowedOutcome(outcome="selected", option_id=option)


def _update_of(call: schema.ToolCall | schema.ToolCallUpdate) -> ToolUpdate:
    return ToolUpdate(
        id=call.tool_call_id,
        title=call.title or "",
        kind=call.kind or "",
        status=_STATUS.get(call.status or ""),
        paths=tuple(dict.fromkeys(_paths_of(call))),
        output=_text_of(call),
    )


def _paths_of(call: schema.ToolCall | schema.ToolCallUpdate) -> Iterable[str]:
    """Yield every path in a tool call: in its locations, its diffs and its raw input."""
    yield from (place.path for place in call.locations or ())
    for content in call.content or ():
        if isinstance(content, schema.FileEditToolCallContent):
            yield content.path
    raw: object = call.raw_input
    if isinstance(raw, dict):
        yield from _paths_in(cast("dict[str, object]", raw))


def _paths_in(given: Mapping[str, object]) -> Iterable[str]:
    for name, value in given.items():
        if name.replace("_", "").lower() in _PATH_FIELDS:
            yield from _texts(value)


def _json_object(text: str) -> Mapping[str, object]:
    """Return the JSON object in a text; a text that is not complete yet has none."""
    with contextlib.suppress(ValueError):
        value: object = json.loads(text)
        if isinstance(value, dict):
            return cast("Mapping[str, object]", value)
    return {}


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (each for each in cast("list[object]", value) if isinstance(each, str))


def _text_of(call: schema.ToolCall | schema.ToolCallUpdate) -> str:
    """Return the text of a tool's result."""
    words = _texts_of(call)
    raw: object = call.raw_output
    if isinstance(raw, dict):
        values = cast("dict[str, object]", raw).values()
        words += [value for value in values if isinstance(value, str)]
    return " ".join(words)


def _texts_of(call: schema.ToolCall | schema.ToolCallUpdate) -> list[str]:
    return [
        content.content.text
        for content in call.content or ()
        if isinstance(content, schema.ContentToolCallContent)
        and isinstance(content.content, schema.TextContentBlock)
    ]
