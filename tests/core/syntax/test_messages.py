"""What a person is told: one case of every category in every language, kept as text."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.syntax import ProblemCode, SyntaxReport, language_of
from podium.syntax.languages import EXTRA_LANGUAGES
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import PYTHON, SAMPLES
from tests.corpus.damage import damages
from tests.corpus.edits import Edit
from tests.support.goldens import Goldens

FOLDER = Path(__file__).parent / "goldens"
SEED = 11
LANGUAGES = {name: sample for name, sample in SAMPLES.items() if name not in EXTRA_LANGUAGES}
LAST_FUNCTION = PYTHON.index("def main")
TOTAL = PYTHON[PYTHON.index("    result = 0") : PYTHON.index("\n\nasync def")]
LINES = list(enumerate(PYTHON.splitlines(), 1))
CATEGORIES: dict[str, tuple[str | bytes, str | bytes | None]] = {
    "a closer without an opener": (PYTHON.replace("result = 0", "result = 0)"), PYTHON),
    "what only Python refuses": (PYTHON.replace("result = 0", 'print "result"'), PYTHON),
    "a body became a stub": (PYTHON.replace(TOTAL, "    raise NotImplementedError\n"), PYTHON),
    "a body does nothing": (PYTHON.replace(TOTAL, "    pass\n"), PYTHON),
    "a new stub": (PYTHON + "\n\ndef later() -> None:\n    # TODO: write this\n    pass\n", PYTHON),
    "an import without use": (PYTHON.replace("json.load(file)", "{}"), PYTHON),
    "a name without definition": (PYTHON.replace("import json\n", ""), PYTHON),
    "no newline at the end": (PYTHON.rstrip("\n") + "\n\nx = 1", PYTHON),
    "the end is missing": (PYTHON[:LAST_FUNCTION].rstrip() + "\n", PYTHON),
    "nothing is left": ("\n", PYTHON),
    "a different text": (SAMPLES["go"][1], PYTHON),
    "the file twice": (PYTHON + PYTHON, PYTHON),
    "a comment instead of code": (PYTHON.replace(TOTAL, "    # plus de code ici\n"), PYTHON),
    "a sentence of the reply": ("Here is the updated file:\n\n" + PYTHON, PYTHON),
    "a tag of the reply": ("<file_contents>\n" + PYTHON + "</file_contents>\n", PYTHON),
    "a piece of a diff": ("@@ -1,3 +1,4 @@\n" + PYTHON, PYTHON),
    "line numbers": ("".join(f"{n:5d}→{line}\n" for n, line in LINES), PYTHON),
    "a line of a tool": (PYTHON.replace(TOTAL, "[8 more lines]\n" + TOTAL), PYTHON),
    "one encoded string": (json.dumps(PYTHON), PYTHON),
    "a path": ("src/ledger.py\n", PYTHON),
    "an odd character": (PYTHON.replace("result = 0", "result\u200b = 0"), PYTHON),
    "a lost character": (
        PYTHON.replace("result = 0", "result = 0  # caf\ufffd"),
        PYTHON.replace("result = 0", "result = 0  # café"),
    ),
    "another encoding": (("# coding: latin-1\nx = 'é'\n").encode("latin-1"), "x = 'é'\n"),
    "no longer readable": (PYTHON.encode() + b"\xff\n", PYTHON),
    "the end of a heredoc": (PYTHON + "EOF\n", PYTHON),
    "not a text": ("x = 1\0\n", PYTHON),
    "too deep": ("(" * 600 + ")" * 600 + "\n", PYTHON),
}


def told(report: SyntaxReport) -> Iterator[str]:
    """Yield what a report says, a line for each problem."""
    if report.reason:
        yield f"- {report.status}: {report.reason}"
    for each in report.problems:
        place = f"{each.start.line}:{each.start.column}"
        opener = f", opened at {each.opened_at.line}" if each.opened_at else ""
        expected = f", expected `{each.expected}`" if each.expected else ""
        yield f"- {each.severity} {each.code} at {place}{opener}{expected}: {each.message}"
    if not report.reason and not report.problems:
        yield "- nothing"


@pytest.mark.promise("V1.place", "V1.opener", "V2.truncated", "V2.closers")
@pytest.mark.parametrize("name", LANGUAGES)
def test_what_is_said_of_damage_in_a_language(check: Check, goldens: Goldens, name: str) -> None:
    path, text = LANGUAGES[name]
    language = language_of(path)
    assert language is not None
    sample = Edit("samples", path, language.name, text.encode(), text.encode())
    lines = [f"# {name}", ""]
    for kind, damaged in damages(sample, SEED):
        report = check(path, damaged.text, text)
        assert report.problems, f"{kind} is not noticed"
        lines += [f"{kind}:", *told(report), ""]
    goldens.check(FOLDER / f"{name.replace(' ', '-')}.md", "\n".join(lines))


@pytest.mark.promise("V2.truncated", "V2.closers", "V2.fences", "V2.definitions", "V2.stubs")
def test_what_is_said_of_each_category(check: Check, goldens: Goldens) -> None:
    lines = ["# Categories, in Python", ""]
    for what, (text, base) in CATEGORIES.items():
        lines += [f"{what}:", *told(check("ledger.py", text, base)), ""]
    goldens.check(FOLDER / "categories.md", "\n".join(lines))


def test_every_category_has_its_case() -> None:
    kept = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md"))
    missing = {code for code in ProblemCode if f" {code} at " not in kept}
    assert missing == {ProblemCode.NOT_CHECKED}, "that one needs a worker without time"
