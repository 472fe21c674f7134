"""Runs the auditors that do not need a language model."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from podium.audits.auditors.stray_files import StrayFilesAuditor
from podium.audits.auditors.syntax import SyntaxAuditor
from podium.audits.auditors.weakened_tests import WeakenedTestsAuditor
from podium.model.config import AuditConfig
from podium.model.findings import Observation
from podium.platform.entry_points import provided
from podium.ports.auditor import ENTRY_POINT_GROUP, AuditedFile, Auditor
from podium.syntax import SyntaxChecker
from podium.workspace.file_listing import ListedFile, Listing

MAX_BYTES = 4 * 1024 * 1024
"""Most auditors skip the content of larger files."""


@dataclass(frozen=True)
class AuditResult:
    """The result of an audit.

    Args:
        files: the number of audited files.
        lines: the total number of lines in the text files.
        notes: notes for the user, one sentence each.
    """

    observations: tuple[Observation, ...]
    files: int
    lines: int
    notes: tuple[str, ...] = ()


async def audit_files(checker: SyntaxChecker, listing: Listing, rules: AuditConfig) -> AuditResult:
    """Run all auditors on all files of a listing."""
    auditors = auditors_for(checker, rules)
    observations: list[Observation] = []
    files = lines = 0
    async for file in _files(listing, rules.exclude):
        observations += await audit_file(auditors, file)
        files += 1
        lines += 0 if file.is_binary else file.text.count(b"\n")
    notes = tuple(f"{each}; it was skipped" for each in provided(ENTRY_POINT_GROUP).problems)
    return AuditResult(tuple(observations), files, lines, notes)


def auditors_for(checker: SyntaxChecker, rules: AuditConfig) -> tuple[Auditor, ...]:
    """Return the enabled auditors: the built-in ones, then those provided by installed packages."""
    return (
        StrayFilesAuditor(rules.large_file_bytes),
        *((WeakenedTestsAuditor(),) if rules.tests else ()),
        *((SyntaxAuditor(checker),) if rules.syntax else ()),
        *((_secrets_auditor(),) if rules.secrets else ()),
        *provided(ENTRY_POINT_GROUP).objects.values(),
    )


def _secrets_auditor() -> Auditor:
    # The detectors are slow to import, so import them only if the auditor is enabled.
    from podium.audits.auditors.secrets import SecretsAuditor

    return SecretsAuditor()


async def audit_file(auditors: Sequence[Auditor], file: AuditedFile) -> list[Observation]:
    """Run all auditors on one file; most auditors skip large files."""
    observations: list[Observation] = []
    for auditor in auditors:
        if auditor.reads_large_files or file.size <= MAX_BYTES:
            observations += await auditor.audit(file)
    return observations


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a path or one of its parent folders matches an exclude pattern."""
    parts = path.split("/")
    names = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return any(fnmatchcase(name, each.rstrip("/")) for each in patterns for name in names)


async def _files(listing: Listing, exclude: Sequence[str]) -> AsyncIterator[AuditedFile]:
    for file in listing.files:
        if is_excluded(file.path, exclude):
            continue
        found = await _file(listing, file)
        if found is not None:
            yield found


async def _file(listing: Listing, file: ListedFile) -> AuditedFile | None:
    text = await listing.read(file, max_bytes=MAX_BYTES)
    if text is None:
        return None
    size = await listing.size(file) if len(text) > MAX_BYTES else len(text)
    base = await listing.read_base(file, max_bytes=MAX_BYTES)
    return AuditedFile(file.path, text, size, base, file.is_new)
