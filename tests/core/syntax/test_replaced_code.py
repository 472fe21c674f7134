"""Code that a reply replaced by a comment or a stub is a doubt, whatever the comment says."""

import pytest

from podium.syntax import ANYTHING, Intent, ProblemCode, Severity, SyntaxProblem
from podium.syntax.values import traits_of
from tests.core.syntax.conftest import Check
from tests.core.syntax.test_losses import with_intent

CODE: dict[str, tuple[str, str, str, str, str]] = {
    "python": ("def f(rows):\n", "    rows.sort()\n    return rows[0]\n", "", "# ", ""),
    "typescript": (
        "function f(a: string) {\n",
        "  const b = a.trim();\n  return b;\n",
        "}\n",
        "// ",
        "",
    ),
    "javascript": (
        "function f(a) {\n",
        "  const b = a.trim();\n  return b;\n",
        "}\n",
        "/* ",
        " */",
    ),
    "go": ("package a\n\nfunc f(a int) int {\n", "\ta += g(a)\n\treturn a\n", "}\n", "// ", ""),
    "rust": ("fn f(a: i32) -> i32 {\n", "    let b = g(a);\n    b + 1\n", "}\n", "// ", ""),
    "java": (
        "class A {\nint f(int a) {\n",
        "    int b = g(a);\n    return b;\n",
        "}\n}\n",
        "// ",
        "",
    ),
    "c": ("int f(int a) {\n", "    int b = g(a);\n    return b;\n", "}\n", "/* ", " */"),
    "cpp": ("int f(int a) {\n", "    auto b = g(a);\n    return b;\n", "}\n", "// ", ""),
    "csharp": (
        "class A {\nint F(int a) {\n",
        "    var b = G(a);\n    return b;\n",
        "}\n}\n",
        "// ",
        "",
    ),
    "ruby": ("def f(a)\n", "  b = g(a)\n  b.first\n", "end\n", "# ", ""),
    "php": ("<?php\nfunction f($a) {\n", "    $b = g($a);\n    return $b;\n", "}\n", "// ", ""),
    "kotlin": ("fun f(a: Int): Int {\n", "    val b = g(a)\n    return b\n", "}\n", "// ", ""),
    "swift": ("func f(a: Int) -> Int {\n", "    let b = g(a)\n    return b\n", "}\n", "// ", ""),
    "lua": ("local function f(a)\n", "  local b = g(a)\n  return b\n", "end\n", "-- ", ""),
    "bash": ("f() {\n", '  local b="$1"\n  echo "$b"\n', "}\n", "# ", ""),
    "css": (".a {\n", "  color: red;\n  margin: 0 auto;\n", "}\n", "/* ", " */"),
    "html": ("<ul>\n", "  <li>one</li>\n  <li>two</li>\n", "</ul>\n", "<!-- ", " -->"),
    "yaml": ("a:\n", "  name: one\n  kind: two\n", "b: 3\n", "# ", ""),
    "toml": ("[a]\n", 'name = "one"\nkind = "two"\n', "[b]\nc = 3\n", "# ", ""),
}
PATHS = {
    **{"python": "a.py", "typescript": "a.ts", "javascript": "a.js", "go": "a.go", "rust": "a.rs"},
    **{"java": "A.java", "c": "a.c", "cpp": "a.cpp", "csharp": "A.cs", "ruby": "a.rb"},
    **{"php": "a.php", "kotlin": "a.kt", "swift": "a.swift", "lua": "a.lua", "bash": "a.sh"},
    **{"css": "a.css", "html": "a.html", "yaml": "a.yaml", "toml": "a.toml"},
}
WORDS = (
    *("...", "…", "unchanged", "snip", "wie gehabt", "sin cambios", "inchangé", "см. выше"),
    *(
        "以下省略",
        "変更なし",
        "기존 코드",
        "بدون تغيير",
        "ขอละไว้",
        "(same)",
        "[42 lines]",
        "see above",
    ),
)


def held(problems: tuple[SyntaxProblem, ...]) -> list[SyntaxProblem]:
    """Return the problems that the author of the text cannot confirm."""
    return [
        each
        for each in problems
        if each.severity is Severity.ERROR
        or (each.severity is Severity.DOUBT and traits_of(each.code).must_complete)
    ]


@pytest.mark.promise("V2.comments", "V2.emptied", "V2.placeholders")
@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("name", CODE)
def test_a_comment_in_place_of_code_is_held(check: Check, name: str, words: str) -> None:
    head, body, tail, lead, end = CODE[name]
    indentation = body[: len(body) - len(body.lstrip())]
    text = f"{head}{indentation}{lead}{words}{end}\n{tail}"
    codes = {each.code for each in held(check(PATHS[name], text, head + body + tail).problems)}
    assert codes & {ProblemCode.PLACEHOLDER, ProblemCode.HOLLOWED}


@pytest.mark.promise("V2.comments")
@pytest.mark.parametrize("name", ["typescript", "go", "java", "kotlin", "bash", "csharp"])
def test_a_comment_as_the_only_content_of_a_new_function_is_a_doubt(
    check: Check, name: str
) -> None:
    head, _, tail, lead, end = CODE[name]
    (problem,) = check(PATHS[name], f"{head}  {lead}wie gehabt{end}\n{tail}").doubts
    assert problem.code is ProblemCode.STUB


STUBS = {
    "python": ("pass", "...", "return None", "raise ValueError"),
    "typescript": ("return null;", "return;", 'throw new Error("later");'),
    "go": ("return 0", 'panic("later")'),
    "rust": ("todo!()", "unimplemented!()", 'panic!("later")'),
    "java": ("return 0;", "throw new RuntimeException();"),
    "csharp": ("return default;", "throw new NotImplementedException();"),
    "kotlin": ("TODO()", 'error("later")'),
    "swift": ("fatalError()", 'fatalError("later")'),
    "php": ("return null;", "return;"),
    "ruby": ("nil", "raise 'later'"),
    "lua": ("return nil", 'error("later")'),
    "bash": (":", "true"),
}


@pytest.mark.promise("V2.stubs", "V2.emptied")
@pytest.mark.parametrize(("name", "stub"), [(name, each) for name in STUBS for each in STUBS[name]])
def test_a_short_body_that_became_a_stub_is_held(check: Check, name: str, stub: str) -> None:
    head, body, tail, _, _ = CODE[name]
    problems = check(PATHS[name], f"{head}    {stub}\n{tail}", head + body + tail).problems
    assert [each.code for each in held(problems)] == [ProblemCode.HOLLOWED]


@pytest.mark.promise("V2.emptied")
@pytest.mark.parametrize("name", ["typescript", "go", "c", "csharp", "php", "kotlin", "swift"])
def test_empty_braces_in_place_of_a_body_are_held(check: Check, name: str) -> None:
    head, body, tail, _, _ = CODE[name]
    (problem,) = check(PATHS[name], head + tail, head + body + tail).doubts
    assert (problem.code, problem.message.endswith("empty")) == (ProblemCode.HOLLOWED, True)


@pytest.mark.promise("V2.comments")
def test_a_comment_in_place_of_a_definition_between_others_is_held(check: Check) -> None:
    one, two, three = (f"def {name}(a):\n    return {name}_of(a, 1)\n" for name in "abc")
    base = f"{one}\n\n{two}\n\n{three}"
    problems = check("a.py", f"{one}\n\n# ---\n\n\n{three}", base).problems
    assert [(each.code, each.start.line) for each in held(problems)] == [("placeholder", 5)]


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("x = load()\nsave(x)\n", "x = load()\n# save(x)\n"),
        ("# Load it once.\nx = load()\ny = 2\n", "# Load it once, and only here.\ny = 2\n"),
        ("x = 1\n", "# Keep the existing rest of the code unchanged.\nx = 1\n"),
        ("x = 1\n", "# The previous implementation remains here for now.\nx = 1\n"),
        ("x = load()\ny = 2\n", "# The number of rows that the table shows at once.\ny = 2\n"),
    ],
    ids=["commented out", "edited", "words", "more words", "explains the next line"],
)
def test_an_honest_comment_is_no_problem(check: Check, base: str, text: str) -> None:
    assert check("a.py", text, base).problems == ()


@pytest.mark.promise("V6.task")
def test_a_task_that_removes_code_settles_the_doubt() -> None:
    base = "def f(a):\n    b = g(a)\n    return b\n\n\nx = 1\n"
    text = "# nothing left here\n\n\nx = 1\n"
    assert with_intent("a.py", text, base, None)
    for removes in ("f", ANYTHING):
        assert with_intent("a.py", text, base, Intent(removes=frozenset((removes,)))) == ()
