"""Has the auditors that need no model look at files (SPEC F3); must not know who asked."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from podium.audits.auditors.stray_files import audit_stray_file
from podium.audits.auditors.syntax import audit_syntax
from podium.audits.subject import AuditedFile
from podium.model.config import AuditConfig
from podium.model.findings import Observation
from podium.syntax import SyntaxChecker
from podium.workspace.file_listing import ListedFile, Listing

MAX_BYTES = 4 * 1024 * 1024
"""How much of a file is read; a larger one is not judged by its text."""


@dataclass(frozen=True)
class Audited:
    """What the built-in auditors saw.

    Args:
        files: how many were looked at.
        lines: how many lines of text they have together.
    """

    observations: tuple[Observation, ...]
    files: int
    lines: int


async def audit_files(checker: SyntaxChecker, listing: Listing, rules: AuditConfig) -> Audited:
    """Have every built-in auditor look at every file of a listing."""
    observations: list[Observation] = []
    files = lines = 0
    async for subject in _subjects(listing, rules.exclude):
        observations += await audit_file(checker, subject, rules)
        files += 1
        lines += 0 if subject.is_binary else subject.text.count(b"\n")
    return Audited(tuple(observations), files, lines)


async def audit_file(
    checker: SyntaxChecker, subject: AuditedFile, rules: AuditConfig
) -> list[Observation]:
    """Have every built-in auditor look at one file."""
    seen = list(audit_stray_file(subject, rules.large_file_bytes))
    if subject.size > MAX_BYTES:
        return seen
    if rules.syntax:
        seen += await audit_syntax(checker, subject)
    if rules.secrets:
        # The detectors take a while to load, and those who switch them off need not wait.
        from podium.audits.auditors.secrets import audit_secrets

        seen += audit_secrets(subject)
    return seen


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether a path, or a folder above it, matches a pattern of the settings."""
    parts = path.split("/")
    names = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return any(fnmatchcase(name, each.rstrip("/")) for each in patterns for name in names)


async def _subjects(listing: Listing, exclude: Sequence[str]) -> AsyncIterator[AuditedFile]:
    for file in listing.files:
        if is_excluded(file.path, exclude):
            continue
        subject = await _subject(listing, file)
        if subject is not None:
            yield subject


async def _subject(listing: Listing, file: ListedFile) -> AuditedFile | None:
    text = await listing.read(file, max_bytes=MAX_BYTES)
    if text is None:
        return None
    size = await listing.size(file) if len(text) > MAX_BYTES else len(text)
    base = await listing.read_base(file, max_bytes=MAX_BYTES)
    return AuditedFile(file.path, text, size, base, file.is_new)
