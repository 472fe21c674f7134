"""A syntax gate names what it could not parse."""

import pytest

from podium.gates.unchecked import unchecked_files
from podium.syntax import Status, SyntaxReport


def report(path: str, status: Status, reason: str = "") -> SyntaxReport:
    return SyntaxReport(path, "", status, reason)


@pytest.mark.promise("V7.reported")
def test_a_summary_names_each_file_that_was_not_parsed_with_its_reason() -> None:
    named = unchecked_files(
        [
            report("a.py", Status.CHECKED),
            report("b.sql", Status.SKIPPED, "there is no grammar"),
            report("c.js", Status.GAVE_UP, "the parser did not finish within 2 s"),
            report("d.c", Status.CHECKED, "it was read as Latin-1"),
        ]
    )
    assert "a.py" not in named
    for part in ("b.sql (there is no grammar)", "c.js (the parser", "d.c (it was read as Latin-1)"):
        assert part in named


def test_a_refused_file_is_a_problem_of_its_own_and_only_three_files_are_named() -> None:
    assert unchecked_files([report("a.py", Status.REFUSED, "NUL")]) == ""
    many = [report(f"{number}.tf", Status.SKIPPED, "no grammar") for number in range(5)]
    assert unchecked_files(many).endswith("2.tf (no grammar) and 2 more")
