"""Valid code that a grammar does not know never blocks, and is not called a lost bracket."""

import pytest

from podium.syntax import ProblemCode, Severity, language_of
from tests.core.syntax.conftest import Check

KEYFRAMES = "".join(f"  {number}1.1% {{\n    b: c;\n  }}\n" for number in range(1, 9))
GAPS = [
    ("a.ts", "export const a = 1;\n", 'export { type B } from "./b" with { type: "json" };\n'),
    ("a.ts", "export const a = 1;\n", 'import defer * as later from "./later";\n'),
    ("a.ts", "const a = 1;\n", "interface I<S> {\n  (): E<S>\n  <U>(\n    a: T<S>,\n  ): U\n}\n"),
    ("a.kt", "fun a() = 1\n", "context(logger: Logger)\nfun b() = logger.go()\n"),
    ("a.rs", "fn a() {}\n", 'unsafe extern "C" {\n    safe fn b();\n}\n'),
    ("A.java", "class A {}\n", "import module java.base;\n\nclass A {}\n"),
    ("a.css", "a {\n  b: c;\n}\n", "@media (400px <= width <= 700px) {\n  a { b: c; }\n}\n"),
    ("a.html", "<p>a</p>\n", "<p>a & b</p>\n"),
]


@pytest.mark.promise("V1.valid", "V1.gaps")
@pytest.mark.parametrize(("path", "base", "text"), GAPS)
def test_a_gap_in_a_grammar_is_only_a_note(check: Check, path: str, base: str, text: str) -> None:
    for former in (base, None):
        problems = check(path, text, former).problems
        assert {each.severity for each in problems} <= {Severity.NOTE}
        assert {each.code for each in problems} <= {ProblemCode.UNEXPECTED, ProblemCode.MISSING}


@pytest.mark.promise("V1.gaps")
def test_a_change_may_contain_an_unknown_construct_many_times(check: Check) -> None:
    text = "@keyframes k {\n" + KEYFRAMES + "}\n"
    problems = check("a.css", text, "a {\n  b: c;\n}\n").problems
    assert {each.severity for each in problems} <= {Severity.NOTE}


@pytest.mark.promise("V2.closers")
@pytest.mark.parametrize(
    ("path", "base", "text"),
    [
        ("a.ts", "const a = 1;\n", "const a = 1 +;\n"),
        ("a.ts", "const a = f(1);\n", "const a = f(1;\n"),
        ("a.kt", "fun a() = g(1)\n", "context(logger: Logger\nfun b() = logger.go()\n"),
        ("a.go", 'package a\n\nvar b = "c"\n', 'package a\n\nvar b = "c\n'),
        ("a.ts", "const a = 1;\n", "const a = 1;\nThis line is a sentence of the reply\n"),
        ("a.sh", "if [ -n $a ]; then\n  b\nfi\n", "if [ -n $a; then\n  b\nfi\n"),
        ("a.rs", "fn f() {\n    g()\n}\n", "fn f() {\n    g()\n}\nimpl A for\n"),
    ],
)
def test_signs_of_damage_keep_an_error(check: Check, path: str, base: str, text: str) -> None:
    assert check(path, text, base).errors


@pytest.mark.promise("V1.valid", "V1.honest")
@pytest.mark.parametrize(
    ("path", "base", "text"),
    [
        ("a.sh", "f() {\n  b\n}\n", "f() {\n  for arg do\n    b $arg\n  done\n}\n"),
        ("a.html", "<p>a</p>\n", '<p {%- if a %} class="b" {%- endif %}>{{ a }}</p>\n'),
        ("a.html", "<p>a</p>\n", "<% if a %>\n<p <%= b %>>c</p>\n<% end %>\n"),
        ("a.json", '{"a": 1}\n', '{"a": {{ b }}, {% if c %}"d": 1{% endif %}}\n'),
        ("a.yaml", "a: 1\n", "{{- if .x }}\na: {{ .y }}\n{{- end }}\n"),
        ("a.sh", "a\n", "{% if b %}\nc={{ d }}\n{% endif %}\n"),
        ("tsconfig.json", '{"a": 1}\n', '{\n  // why\n  "a": 1,\n}\n'),
        (".vscode/settings.json", '{"a": 1}\n', '{\n  "a": [1, 2,], /* b */\n}\n'),
        ("a.cs", "var a = 1;\n", "#:sdk A\n#:package B@1\nvar a = 1;\n"),
        ("a.md", "# A\n\nb\n", "# A\n\n```sh\nb\n```\n"),
    ],
)
def test_forms_that_tools_accept_are_no_problem(
    check: Check, path: str, base: str, text: str
) -> None:
    assert check(path, text, base).problems == ()
    assert check(path, text).problems == ()


@pytest.mark.promise("V2.closers")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.html", "<div>\n<p>{{ a }}\n{% if b %}\n</p>\n{% endif %}\n"),
        ("a.json", '{"a": {{ b }}, "c": [1\n}\n'),
        ("tsconfig.json", '{\n  "a": [1,\n}\n'),
        ("package.json", '{\n  "a": 1,\n}\n'),
    ],
)
def test_a_template_or_lenient_file_may_still_be_broken(check: Check, path: str, text: str) -> None:
    assert check(path, text).problems


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("class Box[T = int]:\n    pass\n", "3.13"),
        ("type Pair[T = int] = tuple[T, T]\n", "3.13"),
        ("lazy import json\n", "3.15"),
        ("rows = [*row for row in table]\n", "3.15"),
    ],
)
def test_newer_python_that_even_the_grammar_does_not_know_is_a_note(
    check: Check, text: str, version: str
) -> None:
    (problem,) = check("a.py", text, "x = 1\n").problems
    assert problem.severity is Severity.NOTE
    assert f"needs Python {version} or newer" in problem.message


@pytest.mark.promise("V1.valid")
def test_recorded_terminal_output_is_not_parsed(check: Check) -> None:
    report = check("tests/Stack.cs", "\x1b[38;2;1;2;3mclass\x1b[0m A {\n")
    assert (report.problems, "terminal output" in report.reason) == ((), True)


@pytest.mark.parametrize(
    "path",
    [
        *("tsconfig.base.json", "app/tsconfig.json", ".vscode/launch.json", "a/.vscode/tasks.json"),
        *(".eslintrc.json", ".devcontainer/devcontainer.json", "a.jsonc", "a.code-workspace"),
        *("src/appsettings.Development.json", "deno.json", "jsconfig.json"),
    ],
)
def test_files_whose_tools_accept_comments_are_known(path: str) -> None:
    names = [each.name for name in (path, "package.json") if (each := language_of(name))]
    assert names == ["jsonc", "json"]
