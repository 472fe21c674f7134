"""Finds the task that last changed each function, with the task's author and evidence.

Versions are compared by their definitions, so moved code keeps its task, and reverted changes do
not count.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import anyio.to_thread

from podium.entities.access import Reader
from podium.model import layout
from podium.model.agents import Role
from podium.model.base import Frozen
from podium.model.doubts import AnsweredDoubt
from podium.model.plans import AcceptanceCriterion
from podium.model.progress import Evidence, TaskProgress
from podium.model.runs import Attempt
from podium.model.states import TaskState
from podium.provenance.task_changes import TaskChange, TaskChangeLog
from podium.syntax import Outline, Symbol, SymbolKind, SyntaxChecker
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile

_KINDS = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CLASS})
_MAX_CHANGES = 100
"""Maximum number of changes to examine per file, newest first."""
_MAX_CACHED_OUTLINES = 512


class Maker(Frozen):
    """A task that changed code, with its author and its evidence."""

    plan_id: str
    objective: str
    """Empty if the plan is not in the store, for instance because it belongs to a colleague."""
    task_id: str
    title: str
    run_id: str
    """Empty if an assistant made the change in the checkout."""
    attempt: int
    commit: str
    """The commit with the change; empty outside of runs."""
    at: datetime
    agent: str
    """The author; empty if unknown."""
    helpers: tuple[str, ...]
    """Agents that repaired it."""
    session_id: str
    acceptance: tuple[AcceptanceCriterion, ...]
    evidence: tuple[Evidence, ...]
    doubts: tuple[AnsweredDoubt, ...] = ()
    """The doubts about its changes, with who answered them."""


class Blamed(Frozen):
    """A function, method or class that a task changed."""

    symbol: str
    """The qualified name, joined by dots."""
    kind: str
    line: int
    """The 1-based first line, including decorators."""
    name_line: int
    """The line of its name."""
    end_line: int
    is_new: bool
    """Whether the task added it; otherwise the task changed it."""
    is_untouched: bool
    """Whether it is unchanged since the task."""
    maker: Maker


class Blamer:
    """Blames the files of one project; caches the history that it reads.

    Args:
        repository: the project's repository.
        store: the project's store, which is never cached.
        checker: parses the files.
    """

    def __init__(self, repository: Repository, store: Reader, checker: SyntaxChecker) -> None:
        self._repository = repository
        self._store = store
        self._checker = checker
        self._task_changes = TaskChangeLog(repository)
        self._outlines: OrderedDict[tuple[str, str], Outline] = OrderedDict()

    async def blame(self, file: Path, text: bytes) -> tuple[Blamed, ...]:
        """Return the symbols of a file that a task changed, in order.

        Args:
            file: an absolute path inside the repository; its suffix determines the language.
            text: the current content, saved or not.

        Raises:
            GitError: the history cannot be read.
            ToolError: the syntax worker cannot be started.
        """
        path = file.relative_to(self._repository.root).as_posix()
        changes = (await self._task_changes.of(path))[:_MAX_CHANGES]
        if not changes:
            return ()
        now = await self._cached_outline(
            (path, hashlib.sha256(text).hexdigest()), lambda: _immediate(text)
        )
        found = await self._last_changes(now, changes)
        lines = text.decode("utf-8", "replace").split("\n")
        makers = await anyio.to_thread.run_sync(self._makers, [row[0] for row in found.values()])
        return tuple(
            _blamed(symbol, lines, maker, *found[symbol.path][1:])
            for symbol in now.symbols
            if symbol.path in found and (maker := makers[found[symbol.path][0].after]) is not None
        )

    async def _last_changes(
        self, now: Outline, changes: list[tuple[TaskChange, ChangedFile]]
    ) -> dict[str, tuple[TaskChange, bool, bool]]:
        """Return each symbol's last change, and whether the symbol is new and untouched since."""
        open_symbols = {each.path: each for each in now.symbols if each.kind in _KINDS}
        found: dict[str, tuple[TaskChange, bool, bool]] = {}
        for change, file in changes:
            if not open_symbols:
                break
            before = _by_path(await self._outline(change.before, file.old_path or file.path))
            after = _by_path(await self._outline(change.after, file.path))
            for path, symbol in list(open_symbols.items()):
                former, made = before.get(path), after.get(path)
                if made is not None and _differs(former, made) and _differs(former, symbol):
                    found[path] = (change, former is None, not _differs(made, symbol))
                    del open_symbols[path]
        return found

    async def _outline(self, commit: str, path: str) -> Outline:
        return await self._cached_outline(
            (path, commit), lambda: self._repository.file_at(commit, path)
        )

    async def _cached_outline(
        self, key: tuple[str, str], read: Callable[[], Awaitable[bytes | None]]
    ) -> Outline:
        """Return the outline of a file's version, cached because a version never changes."""
        if key not in self._outlines:
            self._outlines[key] = await self._checker.outline(key[0], await read() or b"")
            while len(self._outlines) > _MAX_CACHED_OUTLINES:
                self._outlines.popitem(last=False)
        self._outlines.move_to_end(key)
        return self._outlines[key]

    def _makers(self, changes: list[TaskChange]) -> dict[str, Maker | None]:
        return {change.after: _maker(self._store, change) for change in changes}


async def _immediate(text: bytes) -> bytes:
    return text


def _by_path(outline: Outline) -> dict[str, Symbol]:
    return {each.path: each for each in outline.symbols}


def _differs(one: Symbol | None, other: Symbol) -> bool:
    """Return whether two versions of a symbol differ in more than whitespace."""
    return one is None or (one.own_hash, one.signature_hash) != (
        other.own_hash,
        other.signature_hash,
    )


def _blamed(
    symbol: Symbol, lines: list[str], maker: Maker, is_new: bool, is_untouched: bool
) -> Blamed:
    first = symbol.start.line
    last = symbol.end.line if symbol.end.column > 1 else max(symbol.end.line - 1, first)
    name_line = next(
        (line for line in range(first, last + 1) if symbol.name in lines[line - 1]), first
    )
    return Blamed(
        symbol=symbol.path,
        kind=symbol.kind,
        line=first,
        name_line=name_line,
        end_line=last,
        is_new=is_new,
        is_untouched=is_untouched,
        maker=maker,
    )


def _maker(store: Reader, change: TaskChange) -> Maker | None:
    """Return the details of a change from the store, or None if the work was never accepted."""
    progress = store.get(layout.progress(change.plan_id, change.task_id)) or TaskProgress()
    if not change.run_id and progress.state is not TaskState.DONE:
        return None
    is_latest = progress.run_id == change.run_id
    evidence = progress.evidence if is_latest else ()
    attempt = _attempt(store, change)
    header = store.get(layout.plan_header(change.plan_id))
    task = store.get(layout.task(change.plan_id, change.task_id))
    agent, helpers = _authors(attempt) if attempt else _assistant(evidence)
    return Maker(
        plan_id=change.plan_id,
        objective=header.objective if header else "",
        task_id=change.task_id,
        title=task.title if task else "",
        run_id=change.run_id,
        attempt=change.attempt,
        commit=change.after if change.run_id else "",
        at=change.at,
        agent=agent,
        helpers=helpers,
        session_id=progress.session_id if is_latest else "",
        acceptance=task.acceptance if task else (),
        evidence=evidence,
        doubts=progress.doubts if is_latest else (),
    )


def _attempt(store: Reader, change: TaskChange) -> Attempt | None:
    if not change.run_id:
        return None
    row = store.get(layout.task_run(change.run_id, change.task_id))
    attempts = row.attempts if row else ()
    return next((each for each in attempts if each.number == change.attempt), None)


def _authors(attempt: Attempt) -> tuple[str, tuple[str, ...]]:
    """Return the agent that wrote the code, and the agents that repaired it."""
    wrote = [step.agent for step in attempt.calls if step.role is Role.EXECUTOR]
    repaired = [step.agent for step in attempt.calls if step.role is Role.CONSULTANT]
    agent = wrote[-1] if wrote else ""
    return agent, tuple(dict.fromkeys(each for each in repaired if each != agent))


def _assistant(evidence: tuple[Evidence, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the author of the latest evidence, who had claimed the task."""
    names = [each.by.name for each in evidence if each.by.kind != "runner"]
    return (names[-1] if names else ""), ()
