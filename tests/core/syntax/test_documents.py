"""An open text is parsed again piece by piece, and that is the same as parsing it whole."""

import os
import signal
import sys

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import example, given, settings
from hypothesis import strategies as st

from podium.syntax import (
    Edit,
    Position,
    ProblemCode,
    Status,
    SyntaxChecker,
    SyntaxReport,
    WorkerLimits,
    language_of,
)
from podium.syntax.edits import replaced
from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.worker import grammars
from podium.syntax.worker.documents import Document
from podium.syntax.worker.grammars import parse
from podium.syntax.worker.judge import read
from podium.syntax.worker.statements import LANGUAGES
from tests.core.syntax.samples import PYTHON, SAMPLES

BREAKS = {"html": "<section>", "bash": "$(", "yaml": "last: [", "toml": "last = ["}
"""What is wrong at the end of a text; everywhere else brackets are."""
PIECES = st.text("()[]{}<>'\"`#/*\\\n\t abc=é…😀", max_size=5)


@st.composite
def edited_samples(draw: st.DrawFn) -> tuple[str, str, list[Edit]]:
    """Return a path, a sample that may stand there twice, and edits of it; some outside of it."""
    path, text = draw(st.sampled_from(sorted(SAMPLES.values())))
    text *= draw(st.integers(1, 2))
    lines = text.count("\n") + 3
    edits: list[Edit] = []
    for _ in range(draw(st.integers(1, 5))):
        line, column = draw(st.integers(1, lines)), draw(st.integers(1, 60))
        end = Position(line + draw(st.integers(0, 2)), draw(st.integers(1, 60)))
        start = Position(line, column)
        edits.append(Edit(start, max(start, end), draw(PIECES)))
    return path, text, edits


# What bash's grammar takes over from the tree before changes how it recovers.
TAKEN_OVER = (
    *SAMPLES["bash"],
    [
        Edit(Position(30, 30), Position(30, 35), "*/"),
        Edit(Position(6, 13), Position(6, 13), "["),
    ],
)


@pytest.mark.promise("V1.incremental")
@settings(max_examples=300, deadline=None)
@example(TAKEN_OVER)
@given(edited_samples())
def test_editing_gives_the_same_tree_and_report_as_parsing_the_whole(
    sample: tuple[str, str, list[Edit]],
) -> None:
    path, text, edits = sample
    language = language_of(path)
    assert language is not None
    document = Document(path, language, text.encode(), text.encode())
    for edit in edits:
        report = document.edit([edit])
        assert report == Document(path, language, document.text, text.encode()).edit([])
        if report.status is Status.CHECKED:
            check_tree(document, language)


def check_tree(document: Document, language: Language) -> None:
    """Check that a document's tree is that of its whole text; without one it has no errors."""
    if document.parsed is not None:
        whole = parse(language, Source(document.parsed.source.text))
        assert str(document.parsed.tree.root_node) == str(whole.root_node)
    elif language.name in LANGUAGES:
        assert not parse(language, Source(document.text)).root_node.has_error


LINES = (
    *("x = 1", "    x = 1", "  y", "def f():", "    pass", "else:", "try:", "finally:", "@wraps"),
    *(
        "x = [",
        "]",
        "(",
        "'''",
        '"""',
        "\\",
        "# word",
        "    # word",
        "if x: y",
        "; z",
        "",
        "class A:",
    ),
)
"""What ends, begins and joins statements."""


@pytest.mark.promise("V1.incremental")
@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=12),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 2), st.sampled_from(LINES)), max_size=8),
)
def test_reading_the_statements_around_an_edit_finds_what_reading_the_whole_does(
    more: list[str], edits: list[tuple[int, int, str]]
) -> None:
    path, text = SAMPLES["python"]
    language = language_of(path)
    assert language is not None
    document = Document(path, language, "\n".join([text, *more, text]).encode(), None)
    for line, gone, new in edits:
        start, end = Position(line, 1), Position(line + gone, 1)
        report = document.edit([Edit(start, end, f"{new}\n")])
        assert report == Document(path, language, document.text, None).edit([])
        check_tree(document, language)


@pytest.mark.promise("V1.incremental")
@settings(max_examples=200, deadline=None)
@given(edited_samples(), edited_samples())
def test_what_is_read_of_a_text_does_not_depend_on_the_base_that_it_was_parsed_after(
    one: tuple[str, str, list[Edit]], other: tuple[str, str, list[Edit]]
) -> None:
    path, text, edits = one
    language = language_of(path)
    assert language is not None
    broken = Document(path, language, text.encode(), None)
    broken.edit(edits)
    edited = Document(path, language, broken.text, None)
    edited.edit(other[2])
    base = read(language, Source(broken.text))
    assert (
        read(language, Source(edited.text), lambda: base).problems
        == read(language, Source(edited.text)).problems
    )


@given(edited_samples())
def test_a_text_knows_its_lines_after_a_replacement_as_if_it_were_new(
    sample: tuple[str, str, list[Edit]],
) -> None:
    _, text, edits = sample
    source = Source(text.encode())
    for edit in edits:
        assert source.lines
        source = replaced(source, edit).source
        anew = Source(source.text)
        assert source.lines == anew.lines
        places = range(len(source.text) + 1)
        assert [source.line(at) for at in places] == [anew.line(at) for at in places]


def test_errors_that_a_keystroke_leaves_alone_are_not_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, text = SAMPLES["rust"]
    language = language_of(path)
    assert language is not None
    document = Document(path, language, f"fn lost(a {{\n}}\n\n{text}".encode(), None)
    broken = document.edit([])
    assert broken.problems
    monkeypatch.setattr(grammars, "parse", None)
    end = Position(text.count("\n") + 4, 1)
    assert document.edit([Edit(end, end, "// more\n")]) == broken


@pytest.mark.promise("V1.incremental", "V5")
@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "markdown"])
def test_a_keystroke_that_breaks_a_text_is_told_and_its_repair_too(name: str) -> None:
    path, text = SAMPLES[name]
    piece = BREAKS.get(name, "([")
    end = Position(text.count("\n") + 1, 1)
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        document = portal.call(checker.open_document, path, text.encode(), text.encode())
        broken = portal.call(document.edit, Edit(end, end, piece))
        assert broken.errors
        behind = Position(end.line, len(piece) + 1)
        repaired = portal.call(document.edit, Edit(end, behind, ""))
        assert repaired.problems == ()
        assert document.text == text.encode()
        portal.call(checker.close)


def test_a_document_says_what_only_a_full_check_knows() -> None:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        document = portal.call(checker.open_document, "a.py", PYTHON.encode(), PYTHON.encode())
        end = Position(PYTHON.count("\n") + 1, 1)
        assert portal.call(document.edit, Edit(end, end, 'print "x"\n')).problems == ()
        (problem,) = portal.call(document.check).errors
        assert problem.code is ProblemCode.PYTHON_COMPILE
        portal.call(document.close)
        portal.call(checker.close)


def test_an_error_of_the_base_is_not_told_while_typing() -> None:
    base = "const a = 1;\nconst b = +;\n"
    start = Position(1, 11)
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        document = portal.call(checker.open_document, "a.js", base.encode(), base.encode())
        report = portal.call(document.edit, Edit(start, Position(1, 12), "22"))
        assert report.problems == ()
        portal.call(checker.close)


def edit_after_the_worker_was_lost(signal_number: int) -> tuple[SyntaxReport, bytes]:
    start = Position(1, 1)
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        document = portal.call(checker.open_document, "a.js", b"f(1);\n", b"f(1);\n")
        portal.call(document.edit, Edit(start, start, "a();\n"))
        assert checker.worker_pid is not None
        os.kill(checker.worker_pid, signal_number)
        report = portal.call(document.edit, Edit(start, start, "g(;\n"))
        text = document.text
        portal.call(checker.close)
    return report, text


@pytest.mark.promise("V1.incremental")
def test_a_document_outlives_its_worker() -> None:
    report, text = edit_after_the_worker_was_lost(signal.SIGKILL)
    assert text == b"g(;\na();\nf(1);\n"
    assert [each.start.line for each in report.errors] == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="what a crash of a parser looks like on Linux")
def test_a_document_that_crashed_the_parser_can_be_edited_on() -> None:
    report, text = edit_after_the_worker_was_lost(signal.SIGSEGV)
    assert report.status in (Status.GAVE_UP, Status.CHECKED)
    assert text == b"g(;\na();\nf(1);\n"


def test_an_unfit_or_unknown_text_is_told_so_while_it_is_edited() -> None:
    start = Position(1, 1)
    with start_blocking_portal() as portal:
        checker = SyntaxChecker(WorkerLimits(seconds=5))
        unknown = portal.call(checker.open_document, "a.txt", b"", None)
        assert portal.call(unknown.edit, Edit(start, start, "x")).status is Status.SKIPPED
        document = portal.call(checker.open_document, "a.py", b"x = 1\n", None)
        report = portal.call(document.edit, Edit(start, start, "\0"))
        assert (report.status, "NUL" in report.reason) == (Status.REFUSED, True)
        healed = portal.call(document.edit, Edit(start, Position(1, 2), ""))
        assert (healed.status, healed.problems) == (Status.CHECKED, ())
        portal.call(document.close)
        portal.call(checker.close)
