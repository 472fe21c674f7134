"""What a reply lost or left to be written is told, and what the task wanted gone is not."""

import pytest
from anyio.from_thread import start_blocking_portal

from podium.syntax import (
    ANYTHING,
    Intent,
    ProblemCode,
    Severity,
    SyntaxChecker,
    SyntaxProblem,
)
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import JAVASCRIPT, PYTHON, SAMPLES

TOTAL = PYTHON[PYTHON.index("def total") : PYTHON.index("async def")]


def told(problems: tuple[SyntaxProblem, ...]) -> list[tuple[str, str]]:
    return [(each.code, each.severity) for each in problems]


def with_intent(
    path: str, text: str, base: str, intent: Intent | None
) -> tuple[SyntaxProblem, ...]:
    async def check() -> tuple[SyntaxProblem, ...]:
        async with SyntaxChecker() as checker:
            report = await checker.check(path, text.encode(), base.encode(), intent=intent)
        return report.problems

    with start_blocking_portal() as portal:
        return portal.call(check)


STUBS: dict[str, tuple[str, str, str]] = {
    "python": (
        "python",
        TOTAL,
        "def total(entries: list[Entry]) -> int:\n    raise NotImplementedError\n\n\n",
    ),
    "python with a word": (
        "python",
        TOTAL,
        'def total(entries: list[Entry]) -> int:\n    """Add."""\n    # TODO\n    pass\n\n\n',
    ),
    "javascript": (
        "javascript",
        JAVASCRIPT[JAVASCRIPT.index("  const text") : JAVASCRIPT.index("}\n\nexport class")],
        '  throw new Error("not implemented");\n',
    ),
    "rust": ("rust", "", "    todo!()\n"),
    "kotlin": ("kotlin", "", '    TODO("later")\n'),
    "swift": ("swift", "", '    fatalError("not implemented")\n'),
    "ruby": ("ruby", "", "    raise NotImplementedError\n"),
    "go": ("go", "", '\tpanic("not implemented")\n'),
    "lua": ("lua", "", '  error("not implemented")\n'),
}
BODIES = {
    "rust": ("fn count", "}\n"),
    "kotlin": ("fun load", "}\n"),
    "swift": ("func total", "}\n"),
    "ruby": ("def self.total", "  end\nend"),
    "go": ("func Total", "}\n"),
    "lua": ("local function total", "end\n\nreturn"),
}


def hollowed(name: str) -> tuple[str, str, str]:
    """Return a path, a sample and the sample with one body replaced by a stub."""
    sample, old, new = STUBS[name]
    path, text = SAMPLES[sample]
    if old:
        return path, text, text.replace(old, new)
    head, tail = BODIES[name]
    start = text.index("\n", text.index(head)) + 1
    end = text.rindex("\n" + tail, start) + 1 if tail == "}\n" else text.index(tail, start)
    return path, text, text[:start] + new + text[end:]


@pytest.mark.promise("V2.stubs", "F3.incomplete", "F3.stubs")
@pytest.mark.parametrize("name", STUBS)
def test_a_body_that_became_a_stub_is_an_error(check: Check, name: str) -> None:
    path, base, text = hollowed(name)
    (problem,) = check(path, text, base).errors
    assert problem.code is ProblemCode.HOLLOWED
    assert "is gone" in problem.message


@pytest.mark.promise("V2.stubs")
def test_a_function_that_only_lost_lines_is_a_warning(check: Check) -> None:
    text = PYTHON.replace(
        TOTAL, "def total(entries: list[Entry]) -> int:\n    result = 0\n    return result\n\n\n"
    )
    (problem,) = check("a.py", text, PYTHON).problems
    assert (problem.code, problem.severity) == (ProblemCode.HOLLOWED, Severity.DOUBT)
    assert "`total` lost" in problem.message


@pytest.mark.promise("F3.stubs")
def test_a_new_stub_is_a_warning(check: Check) -> None:
    stub = "\n\ndef export() -> None:\n    raise NotImplementedError\n"
    assert told(check("a.py", PYTHON + stub, PYTHON).problems) == [("stub", "doubt")]
    assert told(check("a.py", PYTHON + stub).problems) == [("stub", "doubt")]


def test_an_abstract_method_is_no_stub(check: Check) -> None:
    text = "from abc import abstractmethod\n\n\nclass A:\n    @abstractmethod\n    def f(self):\n"
    assert check("a.py", text + "        raise NotImplementedError\n").problems == ()


@pytest.mark.parametrize("flaw", ["x = f'whole'", "if (1, 2):\n    x = 1", "raise NotImplemented"])
def test_flaws_that_are_about_no_name_hide_no_others(check: Check, flaw: str) -> None:
    text = f"import os\n\n{flaw}\n"
    rows = told(check("a.py", text, text.replace("import os", "import os\n\nprint(os)")).problems)
    assert ("unused-import", "note") in rows


@pytest.mark.promise("V2.definitions")
def test_a_function_that_is_used_but_gone_is_a_warning(check: Check) -> None:
    text = PYTHON.replace(TOTAL, "")
    assert ("undefined-name", "note") in told(check("a.py", text, PYTHON).problems)
    cache = JAVASCRIPT[JAVASCRIPT.index("export class") : JAVASCRIPT.index("export default")]
    problems = check("a.js", JAVASCRIPT.replace(cache, ""), JAVASCRIPT).problems
    assert ("definition-lost", "doubt") in told(problems)


@pytest.mark.promise("V2.definitions")
def test_an_import_that_lost_its_use_is_a_warning(check: Check) -> None:
    load = PYTHON[PYTHON.index("async def") : PYTHON.index("def main")]
    (problem,) = check("a.py", PYTHON.replace(load, ""), PYTHON).problems
    assert (problem.code, problem.start.line) == (ProblemCode.UNUSED_IMPORT, 3)
    text = JAVASCRIPT.replace("await readFile(path, encoding)", "path")
    (problem,) = check("a.js", text, JAVASCRIPT).problems
    assert problem.message == "imported but no longer used: `readFile`"


@pytest.mark.promise("V2.definitions")
def test_an_import_that_only_annotations_use_is_used_until_they_go(check: Check) -> None:
    base = "def f(a) -> None:\n    print(a)\n"
    head = "from __future__ import annotations\n\nimport typing as t\n\n\n"
    text = head + base.replace("a)", "a: dict[str, t.Any])", 1)
    assert check("a.py", text, base).problems == ()
    (problem,) = check("a.py", text.replace("t.Any", "int"), text).problems
    assert problem.message == "imported but no longer used: `t`"


@pytest.mark.promise("V2.definitions")
def test_with_an_intent_every_removal_that_it_does_not_name_is_told() -> None:
    text = PYTHON.replace("    print(total(entries))\n", "    print(entries)\n").replace(TOTAL, "")
    problems = with_intent("a.py", text, PYTHON, Intent(removes=frozenset(("load",))))
    assert [each.message for each in problems] == [
        "`total` is no longer defined; the task does not say to remove it"
    ]
    for removes in ("total", ANYTHING):
        assert with_intent("a.py", text, PYTHON, Intent(removes=frozenset((removes,)))) == ()


def test_what_lies_inside_of_what_is_meant_to_go_may_go_too() -> None:
    intent = Intent(removes=frozenset(("Ledger.Entry",)))
    assert intent.means_removal_of("Ledger.Entry.describe")
    assert not intent.means_removal_of("Ledger.total")


@pytest.mark.promise("V2.definitions")
def test_a_definition_that_the_task_expects_and_that_is_not_there_is_an_error() -> None:
    intent = Intent(expects=frozenset(("total", "Entry.describe", "export")))
    (problem,) = with_intent("a.py", PYTHON, PYTHON, intent)
    assert (problem.severity, problem.message) == (
        Severity.ERROR,
        "`export` is not defined here, but the task expects it",
    )


@pytest.mark.promise("V2.definitions")
def test_what_is_expected_says_nothing_about_what_may_go() -> None:
    text = PYTHON.replace("    print(total(entries))\n", "    print(entries)\n").replace(TOTAL, "")
    expected = Intent(expects=frozenset(("load",)))
    assert with_intent("a.py", text, PYTHON, expected) == with_intent("a.py", text, PYTHON, None)
    assert with_intent("a.css", "a {}\n", "a {}\n", expected) == ()


@pytest.mark.promise("V2.fences", "F3.incomplete")
@pytest.mark.parametrize(
    ("head", "tail", "code"),
    [
        ("Here is the updated file:\n\n", "", "prose"),
        ("Sure! I added the check.\n", "", "prose"),
        ("", "\nLet me know if you need anything else.\n", "prose"),
        ("", "\nThis version now handles empty lists.\n", "prose"),
        ("<file>\n", "</file>\n", "reply-markup"),
        ("@@ -1,4 +1,5 @@\n", "", "reply-markup"),
        ("*** Begin Patch\n", "*** End Patch\n", "reply-markup"),
    ],
)
@pytest.mark.parametrize("name", ["python", "go", "rust", "typescript", "css", "java"])
def test_words_and_markup_of_a_reply_around_the_text_are_errors(
    check: Check, name: str, head: str, tail: str, code: str
) -> None:
    path, text = SAMPLES[name]
    for base in (text, None):
        assert {each.code for each in check(path, head + text + tail, base).errors} == {code}


def test_a_comment_that_sounds_like_a_reply_is_no_problem(check: Check) -> None:
    text = "# Here is the updated list of names\n" + PYTHON
    assert check("a.py", text, PYTHON).problems == ()


LOST_QUOTES = {
    "ruby": ("a.rb", 'A = "x" # one\n', 'A = "x # one\n', 'B = 2 # two "\n'),
    "bash": ("a.sh", "load 'a/b' c d\n", "load 'a/b c d\n", "echo it; echo isn't\n"),
    "flow": ("a.js", "const a = 'b';\n", "const a = 'b;\n", "const c = `'`;\n"),
}


@pytest.mark.promise("V2.closers")
@pytest.mark.parametrize("name", LOST_QUOTES)
def test_a_lost_quote_is_told_also_where_the_string_may_go_on(check: Check, name: str) -> None:
    path, good, bad, rest = LOST_QUOTES[name]
    report = check(path, bad + rest, good + rest)
    assert ("unterminated-string", 1) in [(each.code, each.start.line) for each in report.problems]


@pytest.mark.promise("V2.closers")
@pytest.mark.parametrize(
    ("old", "new"),
    [("# don't do it\nx = 1\n", "# dont do it\nx = 1\n"), ("puts 'a'\n", "puts 'b', \"it's\"\n")],
)
def test_an_apostrophe_that_goes_or_comes_is_no_lost_quote(
    check: Check, old: str, new: str
) -> None:
    assert check("a.rb", new, old).problems == ()
