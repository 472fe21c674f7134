"""The findings of a project, placed in its texts as they are now and shown."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from podium.model import layout
from podium.model.findings import Finding
from podium.model.states import FindingStatus
from podium_lsp.attempts import Attempts
from podium_lsp.convert import finding_diagnostic
from podium_lsp.documents import LineShift
from podium_lsp.placing import Placed, moved, place, place_elsewhere
from podium_lsp.projects import Project
from podium_lsp.publishing import Publisher
from podium_lsp.text import Text

if TYPE_CHECKING:
    from podium_lsp.server import PodiumServer

SOURCE = "findings"
MAX_FILE_BYTES = 2 * 1024 * 1024
RELOAD_FROM = 200
"""From so many changed findings on, reading all of them is quicker."""


class FindingBoard:
    """Keeps a project's open findings and shows them.

    Args:
        server: holds the open texts.
        project: whose findings.
        publisher: shows them.
    """

    def __init__(self, server: "PodiumServer", project: Project, publisher: Publisher) -> None:
        self._server = server
        self._project = project
        self._publisher = publisher
        self._findings: dict[str, Finding] = {}
        self._placed: dict[str, tuple[Placed, ...]] = {}
        self._hints: dict[str, dict[str, int]] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._attempts = Attempts(project)

    @property
    def open_findings(self) -> int:
        """Return how many findings are open."""
        return len(self._findings)

    async def load(self) -> None:
        """Read all findings and show them."""
        rows = await anyio.to_thread.run_sync(self._project.store.list, layout.findings())
        before = self._paths()
        self._findings = {each.id: each for each in rows.values() if _is_open(each)}
        await self._attempts.look(self._findings.values())
        await self._show(before | self._paths())

    async def update(self, names: Sequence[str]) -> None:
        """Read some findings again and show them."""
        if len(names) >= RELOAD_FROM:
            await self.load()
            return
        touched: set[str] = set()
        for name in names:
            finding = await anyio.to_thread.run_sync(self._project.store.get, layout.finding(name))
            former = self._findings.pop(name, None)
            if finding is not None and _is_open(finding):
                self._findings[name] = finding
            touched |= {each.path for each in (former, finding) if each is not None}
        await self._attempts.look(self._findings.values())
        await self._show(touched)

    async def show_all(self) -> None:
        """Show every finding again."""
        await self._show(self._paths())

    async def show(self, path: str) -> None:
        """Show the findings of one file again."""
        if path in self._placed or any(each.path == path for each in self._findings.values()):
            await self._show([path])

    async def show_attempts(self) -> None:
        """Show the findings of attempts again, if their runs have begun or ended."""
        if await self._attempts.look(self._findings.values()):
            await self._show({each.path for each in self._findings.values() if each.run_id})

    async def show_moved(self) -> None:
        """Show the findings of closed files again that were changed on the disk."""
        for path in self._paths():
            if self._server.documents.get(self._project.uri(path)) is None:
                signature = await anyio.to_thread.run_sync(_signature, self._project.root / path)
                if self._seen.get(path) != signature:
                    await self._show([path])

    def placed(self, path: str) -> tuple[Placed, ...]:
        """Return the findings of a file where they stand now."""
        return self._placed.get(path, ())

    def moved(self, path: str, shifts: Sequence[LineShift]) -> None:
        """Remember how an edit moved a file's lines."""
        if (hints := self._hints.get(path)) is not None:
            self._hints[path] = moved(hints, shifts)

    def _paths(self) -> set[str]:
        return {each.path for each in self._findings.values()}

    async def _show(self, paths: Iterable[str]) -> None:
        by_path: dict[str, list[Finding]] = {}
        for each in self._findings.values():
            by_path.setdefault(each.path, []).append(each)
        for path in paths:
            await self._show_path(path, by_path.get(path, []))

    async def _show_path(self, path: str, findings: list[Finding]) -> None:
        uri = self._project.uri(path)
        text = await self._text(path) if findings else None
        if not self._server.settings.findings:
            text = None
        hints = self._hints.get(path, {})
        rows = [
            row
            for each in findings
            if text is not None and (row := self._place(each, text, hints.get(each.id))) is not None
        ]
        self._placed[path] = tuple(rows)
        self._hints[path] = {each.finding.id: each.line for each in rows if not each.elsewhere}
        if not findings:
            self._placed.pop(path)
            self._hints.pop(path)
        encoding = self._server.documents.encoding
        shown = text or Text("")
        diagnostics = [
            finding_diagnostic(
                each, shown, encoding, self._task_uri(each), self._attempts.uri_of(each)
            )
            for each in rows
        ]
        self._publisher.put(uri, SOURCE, diagnostics)

    def _place(self, finding: Finding, text: Text, hint: int | None) -> Placed | None:
        placed = place(finding, text, hint)
        if placed is None and self._attempts.is_at_work(finding):
            return place_elsewhere(finding, text)
        return placed

    def _task_uri(self, placed: Placed) -> str:
        finding = placed.finding
        if not finding.task_id:
            return ""
        key = layout.task(finding.plan_id, finding.task_id)
        return self._project.uri(f".podium/{key.path}")

    async def _text(self, path: str) -> Text | None:
        """Return a file's text: the editor's when it is open there, else the disk's."""
        document = self._server.documents.get(self._project.uri(path))
        if document is not None:
            return document.text
        file = self._project.root / path
        self._seen[path] = await anyio.to_thread.run_sync(_signature, file)
        return await anyio.to_thread.run_sync(_read, self._project.root, file)


def _is_open(finding: Finding) -> bool:
    return finding.status is FindingStatus.OPEN


def _signature(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _read(root: Path, file: Path) -> Text | None:
    """Return a file's text, or None when there is none to be shown anything in."""
    if not Path(os.path.realpath(file)).is_relative_to(root):
        return None
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            return None
        with file.open(encoding="utf-8", newline="") as opened:
            return Text(opened.read().removeprefix("\ufeff"))
    except (OSError, UnicodeDecodeError):
        return None
