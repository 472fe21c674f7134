"""Replies that were cut, abridged or not merged are recognised (SPEC V2)."""

import pytest

from podium.syntax import ProblemCode, Severity, SyntaxReport
from podium.syntax.values import traits_of
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import JAVASCRIPT, JSX, PYTHON, SAMPLES, TYPESCRIPT

CONFLICT = """x = 1
<<<<<<< HEAD
y = 2
=======
y = 3
>>>>>>> podium/plan/task
z = 4
"""


def codes(report: SyntaxReport) -> set[str]:
    return {each.code for each in report.errors}


@pytest.mark.promise("V2.fences", "F3.incomplete")
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    ("head", "tail", "lines"),
    [("```python\n", "```\n", 2), ("~~~~ \n", "~~~~\n", 2), ("\n```\n", "", 1), ("", "```", 1)],
)
def test_a_fence_around_the_file_is_told_and_nothing_else(
    check: Check, name: str, head: str, tail: str, lines: int
) -> None:
    path, text = SAMPLES[name]
    report = check(path, head + text + tail, text)
    fences = [each for each in report.errors if each.code is ProblemCode.FENCE]
    assert len(fences) == lines
    assert codes(report) == {"fence"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "const a = `\n~~~js\ncode\n~~~\n`;\n"),
        ("a.py", '"""\n```\ncode\n```\n"""\n'),
        ("a.yaml", "text: |\n  ```\n  code\n  ```\n"),
    ],
)
def test_a_fence_inside_the_text_is_no_problem(check: Check, path: str, text: str) -> None:
    assert check(path, text).problems == ()


@pytest.mark.promise("V2.conflicts", "F3.conflicts")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_conflict_is_told_and_nothing_else(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    lines = text.splitlines(keepends=True)
    before, after = "".join(lines[:-2]), "".join(lines[-2:])
    conflict = f"<<<<<<< HEAD\n{after}=======\n{after}>>>>>>> other\n"
    for base in (None, text):
        report = check(path, before + conflict, base)
        assert codes(report) == {"conflict-marker"}
        assert report.errors[0].start.line == len(lines) - 1


def test_a_conflict_names_both_of_its_ends(check: Check) -> None:
    (problem,) = check("a.py", CONFLICT).errors
    assert problem.message == "unresolved merge conflict from line 2 to line 6"


@pytest.mark.promise("V2.conflicts")
def test_a_conflict_in_the_style_with_the_base_between_is_found(check: Check) -> None:
    text = CONFLICT.replace("=======", "||||||| 1234567\ny = 1\n=======")
    assert codes(check("a.py", text)) == {"conflict-marker"}


@pytest.mark.parametrize(
    "text",
    [
        f'TEXT = """\n{CONFLICT}"""\n',
        f"TEXT = '''\n{CONFLICT}'''\n",
    ],
)
def test_a_conflict_inside_a_string_is_a_warning(check: Check, text: str) -> None:
    (problem,) = check("a.py", text).problems
    assert (problem.code, problem.severity) == (ProblemCode.CONFLICT_MARKER, Severity.DOUBT)


def test_a_conflict_that_the_base_has_is_not_new(check: Check) -> None:
    assert check("a.py", CONFLICT.replace("x = 1", "x = 5"), CONFLICT).errors == ()


def test_a_row_of_equal_signs_is_no_conflict(check: Check) -> None:
    assert check("a.py", '"""\nTitle\n=======\n"""\n').problems == ()


PLACEHOLDERS = [
    "# ... rest of the code unchanged ...",
    "# ... existing code ...",
    "# rest of the code remains the same",
    "# ... (rest of the methods)",
    "# The rest of the file is unchanged",
    "# (existing implementation here)",
    "# ... keep the other functions",
    "# [rest of the class]",
    "# existing code stays unchanged",
    "# … unchanged …",
    "# Keep the existing imports",
    "# previous code here",
    "# ... omitted for brevity",
    "# shortened for brevity",
    "# rest of your code",
    "# same as before",
    "# the implementation remains unchanged",
    "#... other methods",
    "    # ... remaining methods ...",
    "    # --- rest of the class as before ---",
    "... rest of the code ...",
    "[... existing code ...]",
    "x = 1  # ... rest unchanged",
]


@pytest.mark.promise("V2.placeholders", "F3.incomplete", "F3.stubs")
@pytest.mark.parametrize("line", PLACEHOLDERS)
def test_a_placeholder_is_an_error_where_there_was_code(check: Check, line: str) -> None:
    text = f"{PYTHON[: PYTHON.index('def main')]}{line}\n"
    found = [
        each for each in check("a.py", text, PYTHON).errors if each.code is ProblemCode.PLACEHOLDER
    ]
    assert [each.start.line for each in found] == [text.count("\n")]
    assert line.strip() in found[0].message


@pytest.mark.promise("V2.placeholders")
@pytest.mark.parametrize("line", PLACEHOLDERS[:-3])
def test_a_placeholder_in_a_new_file_is_a_warning(check: Check, line: str) -> None:
    (problem,) = check("a.py", f"def f():\n    pass\n\n\n{line.strip()}\n").problems
    assert (problem.code, problem.severity) == (ProblemCode.PLACEHOLDER, Severity.DOUBT)


@pytest.mark.promise("V2.placeholders")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("javascript", "// ... existing code ..."),
        ("javascript", "/* ... rest of the file unchanged ... */"),
        ("javascript", "function f() { /* ... existing code ... */ }"),
        ("jsx", "      {/* ... rest of the component ... */}"),
        ("typescript", "  // ... other methods"),
        ("tsx", "  // rest of the code unchanged"),
        ("go", "// ... rest of the functions unchanged"),
        ("rust", "    // ... existing code ..."),
        ("java", "    // ... existing methods ..."),
        ("c", "/* ... rest of the code ... */"),
        ("cpp", "  // ... remaining members ..."),
        ("bash", "# ... rest of the script unchanged"),
        ("html", "<!-- ... rest of the page unchanged ... -->"),
        ("css", "/* ... existing styles ... */"),
        ("yaml", "# ... rest of the file unchanged"),
        ("toml", "# ... existing code ..."),
        ("json", "  // ... rest of the file ..."),
    ],
)
def test_placeholders_are_known_in_the_comments_of_every_language(
    check: Check, name: str, line: str
) -> None:
    path, text = SAMPLES[name]
    lines = text.splitlines()
    # Not into the JSX text and not into the here-document at the end.
    place = len(lines) - {"jsx": 4, "bash": 8}.get(name, 1)
    first = place - 4
    changed = "\n".join([*lines[:first], line, *lines[place:]]) + "\n"
    found = [(each.code, each.start.line) for each in check(path, changed, text).errors]
    assert ("placeholder", first + 1) in found


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", "# The rest of the arguments go to the command unchanged by us."),
        ("a.py", "# Skip it when the content is unchanged."),
        ("a.py", "# Wait ... and retry"),
        ("a.py", 'x = "# ... existing code ..."[0]'),
        ("a.py", "def f(*args): ..."),
        ("a.js", "const { a, ...rest } = b;"),
        ("a.js", "f(...existing, ...other);"),
        ("a.js", "// fix [a, ...rest] and { b, ...rest } when alone"),
        ("a.js", "// fix { a, ...rest}"),
        ("a.js", "// @typedef {T extends (a: never, ...rest: infer R) => string ? R : never} Tail"),
        ("a.js", "const c = [...(existing ? [1] : [])];"),
        ("a.js", "f('http://a/...rest of the code');"),
        ("a.go", "func f(other ...string) {}"),
        ("a.c", "int printf(const char *format, ...);"),
        ("a.yaml", "a: ... and more"),
    ],
)
def test_honest_lines_are_no_placeholders(check: Check, path: str, line: str) -> None:
    report = check(path, line + "\n", "\n")
    assert [each for each in report.problems if each.code is ProblemCode.PLACEHOLDER] == []


def test_a_placeholder_that_the_base_has_or_that_is_text_is_no_error(check: Check) -> None:
    base = f"{PYTHON}\n# ... existing code ...\n"
    assert check("a.py", base.replace("Entry", "Booking"), base).problems == ()
    quoted = f'{PYTHON}\nSAMPLE = """\n# ... existing code ...\n"""\n'
    assert check("a.py", quoted, PYTHON).errors == ()


def cut(text: str, mark: str) -> str:
    """Return a text up to and with a mark."""
    return text[: text.index(mark) + len(mark)]


@pytest.mark.promise("V2.truncated")
@pytest.mark.parametrize(
    ("path", "base", "mark"),
    [
        ("ledger.py", PYTHON, "        if entry.am"),
        ("ledger.py", PYTHON, "    data = json.loa"),
        ("ledger.js", JAVASCRIPT, "const cac"),
        ("store.ts", TYPESCRIPT, "  abstract descr"),
        ("counter.jsx", JSX, "<p>{child"),
    ],
)
@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_line_that_is_cut_is_an_error(
    check: Check, path: str, base: str, mark: str, ending: str
) -> None:
    text = cut(base, mark) + ending
    found = [each for each in check(path, text, base).errors if each.code == "cut-line"]
    assert [each.start.line for each in found] == [text.rstrip().count("\n") + 1]
    whole = base.splitlines()[text.rstrip().count("\n")].strip()
    assert f"`{whole}`" in found[0].message


@pytest.mark.promise("V2.truncated")
@pytest.mark.parametrize(
    ("path", "base", "mark"),
    [
        ("ledger.py", PYTHON, "return result\n"),
        ("ledger.py", PYTHON, '{names}"\n'),
        ("ledger.js", JAVASCRIPT, "filter(Boolean);\n}\n"),
        ("ledger.js", JAVASCRIPT, "return this;\n  }\n}\n"),
        ("store.ts", TYPESCRIPT, "High,\n}\n"),
    ],
)
def test_a_file_that_stops_early_but_is_valid_is_an_error(
    check: Check, path: str, base: str, mark: str
) -> None:
    text = cut(base, mark)
    assert check(path, text).problems == ()
    (problem,) = check(path, text, base).doubts
    assert problem.code is ProblemCode.STOPS_EARLY
    # A person may have removed the rest, but not the author of a text that may be truncated.
    assert traits_of(problem.code).must_complete
    assert problem.start.line == text.count("\n")
    assert "lines are missing, starting with" in problem.message


@pytest.mark.promise("V2.truncated")
@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_emptied_file_is_an_error(check: Check, text: str) -> None:
    (problem,) = check("ledger.py", text, PYTHON).errors
    assert problem.code is ProblemCode.EMPTIED


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(
    "text",
    [
        PYTHON.replace("def main", "def run"),
        PYTHON + "\n\nmain()\n",
        PYTHON[: PYTHON.index("async def")] + PYTHON[PYTHON.index("def main") :],
        PYTHON[PYTHON.index("def main") :],
        PYTHON.replace("    print(total(entries))\n", "    return None\n"),
        PYTHON.replace("print(total(entries))", "print"),
        PYTHON.replace("    print(total(entries))\n", ""),
        "x = 1\n",
        PYTHON[PYTHON.index("def main") :] + PYTHON[: PYTHON.index("async def")],
    ],
    ids=["rename", "append", "remove", "head", "end", "shorter end", "less", "rewrite", "move"],
)
def test_honest_edits_are_no_problem(check: Check, text: str) -> None:
    problems = check("ledger.py", text, PYTHON).problems
    # What else must be changed along with it is worth a word, but nothing says that text is lost.
    told = {each.code for each in problems}
    assert told <= {
        *("unused-import", "undefined-name", "definition-lost", "stops-early"),
        *("emptied", "unrelated"),
    }
    assert not any(each.severity is Severity.ERROR for each in problems)


def test_a_last_line_that_is_too_short_to_say_anything_is_not_called_cut(check: Check) -> None:
    base = PYTHON + "rows = sorted(\n    entries,\n).copy()\nrows.sort()\n"
    problems = check("ledger.py", base.replace(").copy()\nrows.sort()", ")"), base).problems
    assert ProblemCode.CUT_LINE not in {each.code for each in problems}


@pytest.mark.promise("V2.truncated")
def test_a_lost_final_newline_is_told_only_with_another_ending(check: Check) -> None:
    assert check("ledger.py", PYTHON.rstrip("\n"), PYTHON).problems == ()
    text = PYTHON.replace("print(total(entries))\n", "total(entries)")
    (problem,) = check("ledger.py", text, PYTHON).problems
    assert (problem.code, problem.severity) == (ProblemCode.NO_FINAL_NEWLINE, Severity.NOTE)
