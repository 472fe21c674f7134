"""A file that lost nearly everything, became a different text, or appears twice is a doubt."""

import pytest

from podium.syntax import ProblemCode, Severity
from podium.syntax.values import traits_of
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import GO, JAVA, PYTHON, SAMPLES, TYPESCRIPT

WHOLE = [name for name in SAMPLES if name not in ("jsx in .js", "tsx")]
LONG = "".join(f"def f{at}(row):\n    return row.part_{at}(row)\n\n\n" for at in range(20))


@pytest.mark.promise("V2.emptied")
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_is_emptied_is_an_error(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    assert ProblemCode.EMPTIED in {each.code for each in check(path, "", text).errors}


@pytest.mark.promise("V2.emptied")
def test_only_comments_are_no_content(check: Check) -> None:
    (problem,) = check("a.py", "# moved\n", PYTHON).errors
    assert problem.message == "the file contains only comments; it had 26 lines of code before"


@pytest.mark.promise("V1.valid")
def test_a_file_that_may_be_empty_is_only_a_doubt(check: Check) -> None:
    (problem,) = check("a/__init__.py", "", PYTHON).doubts
    assert (problem.code, problem.severity) == (ProblemCode.EMPTIED, Severity.DOUBT)
    (problem,) = check("a.py", "", "import a\n").doubts
    assert (problem.code, problem.severity) == (ProblemCode.EMPTIED, Severity.DOUBT)


@pytest.mark.promise("V2.emptied")
def test_a_fraction_of_a_file_is_a_doubt(check: Check) -> None:
    part = "".join(f"def f{at}(row):\n    return row.part_{at}(row)\n\n\n" for at in (17, 18, 19))
    codes = {each.code for each in check("a.py", part, LONG).doubts}
    assert ProblemCode.EMPTIED in codes


@pytest.mark.promise("V2.emptied")
@pytest.mark.parametrize(
    ("path", "base", "text"),
    [
        ("ledger.go", GO, "package x\n\nfunc Hello() string { return strange }\n"),
        ("ledger.py", PYTHON, "null\n"),
        ("store.ts", TYPESCRIPT, "export const answer = 42;\n"),
        ("Ledger.java", JAVA, "// none\nclass Nothing {}\n"),
    ],
)
def test_a_text_that_shares_nothing_with_the_base_can_only_be_completed(
    check: Check, path: str, base: str, text: str
) -> None:
    assert ProblemCode.UNRELATED in {each.code for each in check(path, text, base).doubts}
    assert traits_of(ProblemCode.UNRELATED).must_complete


@pytest.mark.promise("V2.doubled")
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_appears_twice_is_an_error(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    found = [each for each in check(path, text + text, text).errors if each.code == "doubled"]
    assert [each.start.line for each in found] == [text.count("\n") + 1]


GO_TWICE = "func Second(a, b string) string {\n\tif a != b {\n\t\treturn a\n\t}\n\treturn b\n}\n"
PY_TWICE = "def second(a, b):\n    if a != b:\n        return a\n    return b\n"
TS_TWICE = "function second(a: number) {\n  const b = a + 1;\n  return b;\n}\n"


@pytest.mark.promise("V2.doubled")
@pytest.mark.parametrize(
    ("path", "base", "part", "severity"),
    [
        ("a.go", f"package a\n\n{GO_TWICE}", GO_TWICE, Severity.ERROR),
        ("a.ts", f"const x = 1;\n\n{TS_TWICE}", TS_TWICE, Severity.ERROR),
        ("a.py", f"X = 1\n\n\n{PY_TWICE}", PY_TWICE, Severity.DOUBT),
        ("a.py", f"X = 1\n\n\n{PY_TWICE}", PY_TWICE.replace("!=", "<"), Severity.DOUBT),
    ],
)
def test_a_definition_that_appears_twice_is_told(
    check: Check, path: str, base: str, part: str, severity: Severity
) -> None:
    (problem,) = check(path, f"{base}\n\n{part}", base).problems
    assert (problem.code, problem.severity) == (ProblemCode.DOUBLED, severity)
    assert "second` is defined twice" in problem.message.lower()


TWO_HEADS = "int f(int a) {\n  return a;\n}\n"
PROPERTY = """class A:
    @property
    def x(self):
        return 1

    @x.setter
    def x(self, value):
        self.y = value
"""
PY_ONE, PY_OTHER = (f"    def f(a):\n        return {each}\n" for each in ("a", "1"))
RUBY = "class {name}\n  def f(a)\n    a\n  end\nend\n\n"


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("A.java", "class A {\n  int f(int a) { return a; }\n  int f(long a) { return 1; }\n}\n"),
        ("A.cs", "class A {\n  int F(int a) { return a; }\n  int F(long a) { return 1; }\n}\n"),
        ("a.cpp", "int f(int a) { return a; }\nint f(long a) { return 1; }\n"),
        ("a.ts", "function f(a: 1): 1;\nfunction f(a: 2): 2;\nfunction f(a: any) { return a; }\n"),
        ("a.py", PROPERTY),
        ("a.py", f"if x:\n{PY_ONE}else:\n{PY_OTHER}"),
        ("a.py", f"try:\n{PY_ONE}except E:\n{PY_OTHER}"),
        ("a.c", f"#if A\n{TWO_HEADS}#endif\n#if B\n{TWO_HEADS}#endif\n"),
        ("a.go", "package a\n\nfunc init() {\n\tf()\n}\n\nfunc init() {\n\tg()\n}\n"),
        ("a.rb", RUBY.format(name="A") + RUBY.format(name="B")),
    ],
)
def test_definitions_that_share_a_name_on_purpose_are_no_problem(
    check: Check, path: str, text: str
) -> None:
    assert check(path, text).doubts == ()
    assert check(path, text, "\n").doubts == ()


@pytest.mark.promise("V1.valid")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_equals_its_base_is_never_a_doubt(check: Check, name: str) -> None:
    path, text = SAMPLES[name]
    for each in (text, text + text, ""):
        assert check(path, each, each).problems == ()
