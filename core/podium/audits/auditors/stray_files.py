"""Finds files that were added by mistake, such as large files and build artifacts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from podium.model.findings import Observation, Range, Severity
from podium.ports.auditor import AuditedFile

NAME = "files"

MADE = frozenset(
    (
        *(".a", ".class", ".dll", ".dylib", ".ear", ".egg", ".exe", ".jar", ".lib", ".o", ".obj"),
        *(".pdb", ".pyc", ".pyd", ".pyo", ".so", ".war", ".wasm", ".whl"),
    )
)
"""Suffixes of build artifacts."""
LEFT_BEHIND = frozenset(
    (
        *(".bak", ".core", ".dmp", ".hprof", ".orig", ".rej", ".sqlite-journal", ".swo", ".swp"),
        *(".tmp", "~"),
    )
)
"""Suffixes of files left behind by editors, merge tools and crashes."""
ASSETS = frozenset(
    (
        *(".avif", ".bmp", ".cur", ".eot", ".flac", ".gif", ".icns", ".ico", ".jpeg", ".jpg"),
        *(".m4a", ".mo", ".mp3", ".mp4", ".ogg", ".otf", ".pdf", ".png", ".svgz", ".tif", ".tiff"),
        *(".ttc", ".ttf", ".wav", ".webm", ".webp", ".woff", ".woff2"),
    )
)
"""Suffixes of binary files that are common in repositories."""


@dataclass(frozen=True)
class StrayFilesAuditor:
    """Finds files that were added by mistake.

    Args:
        large_bytes: new files above this size are reported.
    """

    large_bytes: int
    name: str = NAME
    reads_large_files: bool = True

    async def audit(self, file: AuditedFile) -> Iterable[Observation]:
        """Return the problem with a new file; files that exist in the base are ignored."""
        return audit_stray_file(file, self.large_bytes)


def audit_stray_file(subject: AuditedFile, large_bytes: int) -> Iterator[Observation]:
    """Audit a new file; existing files are ignored."""
    if not subject.is_new:
        return
    ending = _ending(subject.path)
    if ending in MADE:
        yield _observation(subject, "files.built", "a new build artifact")
    elif ending in LEFT_BEHIND:
        yield _observation(subject, "files.left-behind", "a new temporary or backup file")
    elif subject.size > large_bytes:
        size = f"{subject.size / 1_000_000:.1f} MB"
        yield _observation(subject, "files.large", f"a new file of {size}, which git keeps forever")
    elif subject.is_binary and ending not in ASSETS:
        yield _observation(subject, "files.binary", "a new binary file")


def _ending(path: str) -> str:
    return "~" if path.endswith("~") else PurePosixPath(path).suffix.lower()


def _observation(subject: AuditedFile, category: str, message: str) -> Observation:
    seen = subject.observe(NAME, category, Severity.WARNING, message, Range.of_line(1))
    return seen.model_copy(update={"snippet": ""})
