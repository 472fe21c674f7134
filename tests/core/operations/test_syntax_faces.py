"""One question, one answer: the checker, its operation and the command line say the same."""

import json

import anyio
import pytest

from podium.syntax import SyntaxChecker, SyntaxReport
from podium_cli.main import main
from tests.support.projects import Project

TEXTS = {
    "cut.py": 'def hello():\n    return greet("good day"\n',
    "cut.go": "package a\n\nfunc f() {\n\tg(\n}\n",
    "whole.js": "f(1);\n",
    "odd.xyz": "any text\n",
}


async def reported(path: str, text: str) -> SyntaxReport:
    async with SyntaxChecker() as checker:
        return await checker.check(path, text.encode())


@pytest.mark.promise("V5")
@pytest.mark.parametrize("path", TEXTS)
def test_the_same_answer_from_every_side(
    project: Project, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    text = TEXTS[path]
    report = anyio.run(reported, path, text)
    asked = project.ask("syntax.check", path=path, text=text)
    (project.root / path).write_text(text)
    of_file = project.ask("syntax.check", path=path)
    capsys.readouterr()
    main(["syntax", path, "--project", str(project.root), "--json"])
    printed = json.loads(capsys.readouterr().out)

    expected = [
        (each.code, each.severity, each.message, each.start.line) for each in report.problems
    ]
    assert asked == of_file
    assert [(p.code, p.severity, p.message, p.start.line) for p in asked.problems] == expected
    told = [
        (p["code"], p["severity"], p["message"], p["start"]["line"]) for p in printed["problems"]
    ]
    assert told == expected
    assert (asked.language, asked.status) == (report.language, report.status)
