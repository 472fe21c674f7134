"""What is whole is let through, in every language."""

import pytest

from podium.syntax import LANGUAGES, Status, language_of
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import CPP, PYTHON, SAMPLES, C


def test_every_language_has_a_sample() -> None:
    found = {language_of(path) for path, _ in SAMPLES.values()}
    assert {language.name for language in found if language} == set(LANGUAGES)


@pytest.mark.promise("V1.valid", "V5")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_valid_new_file_has_no_problems(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    report = check(path, text)
    assert (report.status, report.problems) == (Status.CHECKED, ())


@pytest.mark.promise("V1.valid", "V1.new")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_valid_file_has_no_problems_against_itself(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    assert check(path, text, text).problems == ()


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize("name", SAMPLES)
def test_an_edit_in_the_middle_is_no_problem(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    lines = text.splitlines(keepends=True)
    middle = len(lines) // 2
    edited = "".join([*lines[:middle], "\n", *lines[middle:]])
    assert check(path, edited, text).problems == ()


# In Bash a carriage return is a character of the command.
@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "bash"])
def test_windows_line_ends_and_a_byte_order_mark_are_no_problem(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    assert check(path, "\ufeff" + text.replace("\n", "\r\n")).problems == ()


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("empty.py", ""),
        ("blank.js", "\n\n"),
        ("no_newline.py", "x = 1"),
        ("comment.json", "// settings\n{}\n"),
        ("run", "#!/usr/bin/env python3\nx = 1\n"),
        ("quotes.c", "char a = '\\'', b = '\"', *c = \"\\\\\";\n"),
        ("continued.c", '#define A \\\n  "{" \\\n  {\nint x; // a \\\n }\n'),
        ("after_if_0.c", "#if 0\n{{{\n#else\nint x;\n#endif\n"),
        ("branches.c", "#if 0\n{{{\n#else\nint f(void) {\n#endif\n}\n"),
        ("other_branches.c", "#if A\nif (x) {\n#elif B\nif (y) {\n#else\nif (z) {\n#endif\n}\n"),
        ("assembler.h", '#define Q \'"\'\n#define S "/*"\nint x;\n'),
        ("digits.cpp", "auto a = 0xAB'CD + 1'000'000; char b = u8'a';\n"),
        ("exponent.json", "[1e+1, 1.5E+10]\n"),
        ("escape.toml", 'a = """\nb \\   \n  """\n'),
        ("class.jsx", 'const a = <div class="x">text</div>;\n'),
    ],
)
def test_what_looks_odd_but_is_valid_passes(check: Check, path: str, text: str) -> None:
    report = check(path, text)
    assert (report.status, report.problems) == (Status.CHECKED, ())


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(("path", "text"), [("ledger.h", C), ("store.hpp", CPP)])
def test_macros_are_no_problem_with_or_without_a_base(check: Check, path: str, text: str) -> None:
    added = text.replace("#include", "MACRO_WITHOUT_SEMICOLON(x)\n#include", 1)
    assert check(path, added).problems == ()
    assert check(path, added, text).problems == ()


def test_positions_of_a_report_name_the_path_as_it_was_given(check: Check) -> None:
    report = check("deep/folder/ledger.py", PYTHON)
    assert (report.path, report.language) == ("deep/folder/ledger.py", "python")
