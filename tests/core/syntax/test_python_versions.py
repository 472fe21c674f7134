"""The running Python is asked, and not believed where it may only be too old."""

import sys

import pytest

from podium.syntax import ProblemCode, Severity, Status
from tests.core.syntax.conftest import Check

NEWER = [
    ((3, 12), "type Row = list[int]\n"),
    ((3, 12), "type Row[T] = list[T]\n"),
    ((3, 12), "def first[T](rows: list[T]) -> T: ...\n"),
    ((3, 12), "class Rows[T]:\n    pass\n"),
    ((3, 12), 'x = f"{rows["a"]}"\n'),
    ((3, 12), 'print(f"{", ".join(rows)}")\n'),
    ((3, 14), "try:\n    pass\nexcept OSError, ValueError:\n    pass\n"),
    ((3, 14), 'x = t"{a}"\n'),
]


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(("version", "text"), NEWER)
def test_newer_syntax_is_a_warning_that_says_so(
    check: Check, version: tuple[int, int], text: str
) -> None:
    report = check("a.py", text)
    assert report.errors == ()
    if sys.version_info[:2] >= version:
        assert report.problems == ()
    else:
        (problem,) = report.problems
        assert problem.severity is Severity.NOTE
        assert f"needs Python {version[0]}.{version[1]} or newer" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "x = 08\n",
        "f(a for a in b, c)\n",
        "x: int: 3\n",
        "try:\n    pass\nexcept OSError, error:\n    pass\n",
        "if x:\nf()\n",
        'x = f"{}"\n',
        "type X =\n",
    ],
)
def test_what_no_python_accepts_is_an_error(check: Check, text: str) -> None:
    assert check("a.py", text).errors


def test_what_the_compiler_accepts_is_fine_whatever_the_grammar_says(check: Check) -> None:
    assert check("a.py", "def f():\n    (bar.\nbaz)\n").problems == ()


def test_a_problem_that_the_compiler_had_with_the_base_is_not_new(check: Check) -> None:
    base = 'import os\n\nprint "x"\n\nx = 1\n'
    assert check("old.py", base.replace("x = 1", "x = 2"), base).problems == ()
    (problem,) = check("old.py", base.replace("import os", 'print "y"'), base).errors
    assert (problem.code, problem.start.line) == (ProblemCode.PYTHON_COMPILE, 1)


def test_what_is_too_deep_for_the_compiler_is_not_called_broken(check: Check) -> None:
    report = check("a.py", "x = " + "1 + " * 20_000 + "1\n")
    assert (report.status, report.problems) == (Status.CHECKED, ())
