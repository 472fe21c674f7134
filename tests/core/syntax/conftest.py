"""One warm checker for all tests of the part, behind a plain function."""

from collections.abc import Iterator
from typing import Protocol

import pytest
from anyio.from_thread import start_blocking_portal

from podium.syntax import SyntaxChecker, SyntaxReport


class Check(Protocol):
    """Checks a text given as a string or as bytes."""

    def __call__(
        self, path: str, text: str | bytes, base: str | bytes | None = None
    ) -> SyntaxReport: ...


@pytest.fixture(autouse=True)
def _new_workers(started_processes: None) -> None:
    """Start workers as the product does: their memory is limited, which a fork shares."""


@pytest.fixture(scope="session")
def check() -> Iterator[Check]:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()

        def check_text(
            path: str, text: str | bytes, base: str | bytes | None = None
        ) -> SyntaxReport:
            former = None if base is None else as_bytes(base)
            return portal.call(checker.check, path, as_bytes(text), former)

        yield check_text
        portal.call(checker.close)


def as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
