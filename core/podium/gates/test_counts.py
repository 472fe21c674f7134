"""Counts the tests in the output of a test runner."""

import re
from dataclasses import dataclass

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
_UNITTEST_PART = re.compile(r"(failures|errors|skipped|expected failures)=(\d+)")
_UNITTEST_END = re.compile(r"^(?:OK|FAILED)\b.*", re.MULTILINE)
_GO = re.compile(r"^\s*--- (PASS|FAIL|SKIP): ", re.MULTILINE)
_NAMED = re.compile(r"(\d+) (passed|passing|failed|failing|errors?|skipped|pending|xfailed)\b")
_CARGO = re.compile(r"^test result: .*", re.MULTILINE)
_JEST = re.compile(r"^\s*Tests:?\s.*", re.MULTILINE)
_NO_TESTS = re.compile(
    r"\[no tests to run\]|\[no test files\]|^no tests ran|No tests found|No test files found",
    re.MULTILINE,
)
_PASSED = ("passed", "passing")
_FAILED = ("failed", "failing", "error", "errors")


@dataclass(frozen=True)
class TestCounts:
    """The number of tests that passed and that failed; skipped ones are neither."""

    __test__ = False
    passed: int
    failed: int


def count_tests(output: str) -> TestCounts | None:
    """Return the counts in the output of a test runner, or None if it does not show any.

    Understands pytest, unittest, jest, vitest, mocha, `go test -v` and cargo.
    """
    text = _COLOUR.sub("", output)
    if ran := _RAN.findall(text):
        return _unittest(int(ran[-1]), text)
    if lines := _CARGO.findall(text):
        return _named(lines)
    if lines := _JEST.findall(text):
        return _named(lines[-1:])
    if marks := _GO.findall(text):
        return TestCounts(marks.count("PASS"), marks.count("FAIL"))
    lines = [line for line in text.splitlines() if _NAMED.search(line)]
    if lines:
        return _named(lines[-1:])
    return TestCounts(0, 0) if _NO_TESTS.search(text) else None


def _unittest(ran: int, text: str) -> TestCounts:
    ends = _UNITTEST_END.findall(text)
    parts = {name: int(number) for name, number in _UNITTEST_PART.findall(ends[-1] if ends else "")}
    failed = parts.get("failures", 0) + parts.get("errors", 0)
    neither = parts.get("skipped", 0) + parts.get("expected failures", 0)
    return TestCounts(max(0, ran - failed - neither), failed)


def _named(lines: list[str]) -> TestCounts:
    passed = failed = 0
    for line in lines:
        for number, word in _NAMED.findall(line):
            passed += int(number) if word in _PASSED else 0
            failed += int(number) if word in _FAILED else 0
    return TestCounts(passed, failed)
