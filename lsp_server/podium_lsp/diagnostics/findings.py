"""Publishes a project's open findings at their current locations."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
from lsprotocol.types import Diagnostic

from podium.errors import PodiumError
from podium.model import layout
from podium.model.findings import Finding
from podium.model.states import FindingStatus
from podium.operations.finding.locate import Lost, place_in
from podium_lsp.convert import finding_diagnostic
from podium_lsp.diagnostics.attempts import Attempts
from podium_lsp.diagnostics.syntax import SyntaxDiagnostics
from podium_lsp.locations import LocatedFinding, locate, locate_elsewhere, shift_lines, shifted
from podium_lsp.session.documents import LineShift, uri_of
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session
from podium_lsp.session.text import Text

_LOG = logging.getLogger("podium_lsp.diagnostics.findings")
SOURCE = "findings"
MAX_FILE_BYTES = 2 * 1024 * 1024
RELOAD_FROM = 200
"""With this many changed findings or more, reloading all of them is faster."""

_REST_SECONDS = 0.2
"""Seconds without typing before displaced findings are located again."""


@dataclass
class _FileState:
    """The state of one file's findings.

    Args:
        findings: the open findings, by id.
        located: the findings as published; None before they are first located.
        lines: the findings' lines in an open document, by id; edits shift the lines.
        read: the findings' lines in a closed file, with the hash of its text.
        generation: counts updates; only the latest one may publish.
        signature: the signature of the file on disk when it was last read.
        attempt_uris: the URIs of attempts' files for which findings are published.
    """

    findings: dict[str, Finding] = field(default_factory=dict[str, Finding])
    located: tuple[LocatedFinding, ...] | None = None
    lines: dict[str, int] | None = None
    read: tuple[int, dict[str, int]] | None = None
    generation: int = 0
    signature: tuple[int, int] | None = None
    attempt_uris: frozenset[str] = frozenset()


class FindingDiagnostics:
    """The diagnostics of a project's open findings.

    Args:
        session: provides the open documents.
        project: the project that the findings belong to.
        checks: provides the process that locates findings in a document.
    """

    def __init__(self, session: Session, project: Project, checks: SyntaxDiagnostics) -> None:
        self._session = session
        self._project = project
        self._checks = checks
        self._findings: dict[str, Finding] = {}
        self._files: dict[str, _FileState] = {}
        self._attempts = Attempts(project)

    @property
    def open_findings(self) -> int:
        """Return the number of open findings."""
        return len(self._findings)

    async def load(self) -> None:
        """Read all findings and show them."""
        rows = (await self._project.ask("finding.recorded")).findings
        before = self._paths()
        self._findings = {}
        for state in self._files.values():
            state.findings = {}
        for finding in rows:
            self._keep(finding)
        await self._attempts.look(self._findings.values())
        await self._show(before | self._paths())

    async def update(self, names: Sequence[str]) -> None:
        """Reload some findings and show them."""
        if len(names) >= RELOAD_FROM:
            await self.load()
            return
        touched: set[str] = set()
        rows = (await self._project.ask("finding.recorded", findings=names)).findings
        found = {each.id: each for each in rows}
        for name in names:
            finding = found.get(name)
            former = self._drop(name)
            if finding is not None:
                self._keep(finding)
            touched |= {each.path for each in (former, finding) if each is not None}
        await self._attempts.look(self._findings.values())
        await self._show(touched)

    async def show_all(self) -> None:
        """Show every finding again."""
        await self._show(self._paths())

    async def show(self, path: str) -> None:
        """Show one file's findings again."""
        state = self._files.get(path)
        if state is not None and (state.located is not None or state.findings):
            await self._show_path(path)

    async def show_edited(self, path: str) -> None:
        """Show the findings in an edited document; locate displaced ones once typing stops."""
        if path in self._paths():
            await self._show_path(path, _REST_SECONDS)

    async def show_closed(self, path: str) -> None:
        """Show the findings in a file that was closed in the editor."""
        # Changes that were not saved do not affect the file.
        is_open = self._session.documents.get(self._project.uri(path)) is not None
        if (state := self._files.get(path)) is not None and not is_open:
            state.lines = None
        await self.show(path)

    async def show_attempts(self) -> None:
        """Show attempts' findings again if their runs have started or ended."""
        if await self._attempts.look(self._findings.values()):
            await self._show({each.path for each in self._findings.values() if each.run_id})

    async def show_moved(self) -> None:
        """Show the findings in closed files again if the files changed on disk."""
        for path in self._paths():
            if self._session.documents.get(self._project.uri(path)) is None:
                signature = await anyio.to_thread.run_sync(_signature, self._project.root / path)
                state = self._files.get(path)
                if state is None or state.signature != signature:
                    await self._show([path])

    def located(self, path: str) -> tuple[LocatedFinding, ...]:
        """Return a file's findings with their current locations."""
        state = self._files.get(path)
        return (state.located if state is not None else None) or ()

    def opened(self, path: str, text: Text) -> None:
        """Start tracking the locations of an opened file's findings, if the text is unchanged.

        The first edit may arrive before the findings are located again, and must shift them.
        """
        if (state := self._files.get(path)) is not None:
            known, state.read = state.read, None
            is_same = known is not None and known[0] == hash(text.content)
            state.lines = known[1] if known is not None and is_same else None

    def shift_lines(self, path: str, shifts: Sequence[LineShift]) -> None:
        """Shift the lines of a file's findings after an edit."""
        state = self._files.get(path)
        if state is not None and state.lines is not None:
            state.lines = shift_lines(state.lines, shifts)

    def _paths(self) -> set[str]:
        """Return the files with open findings."""
        return {path for path, state in self._files.items() if state.findings}

    def _keep(self, finding: Finding) -> None:
        if finding.status is FindingStatus.OPEN:
            self._findings[finding.id] = finding
            self._files.setdefault(finding.path, _FileState()).findings[finding.id] = finding

    def _drop(self, name: str) -> Finding | None:
        former = self._findings.pop(name, None)
        if former is not None:
            del self._files[former.path].findings[name]
        return former

    async def _show(self, paths: Iterable[str]) -> None:
        for path in paths:
            await self._show_path(path)

    async def _show_path(self, path: str, rest: float = 0.0) -> None:
        """Show the findings of one file.

        Args:
            path: the file.
            rest: seconds to wait for further edits before locating displaced findings again.
        """
        # A later call supersedes earlier ones, which then stop.
        state = self._files.setdefault(path, _FileState())
        state.generation += 1
        generation = state.generation
        is_shown = bool(state.findings) and self._session.settings.findings
        text = await self._text(path, state) if is_shown else None
        if not self._is_latest(path, state, generation, text):
            return
        if text is None:
            self._put(path, state, None, {})
            await self._show_in_attempts(state, self._in_active_attempts(state) if is_shown else [])
            return
        await self._show_in_attempts(state, [])
        known = _shifted(state, text)
        left = [each for each in state.findings.values() if each.id not in known]
        # Until the findings are located for the first time, the published ones stay.
        if not left or (rest and state.lines is not None):
            self._put(path, state, text, known)
        if not left:
            return
        await anyio.sleep(rest)
        if self._is_latest(path, state, generation, text):
            known |= await self._found(path, text, left)
        if self._is_latest(path, state, generation, text):
            self._put(path, state, text, known)

    def _is_latest(self, path: str, state: _FileState, generation: int, text: Text | None) -> bool:
        """Return whether neither a later call nor an edit has superseded this update."""
        document = self._session.documents.get(self._project.uri(path))
        is_read = document is None or text is None or document.text is text
        return is_read and state.generation == generation

    def _in_active_attempts(self, state: _FileState) -> list[Finding]:
        return [each for each in state.findings.values() if self._attempts.is_active(each)]

    async def _show_in_attempts(self, state: _FileState, findings: Iterable[Finding]) -> None:
        """Publish findings about files that exist only in an attempt's worktree."""
        generation, rows = state.generation, dict[str, list[Diagnostic]]()
        for each in findings:
            if (place_of := self._attempts.file_of(each)) is None:
                continue
            folder, file = place_of
            if (text := await anyio.to_thread.run_sync(_read, folder, file)) is not None:
                row = self._diagnostic(locate(each, text), text)
                rows.setdefault(uri_of(file), []).append(row)
        if state.generation != generation:
            return
        before, state.attempt_uris = state.attempt_uris, frozenset(rows)
        for uri in before | rows.keys():
            self._session.publisher.put(uri, SOURCE, rows.get(uri, []))

    async def _found(self, path: str, text: Text, wanted: list[Finding]) -> dict[str, Finding]:
        """Return the findings whose anchors were found in the text, by id."""
        raw = text.content.encode("utf-8", "replace")
        try:
            found = await place_in(self._checks.checker, path, raw, wanted)
        except PodiumError as error:
            _LOG.warning("%s: findings cannot be located: %s", path, error)
            return {}
        return {each.id: each for each in found if not isinstance(each, Lost)}

    def _put(
        self, path: str, state: _FileState, text: Text | None, known: Mapping[str, Finding]
    ) -> None:
        """Publish the located findings and those about an attempt's version."""
        rows = self._rows(state, text, known) if text is not None else []
        self._remember(path, state, text, rows)
        diagnostics = [self._diagnostic(each, text) for each in rows if text is not None]
        self._session.publisher.put(self._project.uri(path), SOURCE, diagnostics)

    def _diagnostic(self, located: LocatedFinding, text: Text) -> Diagnostic:
        encoding = self._session.documents.encoding
        attempt = self._attempts.uri_of(located)
        return finding_diagnostic(located, text, encoding, self._task_uri(located), attempt)

    def _rows(
        self, state: _FileState, text: Text, known: Mapping[str, Finding]
    ) -> list[LocatedFinding]:
        rows: list[LocatedFinding] = []
        for each in state.findings.values():
            if each.id in known:
                rows.append(locate(known[each.id], text))
            elif self._attempts.is_active(each):
                rows.append(locate_elsewhere(each, text))
        return rows

    def _remember(
        self, path: str, state: _FileState, text: Text | None, rows: Sequence[LocatedFinding]
    ) -> None:
        state.located = tuple(rows)
        # Lines can be shifted only in an open document, whose edits are known.
        is_open = self._session.documents.get(self._project.uri(path)) is not None
        lines = {each.finding.id: each.line for each in rows if not each.elsewhere}
        state.lines = lines if is_open else None
        state.read = None if is_open or text is None else (hash(text.content), lines)
        if not state.findings and self._files.get(path) is state:
            del self._files[path]

    def _task_uri(self, located: LocatedFinding) -> str:
        finding = located.finding
        if not finding.task_id:
            return ""
        key = layout.task(finding.plan_id, finding.task_id)
        return self._project.uri(f".podium/{key.path}")

    async def _text(self, path: str, state: _FileState) -> Text | None:
        """Return a file's text from the editor if it is open there, or else from disk."""
        document = self._session.documents.get(self._project.uri(path))
        if document is not None:
            return document.text
        file = self._project.root / path
        state.signature = await anyio.to_thread.run_sync(_signature, file)
        return await anyio.to_thread.run_sync(_read, self._project.root, file)


def _shifted(state: _FileState, text: Text) -> dict[str, Finding]:
    """Return the findings whose shifted lines still have the same content, by id."""
    rows, lines = state.findings, state.lines or {}
    at = {name: shifted(rows[name], text, line) for name, line in lines.items() if name in rows}
    return {name: finding for name, finding in at.items() if finding is not None}


def _signature(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _read(root: Path, file: Path) -> Text | None:
    """Return a file's text, or None if it is too large, not UTF-8 or outside the root."""
    if not Path(os.path.realpath(file)).is_relative_to(root):
        return None
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            return None
        with file.open(encoding="utf-8", newline="") as opened:
            return Text(opened.read().removeprefix("\ufeff"))
    except (OSError, UnicodeDecodeError):
        return None
