"""What is broken is found, with the place that is to blame."""

import re
from dataclasses import dataclass

import pytest

from podium.syntax import ProblemCode, Severity, Status, SyntaxReport
from podium.syntax.values import traits_of
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import SAMPLES


@dataclass(frozen=True)
class Told:
    """What a report is expected to say: the code, the line, and a part of the message."""

    code: str
    line: int
    message: str = ""


def says(report: SyntaxReport, *expected: Told) -> None:
    assert report.status is Status.CHECKED
    told = [Told(each.code, each.start.line) for each in report.errors]
    assert told == [Told(each.code, each.line) for each in expected], report.errors
    for problem, each in zip(report.errors, expected, strict=True):
        assert each.message in problem.message


UNFINISHED_PYTHON = "def f(a):\n    return a +\n\n\ndef g():\n    pass\n"
NESTED_JS = "function a() {\n  if (x) {\n    y();\n}\nfunction b() {\n}\n"

CASES: dict[str, tuple[str, str, Told]] = {
    # Python
    "python bracket": (
        "a.py",
        "x = [\n    1,\n    2\n\ny = 3\n",
        Told("unclosed", 1, '"[" opened at line 1 is never closed'),
    ),
    "python wrong closer": ("a.py", "x = (1, 2]\n", Told("unclosed", 1, "noticed at line 1")),
    "python extra closer": (
        "a.py",
        "x = 1\ny = 2)\n",
        Told("unopened", 2, '")" has no matching opener'),
    ),
    "python string": ("a.py", 'x = "abc\ny = 1\n', Told("unterminated-string", 1)),
    "python docstring": ("a.py", 'x = 1\n"""abc\ny = 1\n', Told("unterminated-string", 2)),
    "python expression": ("a.py", UNFINISHED_PYTHON, Told("python-compile", 2, "invalid syntax")),
    "python missing body": (
        "a.py",
        "class A:\n    def f(self):\n",
        Told("python-compile", 2, "expected an indented block"),
    ),
    "python statement of version 2": (
        "a.py",
        'x = 1\nprint "x"\n',
        Told("python-compile", 2, "Missing parentheses"),
    ),
    "python handler of version 2": (
        "a.py",
        "try:\n    pass\nexcept OSError, e:\n    pass\n",
        Told("python-compile", 3),
    ),
    "python dedent": ("a.py", "if x:\n        a\n    b\n", Told("python-compile", 3, "unindent")),
    # JavaScript and TypeScript
    "js inner brace": (
        "a.js",
        NESTED_JS,
        Told("unclosed", 2, '"{" opened at line 2 is never closed (noticed at line 4)'),
    ),
    "js outer brace": (
        "a.js",
        "function a() {\n  y();\n\nfunction b() {\n  z();\n}\n",
        Told("unclosed", 1, "noticed at the end of the file"),
    ),
    "js header of several lines": (
        "a.js",
        "if (a) {\n  if (b) {\n    c();\n\n  if (d &&\n      e) {\n    f();\n  }\n}\n",
        Told("unclosed", 2),
    ),
    "js parenthesis": (
        "a.js",
        "run(() => {\n  f(1, 2;\n  g();\n});\n",
        Told("unclosed", 2, '"("'),
    ),
    "js string": ("a.js", 'const a = "abc;\nb();\n', Told("unterminated-string", 1)),
    "js template": ("a.js", "a();\nconst b = `abc;\nc();\n", Told("unterminated-string", 2)),
    "js comment": ("a.js", "a();\n/* never\nb();\n", Told("unterminated-comment", 2)),
    "js expression": ("a.js", "const a = 1 +;\nb();\n", Told("unexpected", 1)),
    "jsx tag": (
        "a.jsx",
        "const a = (\n  <div>\n    <p>text</div>\n);\n",
        Told("unclosed", 3, '"<p>"'),
    ),
    "ts interface": (
        "a.ts",
        "interface A {\n  b: string;\n\nconst c = {\n  d: 1,\n};\n",
        Told("unclosed", 1),
    ),
    "ts generic": ("a.ts", "const a: Map<string = b;\n", Told("missing", 1, 'expected ">"')),
    "tsx tag": (
        "a.tsx",
        "const a = (\n  <ul>\n    <li>text</li>\n);\n",
        Told("unclosed", 2, '"<ul>"'),
    ),
    # Data
    "json bracket": ("a.json", '{\n  "a": [1, 2,\n  "b": 3\n}\n', Told("unclosed", 2)),
    "json comma": ("a.json", '{\n  "a": 1\n  "b": 2\n}\n', Told("unexpected", 2, '`"a": 1`')),
    "json trailing comma": ("a.json", '{"a": 1,}\n', Told("unexpected", 1, "`,`")),
    "json string": ("a.json", '{\n  "a": "b\n}\n', Told("unterminated-string", 2)),
    "yaml flow": ("a.yaml", "a: 1\nb: [1, 2\nc: 3\n", Told("unclosed", 2)),
    "yaml string": ("a.yaml", 'a: 1\nb: "abc\nc: 3\n', Told("unterminated-string", 2)),
    "yaml indentation": ("a.yaml", "a: 1\n b: 2\n", Told("unexpected", 1)),
    "toml array": ("a.toml", "a = 1\nb = [1, 2\nc = 3\n", Told("unclosed", 2)),
    "toml header": ("a.toml", "[a\nb = 1\n", Told("unclosed", 1)),
    "toml string": ("a.toml", 'a = "abc\nb = 3\n', Told("unterminated-string", 1)),
    "toml stray quote": (
        "a.toml",
        'a ="\n  "b",\n  "c",\n',
        Told("unterminated-string", 1),
    ),
    "toml value": ("a.toml", "a = 1\nb =\n", Told("unexpected", 2)),
    # Compiled languages
    "go brace": (
        "a.go",
        "package a\n\nfunc f() {\n\tfor {\n\t\tg()\n}\n",
        Told("unclosed", 4, "noticed at line 6"),
    ),
    "go string": (
        "a.go",
        'package a\n\nfunc f() {\n\tx := "abc\n\tg(x)\n}\n',
        Told("unterminated-string", 4),
    ),
    "go comment": ("a.go", "package a\n\n/* b\nfunc f() {\n}\n", Told("unterminated-comment", 3)),
    "rust macro": ("a.rs", "fn a() {\n    vec![1, 2;\n}\n", Told("unclosed", 2, '"["')),
    "rust string": ("a.rs", 'fn a() {\n    b("c);\n}\n', Told("unterminated-string", 2)),
    "rust comment": ("a.rs", "fn a() {}\n/* b\nfn c() {}\n", Told("unterminated-comment", 2)),
    "java parenthesis": (
        "A.java",
        "class A {\n    void f() {\n        g(1;\n    }\n}\n",
        Told("unclosed", 3, '"("'),
    ),
    "java brace": (
        "A.java",
        "class A {\n    void f() {\n        g();\n\n    void h() {\n    }\n}\n",
        Told("unclosed", 2),
    ),
    "c brace": (
        "a.c",
        "int f(void) {\n  if (x) {\n    g();\n}\n\nint h;\n",
        Told("unclosed", 2, "noticed at line 4"),
    ),
    "c conditional": ("a.h", "#ifndef A\n#define A\nint x;\n", Told("unclosed", 1, '"#ifndef"')),
    "c extra #endif": ("a.h", "int x;\n#endif\n", Told("unopened", 2)),
    "c string": ("a.c", 'char *a = "abc;\nint b;\n', Told("unterminated-string", 1)),
    "c character": ("a.c", "char a = 'b;\nint c;\n", Told("unterminated-string", 1)),
    "c comment": ("a.c", "int a;\n/* b\nint c;\n", Told("unterminated-comment", 2)),
    "cpp inside a namespace that does not indent": (
        "a.cpp",
        "namespace a {\nvoid f() {\n  g();\n\nvoid h() {\n  i();\n}\n}  // namespace a\n",
        Told("unclosed", 2),
    ),
    "cpp raw string": ("a.cpp", 'auto a = R"x(b)y";\nint c;\n', Told("unterminated-string", 1)),
    # Others
    "bash if": ("a.sh", "if a; then\n  echo b\n\necho c\n", Told("unclosed", 1, '"if"')),
    "bash loop": ("a.sh", "for a in b; do\n  echo a\n", Told("unclosed", 1, '"do"')),
    "bash case": ("a.sh", "case $x in\n  a) echo b ;;\n", Told("unclosed", 1, '"case"')),
    "bash substitution around patterns": (
        "a.sh",
        "x=$(\n  case $a in\n    b) c ;;\n  esac\necho hi\n",
        Told("unclosed", 1, '"$("'),
    ),
    "bash substitution": ("a.sh", "x=$(ls\necho hi\n", Told("unclosed", 1, '"$("')),
    "html element": (
        "a.html",
        "<div>\n  <span>a\n</div>\n",
        Told("unclosed", 2, '"<span>" opened at line 2 is never closed (noticed at line 3)'),
    ),
    "html end tag": (
        "a.html",
        "<div>\n  <p>a</p></span>\n</div>\n",
        Told("unopened", 2, '"</span>"'),
    ),
    "html comment": ("a.html", "<p>a</p>\n<!-- b\n<p>c</p>\n", Told("unterminated-comment", 2)),
    "html attribute": ("a.html", '<p>a</p>\n<b c="d>e</b>\n', Told("unterminated-string", 2)),
    "css brace": (
        "a.css",
        "@media print {\n  a {\n    color: red;\n}\n\nb {\n  color: blue;\n}\n",
        Told("unclosed", 2),
    ),
    "css comment": ("a.css", "a {}\n/* b\nc {}\n", Told("unterminated-comment", 2)),
}


@pytest.mark.promise("V1.place", "V5", "F3.syntax")
@pytest.mark.parametrize("name", CASES)
def test_a_broken_new_file_is_an_error_at_the_place_to_blame(check: Check, name: str) -> None:
    path, text, expected = CASES[name]
    says(check(path, text), expected)


@pytest.mark.promise("V1.place", "V1.opener")
def test_the_opener_is_named_with_what_would_close_it(check: Check) -> None:
    (problem,) = check("a.js", NESTED_JS).errors
    assert problem.opened_at == problem.start
    assert (problem.start.line, problem.start.column) == (2, 10)
    assert (problem.end.line, problem.end.column) == (2, 11)
    assert problem.expected == "}"


def test_columns_count_code_points_not_bytes(check: Check) -> None:
    (problem,) = check("a.js", 'const größe = "日本語", x = (1;\n').errors
    assert (problem.code, problem.start.column) == (ProblemCode.UNCLOSED, 26)


def test_only_the_cause_is_told_not_its_consequences(check: Check) -> None:
    text = "class A {\n  void f() {\n    g(1;\n    int x = ;\n  }\n}\n"
    assert [each.code for each in check("A.java", text).errors] == ["unclosed"]


CLOSERS = re.compile(r"[)\]}]")
# Brackets mean nothing to their readers.
PROSE = {"markdown"}
# Text that holds brackets which mean nothing: strings, comments, the preprocessor, a script.
NOT_CODE = {
    "rust": {11, 21},
    "c": {6, 7, 27, 30},
    "cpp": {22},
    "html": {8},
    "csharp": {9},
}


@pytest.mark.promise("V2.closers")
@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in PROSE])
def test_every_single_lost_closing_bracket_is_an_error(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    for found in CLOSERS.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if line in NOT_CODE.get(name, ()):
            continue
        damaged = text[: found.start()] + text[found.end() :]
        assert check(path, damaged, text).errors, f"{found.group()} of line {line}"
        assert check(path, damaged).problems, f"{found.group()} of line {line}"


@pytest.mark.promise("V2.truncated")
@pytest.mark.parametrize("name", SAMPLES)
def test_every_cut_between_two_lines_is_an_error_against_the_base(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    lines = text.splitlines(keepends=True)
    # A cut that loses fewer than three telling lines looks like an edit. Where a unit ends, a
    # person may have removed the rest; then the author of the text cannot confirm it.
    for kept in range(1, len(lines) - 5):
        report = check(path, "".join(lines[:kept]), text)
        is_held = any(traits_of(each.code).must_complete for each in report.doubts)
        assert report.errors or is_held, f"cut after line {kept}"


@pytest.mark.promise("V2.truncated")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_cut_at_any_byte_never_goes_unnoticed(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    for kept in range(1, text.rindex("\n", 0, int(len(text) * 0.8)), 7):
        assert check(path, text[:kept], text).problems, f"cut after {text[:kept][-20:]!r}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.css", "a { background: url(../x.svg); }\n"),
        ("a.html", "<p>a & b</p>\n"),
        ("a.sh", "if ! A=$'\\n' B=($(C=d e)); then\n  f\nfi\n"),
        ("a.yaml", "a: {{ .Values.x }}\n{{- if .Values.y }}\nb: 1\n{{- end }}\n"),
    ],
)
def test_what_a_grammar_is_known_to_reject_wrongly_is_a_warning(
    check: Check, path: str, text: str
) -> None:
    report = check(path, text)
    # In YAML, the tags of a template are understood.
    assert report.problems or path == "a.yaml"
    assert {each.severity for each in report.problems} <= {Severity.NOTE}
