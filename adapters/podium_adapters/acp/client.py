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

from podium.model.agents import AskKind
from podium.platform.atomic_write import replace_file
from podium_adapters.acp.policy import Action, Decision, decide
from podium_adapters.acp.rights import Rights, diff_of, exact_input
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
        rights: what the agent may do.
        transcript: records the agent's output and the decisions.
    """

    def __init__(self, rights: Rights, transcript: Transcript) -> None:
        self._folder = rights.folder
        self._rights = rights
        self._transcript = transcript
        self._decided: set[Path] = set()
        """The paths of all changes that were decided on."""
        self._allowed: set[tuple[AskKind, Path, str]] = set()
        """The files and contents that a person allowed the agent to write once."""

    async def request_permission(
        self,
        session_id: str,
        tool_call: schema.ToolCallUpdate,
        options: list[schema.PermissionOption],
        **_: Any,
    ) -> schema.RequestPermissionResponse:
        """Decide on a permission request, or ask a person; never allow more than one use."""
        action = self._transcript.action(self._update_of(tool_call))
        found = self._rights.decide(action)
        if isinstance(found, AskKind):
            decision = await self._ask(found, action, tool_call)
        else:
            decision = found
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
        decision = self._rights.decide(action)
        if isinstance(decision, AskKind):
            decision = await self._ask_to_write(decision, action, path, content)
        if not decision.allowed:
            raise self._refusal(action, decision)
        if self._place(path) not in self._decided:
            # Some agents do not ask before they write here; the event shows the decision.
            self._transcript.add_decision(action, decision)
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
        update = _update_of(call, self._folder)
        if not self._transcript.profile.input_as_text or update.status in ("completed", "failed"):
            return update
        inputs = [_json_object(text) for text in _texts_of(call)]
        more = (path for given in inputs for path in _paths_in(given))
        paths = tuple(dict.fromkeys((*update.paths, *more)))
        given = "\n".join(filter(None, (exact_input(each, self._folder) for each in inputs)))
        return replace(update, paths=paths, content=given or update.content)

    def _place(self, path: str) -> Path:
        return Path(os.path.normpath(self._folder / path))

    async def _ask(
        self, kind: AskKind, action: Action, tool_call: schema.ToolCallUpdate
    ) -> Decision:
        """Ask a person, and remember what may be written through the client."""
        decision = await self._rights.ask(kind, action)
        if decision.allowed:
            writes = _writes(tool_call)
            self._allowed.update((kind, self._place(path), text) for path, text in writes)
        return decision

    async def _ask_to_write(
        self, kind: AskKind, action: Action, path: str, content: str
    ) -> Decision:
        """Ask a person, unless they have just allowed exactly this content."""
        place = self._place(path)
        if (kind, place, content) in self._allowed:
            self._allowed.discard((kind, place, content))
            return Decision(allowed=True)
        shown = path.removeprefix(f"{self._folder}/")
        diff = diff_of(shown, self._text_of(path), content) or f"write {shown} unchanged"
        decision = await self._rights.ask(kind, replace(action, content=diff))
        self._decided.discard(place)
        return decision

    def _text_of(self, path: str) -> str:
        try:
            return readable_path(self._folder, path).read_bytes().decode("utf-8", "replace")
        except OSError:
            return ""

    def _check(self, action: Action) -> None:
        decision = decide(action, self._rights.request.permissions, self._folder)
        if not decision.allowed:
            raise self._refusal(action, decision)

    def _refusal(self, action: Action, decision: Decision) -> acp.RequestError:
        self._transcript.add_decision(action, decision)
        return acp.RequestError(_DENIED, f"{action.title} was denied: {decision.reason}")


def _option(options: Sequence[schema.PermissionOption], kind: str) -> str | None:
    return next((option.option_id for option in options if option.kind == kind), None)


def _chosen(option: str | None) -> schema.AllowedOutcome | schema.DeniedOutcome:
    if option is None:
        return schema.DeniedOutcome(outcome="cancelled")
    return schema.AllowedOutcome(outcome="selected", option_id=option)


def _update_of(call: schema.ToolCall | schema.ToolCallUpdate, folder: Path) -> ToolUpdate:
    return ToolUpdate(
        id=call.tool_call_id,
        title=call.title or "",
        kind=call.kind or "",
        status=_STATUS.get(call.status or ""),
        paths=tuple(dict.fromkeys(_paths_of(call))),
        output=_text_of(call),
        content=_content_of(call, folder),
    )


def _writes(call: schema.ToolCall | schema.ToolCallUpdate) -> Iterable[tuple[str, str]]:
    """Yield the files that a tool call writes, and their contents."""
    for content in call.content or ():
        if isinstance(content, schema.FileEditToolCallContent):
            yield content.path, content.new_text


def _content_of(call: schema.ToolCall | schema.ToolCallUpdate, folder: Path) -> str:
    """Return what exactly a tool does: its diffs, its command or its whole input."""
    diffs = [
        diff_of(content.path.removeprefix(f"{folder}/"), content.old_text or "", content.new_text)
        for content in call.content or ()
        if isinstance(content, schema.FileEditToolCallContent)
    ]
    raw: object = call.raw_input
    given = cast("dict[str, object]", raw) if isinstance(raw, dict) else {}
    # A harmless diff beside a command must not be all that a person sees.
    shown = exact_input(given, folder) if "command" in given or not diffs else ""
    return "\n".join(filter(None, [shown, "".join(diffs)]))


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
