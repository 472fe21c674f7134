"""Finds secrets line by line, with the detectors of the `detect-secrets` library.

The library's online verification of secrets is never used. Messages never contain the secret.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.filters import allowlist, heuristic
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.high_entropy_strings import (
    Base64HighEntropyString,
    HexHighEntropyString,
)
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.util.code_snippet import CodeSnippet

from podium.audits.auditors.sample_paths import is_test_or_example
from podium.model.findings import Observation, Severity
from podium.ports.auditor import AuditedFile

NAME = "secrets"
MAX_LINE = 4000
"""Longer lines are data or minified code, for which detectors are slow and often wrong."""
_GUESS = "Secret value"
_ADDRESS = "Basic Auth Credentials"
_EXCLUDED = frozenset(
    (
        "Secret Keyword",
        "Base64 High Entropy String",
        "Hex High Entropy String",
        "Private Key",
        _ADDRESS,
    )
)
"""Detectors that are unreliable by themselves, or that are called separately."""
_KEY_LINES = 3
_PROSE = frozenset((".adoc", ".md", ".rst", ".txt"))
_PLACEHOLDERS = frozenset(
    (
        *("changeme", "foo", "bar", "hunter2", "pass", "passwd", "password", "password1", "pw"),
        *("pwd", "secret", "test", "token", "user", "username", "xxx", "xxxx", "yourpassword"),
    )
)
"""Values that stand for a secret in an example."""
_LEAST_GUESSED = 16


@dataclass(frozen=True)
class SecretsAuditor:
    """Finds credentials in files."""

    name: str = NAME
    reads_large_files: bool = False

    async def audit(self, file: AuditedFile) -> Iterable[Observation]:
        """Return the credentials in a file that are not in its base."""
        return audit_secrets(file)


def audit_secrets(subject: AuditedFile) -> Iterator[Observation]:
    """Find credentials that are new in a file.

    A known format (a service's token, a private key) is an error, but only a warning in tests and
    examples, which often contain sample keys. A high-entropy value with a name such as `password`
    is a warning, and so is a password in a URL; both are ignored in tests, examples and prose.
    """
    if subject.is_binary or heuristic.is_lock_file(subject.path):
        return
    is_sample = _is_sample(subject.path)
    for number, line in enumerate(subject.lines, 1):
        if len(line) > MAX_LINE or line.strip() in subject.former_lines:
            continue
        found = _known_forms(subject, number, line)
        if found is None and not is_sample:
            found = _guessed(subject.path, line)
        if found == _private_keys().secret_type and is_sample and _is_old(subject):
            continue  # Tests need keys, which nothing else trusts.
        if found is not None and not _is_allowed(subject, number, line):
            yield _observation(subject, number, line, found, is_sure=not is_sample)


def _is_old(subject: AuditedFile) -> bool:
    return subject.base is None and not subject.is_new


def _known_forms(subject: AuditedFile, number: int, line: str) -> str | None:
    """Return the kind of secret with a known format in a line, or None."""
    for detector in _detectors():
        values = [each.secret_value or "" for each in detector.analyze_line("", line)]
        if any(_is_plausible(value) for value in values):
            return detector.secret_type
    if "PRIVATE KEY-" in line:
        # The key follows its header line. Given a single line, the detector would open the file.
        text = "\n".join(subject.lines[number - 1 : number + _KEY_LINES])
        if list(_private_keys().analyze_string(text)):
            return _private_keys().secret_type
    return None


def _guessed(path: str, line: str) -> str | None:
    """Return the kind of likely secret in a line, judged by its name and entropy, or None."""
    if "=" not in line and ":" not in line:
        return None
    addresses = _addresses().analyze_line(filename="", line=line)
    if any(_is_plausible(each.secret_value or "") for each in addresses):
        return _ADDRESS
    named = {each.secret_value for each in _keywords().analyze_line(filename=path, line=line)}
    if not named:
        return None
    for detector in _entropy():
        for each in detector.analyze_line(filename=path, line=line):
            value = each.secret_value or ""
            if value in named and len(value) >= _LEAST_GUESSED and _is_plausible(value):
                return _GUESS
    return None


def _is_sample(path: str) -> bool:
    """Return whether a file is a test, an example or prose."""
    return is_test_or_example(path) or PurePosixPath(path).suffix.lower() in _PROSE


def _is_plausible(value: str) -> bool:
    """Return whether a value is not a placeholder, a template, a sequence or an id."""
    return not (
        heuristic.is_sequential_string(value)
        or heuristic.is_potential_uuid(value)
        or heuristic.is_templated_secret(value)
        or heuristic.is_not_alphanumeric_string(value)
        or "example" in value.lower()
        or value.lower().strip("<>{}[]*") in _PLACEHOLDERS
    )


def _is_allowed(subject: AuditedFile, number: int, line: str) -> bool:
    """Return whether a comment on or above the line marks it as a false positive."""
    snippet = CodeSnippet([subject.line(number - 1), line], 0, 1)
    return allowlist.is_line_allowlisted(subject.path, line, snippet)


def _observation(
    subject: AuditedFile, number: int, line: str, kind: str, *, is_sure: bool
) -> Observation:
    is_guess = kind in (_GUESS, _ADDRESS)
    what = "this value looks like a secret" if is_guess else f"{kind}: a credential in the file"
    seen = subject.observe(
        NAME,
        f"secrets.{_slug(kind)}",
        Severity.ERROR if is_sure and not is_guess else Severity.WARNING,
        f"{what}; remove it and rotate it",
        subject.filled_range(number),
    )
    # Findings are stored and exported, so the secret must not be in them.
    identity = hashlib.sha256(line.strip().encode("utf-8", "replace")).hexdigest()[:8]
    return seen.model_copy(update={"snippet": "", "identity": identity})


def _slug(kind: str) -> str:
    return "-".join(kind.lower().split())


@cache
def _detectors() -> tuple[BasePlugin, ...]:
    kinds = get_mapping_from_secret_type_to_class()
    return tuple(kind() for name, kind in sorted(kinds.items()) if name not in _EXCLUDED)


@cache
def _private_keys() -> PrivateKeyDetector:
    return PrivateKeyDetector()


@cache
def _addresses() -> BasicAuthDetector:
    return BasicAuthDetector()


@cache
def _keywords() -> KeywordDetector:
    return KeywordDetector()


@cache
def _entropy() -> tuple[BasePlugin, ...]:
    return (Base64HighEntropyString(), HexHighEntropyString())
