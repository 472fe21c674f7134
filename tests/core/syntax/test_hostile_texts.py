"""No text stalls, crashes or fills the caller; the next check works."""

import sys

import pytest
from anyio.from_thread import start_blocking_portal

from podium.syntax import Status, SyntaxChecker, WorkerLimits
from tests.core.syntax.conftest import Check

STALLS_JAVASCRIPT = b"/*" * 20_000


@pytest.mark.promise("V5")
@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.py", b"x = 1\0", "byte 6 is NUL"),
        ("a.sh", b"\0" * 1000, "byte 1 is NUL"),
        ("a.rs", b"fn a\xff", "byte 5 (0xff)"),
        ("a.ts", "größe".encode("latin-1"), "byte 3 (0xf6) cannot be read"),
        ("a.json", b"[0," * 1_000_000, "above 2 MB"),
        ("a.yaml", b"- " * 20_000, "follow one another"),
        ("a.json", b"[" * 20_000, "deep"),
        ("a.json", b"[" * 501 + b"]" * 501, "deep"),
        ("a.go", b"f(" * 600 + b")" * 600, "deep"),
        ("a.py", b"if 1:\n" + b" " * 2_000 + b"x\n", "indented"),
    ],
)
def test_what_is_unfit_for_a_grammar_is_refused(
    check: Check, path: str, text: bytes, reason: str
) -> None:
    report = check(path, text)
    assert (report.status, report.problems) == (Status.REFUSED, ())
    assert reason in report.reason
    assert check("next.py", "x = 1\n").status is Status.CHECKED


def test_what_stays_below_the_limits_is_checked(check: Check) -> None:
    assert check("a.json", b"[" * 499 + b"]" * 499).problems == ()
    assert check("a.json", b'["' + b":(" * 10_000 + b'"]').problems == ()
    assert check("a.yaml", b"- " * 150 + b"a\n").problems == ()


@pytest.mark.promise("V5")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.c", b"/*" * 20_000),
        ("a.java", b"/*" * 20_000),
        ("a.html", b"<div>" * 20_000),
        ("a.tsx", b"a<" * 20_000),
        ("a.js", b"({[" * 50_000),
        ("a.sh", b"<<A\n" * 20_000),
        ("a.sh", b"a|" * 50_000),
        ("a.py", b"x = " + b"-" * 100_000 + b"1\n"),
        ("a.css", b"a{" * 400),
        ("a.toml", b"[a.b]\n" * 20_000),
        ("a.yaml", b"&a *a " * 20_000),
    ],
)
def test_a_hostile_text_ends_in_a_report(path: str, text: bytes) -> None:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker(WorkerLimits(seconds=1))
        report = portal.call(checker.check, path, text)
        assert report.status in (Status.CHECKED, Status.GAVE_UP)
        assert portal.call(checker.check, "next.py", b"x = 1\n").status is Status.CHECKED
        portal.call(checker.close)


@pytest.mark.promise("V5")
def test_a_text_that_stalls_the_parser_is_given_up_and_the_worker_replaced() -> None:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker(WorkerLimits(seconds=1))
        portal.call(checker.check, "a.py", b"x = 1\n")
        first = checker.worker_pid
        report = portal.call(checker.check, "a.js", STALLS_JAVASCRIPT)
        assert report.status is Status.GAVE_UP
        assert report.reason == "the parser did not finish within 1 s"
        assert portal.call(checker.check, "a.py", b"x = (\n").errors
        assert checker.worker_pid not in (None, first)
        portal.call(checker.close)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_text_that_needs_more_memory_than_allowed_is_given_up() -> None:
    text = b"x = [" + b"1, " * 400_000 + b"]\n"
    with start_blocking_portal() as portal:
        checker = SyntaxChecker(WorkerLimits(seconds=60, memory_bytes=150 * 1024 * 1024))
        assert portal.call(checker.check, "a.py", text).status is Status.GAVE_UP
        assert portal.call(checker.check, "a.py", b"x = 1\n").status is Status.CHECKED
        portal.call(checker.close)
        roomy = SyntaxChecker(WorkerLimits(seconds=60))
        assert portal.call(roomy.check, "a.py", text).status is Status.CHECKED
        portal.call(roomy.close)
