"""A text answers only for what its base did not have."""

import pytest

from podium.syntax import Severity, Status
from tests.core.syntax.conftest import Check

JS = "const a = 1;\n\nfunction f() {\n  return a +;\n}\n\nconst z = 26;\n"


@pytest.mark.promise("V1.new")
@pytest.mark.parametrize(
    ("path", "base", "text"),
    [
        ("a.js", JS, JS.replace("const z = 26", "const y = 25")),
        ("a.js", JS, "// moved down\n" + JS),
        ("a.js", JS, JS.replace("  return", "      return")),
        ("a.json", '{"a": 1,}\n', '{"a": 1,}\n\n'),
        ("a.html", "<p>a & b</p>\n<p>c</p>\n", "<p>a & b</p>\n<p>d</p>\n"),
        ("a.c", "int f(void) {\nint x;\n", "int f(void) {\nint y;\n"),
        ("a.yaml", "{{- if x }}\nb: 1\n", "{{- if x }}\nb: 2\n"),
    ],
)
def test_an_error_that_the_base_has_is_not_reported(
    check: Check, path: str, base: str, text: str
) -> None:
    # In YAML, the tags of a template are understood.
    assert check(path, base).problems or path == "a.yaml"
    assert check(path, text, base).problems == ()


@pytest.mark.promise("V1.new")
def test_a_second_error_beside_an_old_one_is_reported_alone(check: Check) -> None:
    text = JS.replace("const z = 26;", "const z = [26;")
    assert [each.start.line for each in check("a.js", text, JS).errors] == [7]


def test_a_second_error_like_the_old_one_is_reported_once(check: Check) -> None:
    again = JS + "\nfunction g() {\n  return a +;\n}\n"
    assert [each.start.line for each in check("a.js", again, JS).errors] == [10]


def test_an_edit_of_a_long_line_does_not_make_its_old_error_new(check: Check) -> None:
    row = ",".join(f'"k{number}":{number}' for number in range(300))
    base = "{" + row + ",,}\n"
    assert check("a.json", base).errors
    assert check("a.json", base.replace('"k0":0', '"k0":1'), base).errors == ()


def test_where_the_base_is_clean_even_a_tolerant_grammar_is_believed(check: Check) -> None:
    base = "a {\n  color: red;\n}\n"
    text = "a {\n  color: red red: red;;}\n}\n"
    assert check("a.css", text, base).errors
    page = "<p>a</p>\n"
    (problem,) = check("a.html", "<p>a </b></p>\n", page).problems
    assert problem.severity is Severity.ERROR


def test_a_base_that_cannot_be_read_counts_as_none(check: Check) -> None:
    assert check("a.py", "x = (\n", b"x = (\n\xff").errors
    assert check("a.py", "x = 1\n", b"\xff").problems == ()


@pytest.mark.parametrize("bad", [b"x = 1\0\n", b"x = '\xe4'\n", b"x\n" * 1_500_000])
def test_a_text_is_not_refused_for_what_its_base_was_too(check: Check, bad: bytes) -> None:
    assert check("a.py", bad).status is Status.REFUSED
    assert check("a.py", bad + b"y\n", bad).status is Status.SKIPPED
