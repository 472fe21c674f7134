"""Changes files for a model, and answers each change with what a syntax check found."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from podium.errors import PathOutsideWorkspace, PodiumError
from podium.model.agents import AskKind
from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import read_file, remove_file
from podium.ports.agent import CallServices, FileBlock
from podium.words import shorten
from podium_adapters.acp.policy import Action, Decision
from podium_adapters.acp.rights import Rights, diff_of
from podium_adapters.acp.transcript import ToolStatus, ToolUpdate, Transcript
from podium_adapters.working_folder import writable_path

_LONG_LINES = 400
"""A file with more lines is not overwritten by a model that has not read all of it."""
_NEAREST = 3
_LONGEST_TITLE = 60


@dataclass(frozen=True)
class Change:
    """A change of one file that a model requests.

    Args:
        id: identifies it within the turn.
        path: the file, as the model wrote it.
        content: the whole new content; None if there are replacements.
        replacements: pairs of a text that occurs once, and the text to put there.
        was_read: whether the model has read the whole file.
    """

    id: str
    path: str
    content: str | None = None
    replacements: tuple[tuple[str, str], ...] = ()
    was_read: bool = True


@dataclass(frozen=True)
class Answer:
    """The answer to the model about a change.

    Args:
        changed: whether the file was written.
        text: the sentences.
        clean: whether it was written and the check found nothing.
    """

    changed: bool
    text: str
    clean: bool = False


@dataclass(frozen=True)
class _Prepared:
    """A change that may be made."""

    change: Change
    path: Path
    inside: str
    former: bytes | None
    content: bytes


class Editor:
    """Changes files in a working folder, as far as the role allows it.

    Args:
        rights: what the model may do.
        transcript: records requests and changes.
        services: checks the syntax; None leaves files unchecked.
        backup: the folder to which former contents are copied before the first change.
    """

    def __init__(
        self,
        rights: Rights,
        transcript: Transcript,
        services: CallServices | None,
        backup: Path,
    ) -> None:
        self._folder = rights.folder.resolve()
        self._rights = rights
        self._transcript = transcript
        self._services = services
        self._backup = backup
        self._known: set[str] = set()

    async def apply(self, change: Change) -> Answer:
        """Make one change, unless it is denied or impossible."""
        prepared = await self._prepare(change)
        if isinstance(prepared, str):
            return Answer(changed=False, text=prepared)
        return await self._make(prepared)

    async def apply_all(self, id: str, files: Sequence[FileBlock]) -> Answer:  # noqa: A002 - a term
        """Make the changes of one reply: all of them, or none."""
        prepared: list[_Prepared] = []
        problems: list[str] = []
        for number, (path, content, replacements) in enumerate(_merged(files)):
            found = await self._prepare(Change(f"{id}.{number}", path, content, replacements))
            if isinstance(found, str):
                problems.append(f"{path}: {found}")
            else:
                prepared.append(found)
        if problems:
            for each in prepared:
                self._report(each.change, "failed")
            return Answer(changed=False, text="Nothing was written.\n" + "\n".join(problems))
        answers: list[Answer] = []
        for each in prepared:
            answer = await self._make(each)
            if not answer.changed:
                self._restore(prepared[: len(answers)])
                return Answer(changed=False, text=f"Nothing was written.\n{answer.text}")
            answers.append(answer)
        return Answer(
            changed=bool(answers),
            text="\n".join(each.text for each in answers),
            clean=all(each.clean for each in answers),
        )

    async def _prepare(self, change: Change) -> _Prepared | str:
        """Return a change that may be made, or why it cannot be."""
        self._report(change, "running")
        action = Action("edit", _title(change), (change.path,))
        decision = self._rights.decide(action)
        problem = self._record(action, decision) if isinstance(decision, Decision) else ""
        if not problem:
            path = writable_path(self._folder, change.path)
            try:
                former = self._read(path)
                content = _new_content(change, former)
            except (OSError, UnicodeDecodeError, PathOutsideWorkspace) as error:
                content, former = str(error), None
            if isinstance(content, bytes):
                inside = path.relative_to(self._folder).as_posix()
                prepared = _Prepared(change, path, inside, former, content)
                if isinstance(decision, AskKind):
                    problem = await self._ask(decision, action, prepared)
                if not problem:
                    return prepared
            else:
                problem = content
        self._report(change, "failed")
        return problem

    async def _ask(self, kind: AskKind, action: Action, prepared: _Prepared) -> str:
        """Ask a person about exactly the content that will be written."""
        old = (prepared.former or b"").decode("utf-8", "replace")
        new = prepared.content.decode("utf-8", "replace")
        diff = diff_of(prepared.inside, old, new) or f"write {prepared.inside} unchanged"
        decision = await self._rights.ask(kind, replace(action, content=diff))
        return self._record(action, decision)

    def _record(self, action: Action, decision: Decision) -> str:
        self._transcript.add_decision(action, decision)
        return "" if decision.allowed else f"denied: {decision.reason}"

    def _read(self, path: Path) -> bytes | None:
        try:
            return read_file(path, root=self._folder)
        except FileNotFoundError:
            return None

    def _restore(self, made: Sequence[_Prepared]) -> None:
        """Undo changes, because another one of the same reply could not be made."""
        for each in made:
            if each.former is None:
                remove_file(each.path, root=self._folder)
            else:
                replace_file(each.path, each.former, root=self._folder)

    async def _make(self, prepared: _Prepared) -> Answer:
        change, inside = prepared.change, prepared.inside
        try:
            if prepared.former is not None and inside not in self._known:
                replace_file(self._backup / inside, prepared.former, mode=0o600)
            self._known.add(inside)
            replace_file(prepared.path, prepared.content, root=self._folder)
        except (OSError, PathOutsideWorkspace) as error:
            self._report(change, "failed")
            return Answer(changed=False, text=f"{inside} cannot be written: {error}")
        self._report(change, "completed")
        problems = await self._check(prepared)
        if problems is None:
            return Answer(changed=True, text=f"{inside} is written; it was not checked", clean=True)
        if not problems:
            text = f"{inside} is written; the syntax check found no problem"
            return Answer(changed=True, text=text, clean=True)
        found = "\n".join(f"- {each}" for each in problems)
        return Answer(changed=True, text=f"{inside} is written, but has syntax problems:\n{found}")

    async def _check(self, prepared: _Prepared) -> Sequence[str] | None:
        if self._services is None:
            return None
        inside, content = prepared.inside, prepared.content
        try:
            return await self._services.check_syntax(inside, content, prepared.former)
        except PodiumError as error:
            self._transcript.note(f"{inside} was not checked: {error}")
            return None

    def _report(self, change: Change, status: ToolStatus) -> None:
        update = ToolUpdate(change.id, _title(change), "edit", status, (change.path,))
        self._transcript.add_tool_update(update)


def _title(change: Change) -> str:
    """Return what the change is called in the events; different edits have different names."""
    if change.content is not None:
        return f"write {change.path}"
    lines = [line.strip() for old, _ in change.replacements for line in old.splitlines()]
    first = next((line for line in lines if line), "")
    return f"edit {change.path}: {shorten(first, _LONGEST_TITLE)}"


def _merged(
    files: Sequence[FileBlock],
) -> Sequence[tuple[str, str | None, tuple[tuple[str, str], ...]]]:
    """Return one change for each file: its replacements may be in several blocks."""
    found: dict[str, tuple[str | None, tuple[tuple[str, str], ...]]] = {}
    for each in files:
        content = None if each.replacements else each.content
        former = found.get(each.path, (None, ()))[1]
        found[each.path] = (content, (*former, *each.replacements))
    return [(path, *rest) for path, rest in found.items()]


def _new_content(change: Change, former: bytes | None) -> bytes | str:
    """Return a file's new content, or why it cannot be changed like this."""
    if change.content is not None:
        lines = former.count(b"\n") if former else 0
        if lines > _LONG_LINES and not change.was_read:
            return (
                f"{change.path} has {lines} lines, and you have not read all of them:"
                " read the whole file first, or replace single parts of it"
            )
        return change.content.encode()
    if former is None:
        return f"there is no file {change.path}: write the whole file"
    text = former.decode()
    for old, new in change.replacements:
        count = text.count(old) if old else 0
        if count != 1:
            return _no_match(change.path, text, old, count)
        text = text.replace(old, new)
    return text.encode()


def _no_match(path: str, text: str, old: str, count: int) -> str:
    if count:
        return f"the text to replace occurs {count} times in {path}: add lines around it"
    first = next((line for line in old.splitlines() if line.strip()), "")
    lines = text.splitlines()
    near = difflib.get_close_matches(first, list(dict.fromkeys(lines)), n=_NEAREST, cutoff=0.5)
    shown = "".join(f"\n{lines.index(each) + 1}: {each}" for each in near)
    nearest = f"; the nearest lines are:{shown}" if near else ""
    return f"the text to replace does not occur in {path}{nearest}"
