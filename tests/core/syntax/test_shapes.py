"""The shape rules report what a change brings, in any text file, and nothing that was there."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.syntax import ProblemCode, Status
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import SAMPLES

SQL = "CREATE TABLE a (\n  id int,\n  name text\n);\n\nSELECT id\nFROM a\nWHERE name = 'x';\n"
DOCKER = "FROM debian\nRUN apt-get update \\\n && apt-get install -y make\nCOPY . /src\nRUN make\n"
VUE = "<template>\n  <p>{{ text }}</p>\n</template>\n\n<script>\nexport default {}\n</script>\n"
C = "#include <a.h>\n\nint first(int a)\n{\n  return a + 1;\n}\n\nint second(void)\n{\n}\n"
BASES = {"a.sql": SQL, "Dockerfile": DOCKER, "a.vue": VUE, "a.c": C}


def numbered(text: str) -> str:
    lines = enumerate(text.splitlines(), 1)
    return "".join(f"{number:>6}\t{line}\n" for number, line in lines)


def in_comment(base: str) -> str:
    return f"/*\n * One.\n * Two.\n * Three.\n */\n{base}"


LEFTOVERS: dict[str, tuple[Callable[[str], str], ProblemCode]] = {
    "numbers": (numbered, ProblemCode.LINE_NUMBERS),
    "tag": (lambda text: f"{text}</file_body>\n", ProblemCode.REPLY_MARKUP),
    "half a replacement": (lambda text: f"{text}>>>>>>> REPLACE\n", ProblemCode.CONFLICT_MARKER),
    "note": (lambda text: f"{text}[31 more lines in the file]\n", ProblemCode.TOOL_OUTPUT),
    "patch": (lambda text: f"*** Begin Patch\n{text}", ProblemCode.REPLY_MARKUP),
    "here-document": (lambda text: f"{text}EOF\n", ProblemCode.HEREDOC),
    "word": (lambda _: "undefined\n", ProblemCode.NOT_THE_FILE),
    "path": (lambda _: "src/lib/a.txt\n", ProblemCode.NOT_THE_FILE),
}


@pytest.mark.promise("V7.reported")
@pytest.mark.parametrize("path", BASES)
@pytest.mark.parametrize("what", LEFTOVERS)
def test_a_leftover_is_found_in_every_text_file(check: Check, path: str, what: str) -> None:
    damage, code = LEFTOVERS[what]
    report = check(path, damage(BASES[path]), BASES[path])
    assert code in {each.code for each in (*report.errors, *report.doubts)}


STRAY = [
    "Done, and the tests are green now.",
    "**Result**",
    "Voil\u00e0 le fichier corrig\u00e9 :",
    "\u5df2\u7ecf\u66f4\u65b0\u4e86\u6587\u4ef6\u3002",
    "$ npm test",
    "==> src/a.c <==",
    "system:",
    "<note>The caller has to change as well.</note>",
]
AROUND = {
    "a.c": C,
    "a.go": "package a\n\nfunc a() int {\n\treturn 1\n}\n",
    "a.css": "p {\n  color: red;\n}\n",
    "a.sh": "#!/bin/sh\nset -e\nmake all\n",
}


@pytest.mark.promise("V2.fences")
@pytest.mark.parametrize("path", AROUND)
@pytest.mark.parametrize("line", STRAY)
def test_a_sentence_around_the_text_is_found_whatever_it_says(
    check: Check, path: str, line: str
) -> None:
    base = AROUND[path]
    for text in (f"{line}\n\n{base}", f"{base}\n{line}\n"):
        report = check(path, text, base)
        assert report.errors or report.doubts, text


@pytest.mark.promise("V1.honest")
@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.sh", "make install"),
        ("a.sh", "# Everything is installed now."),
        ("a.c", "// The end of the file."),
        ("a.c", "EXPORT(a)"),
        ("a.css", "a:hover { color: blue }"),
        ("a.go", "var b = 1"),
    ],
)
def test_a_line_of_code_after_the_text_is_no_sentence(check: Check, path: str, line: str) -> None:
    report = check(path, f"{AROUND[path]}\n{line}\n", AROUND[path])
    assert (report.errors, report.doubts) == ((), ())


def test_escape_sequences_in_recorded_output_are_no_problem(check: Check) -> None:
    base = "\x1b[31mint\x1b[0m a;\n"
    assert check("a.java", base + "\x1b[32mint\x1b[0m b;\n", base).problems == ()


def test_numbers_and_notes_inside_a_long_comment_are_found(check: Check) -> None:
    base = in_comment(C)
    hunk = " * One.\n * Two.\n * Three.\n"
    with_numbers = base.replace(hunk, "2: * One.\n3: * Two.\n4: * Three.\n")
    (problem,) = check("a.c", with_numbers, base).errors
    assert problem.code is ProblemCode.LINE_NUMBERS
    report = check("a.c", base.replace(hunk, "[3 lines omitted]\n"), base)
    assert ProblemCode.TOOL_OUTPUT in {each.code for each in report.errors}


def test_latin_1_is_compared_as_latin_1_and_lost_letters_are_found(check: Check) -> None:
    base = "/* Gr\xfc\xdfe */\nint a;\n".encode("latin-1")
    kept = check("a.c", base + b"int b;\n", base)
    assert (kept.status, kept.problems) == (Status.CHECKED, ())
    assert "Latin-1" in kept.reason
    lost = check("a.c", base.decode(errors="replace"), base)
    assert ProblemCode.LOST_CHARACTER in {each.code for each in lost.errors}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(sorted({*BASES, *(path for path, _ in SAMPLES.values()), "a.txt"})),
    text=st.lists(
        st.one_of(
            st.sampled_from(("</content>", "EOF", "=======", "+a", "-b", "  1\tx", "&lt;", "a.py")),
            st.text("ab <>&=+-\\n\u201c\u200b\ufffd\"'", max_size=12),
        ),
        max_size=12,
    ).map("\n".join),
)
def test_no_rule_finds_anything_in_a_text_that_equals_its_base(
    check: Check, path: str, text: str
) -> None:
    report = check(path, text, text)
    assert (report.errors, report.doubts) == ((), ())


@pytest.mark.parametrize(
    ("path", "text", "base"),
    [
        ("icon.svg", '<svg>\n  <path d="M1 1" />\n</svg>\n', None),
        ("a.props", "<Project>\n  <PropertyGroup>\n  </PropertyGroup>\n</Project>\n", None),
        ("a.mdx", 'One.\n\n<Note kind="a">\nTwo.\n</Note>\n', "One.\n\nTwo.\n"),
        ("a.cs", "class A { char a = '\\\"'; }\n", "class A { char a = '\"'; }\n"),
    ],
)
def test_honest_markup_and_escapes_pass(
    check: Check, path: str, text: str, base: str | None
) -> None:
    report = check(path, text, base)
    assert (report.errors, report.doubts) == ((), ())
