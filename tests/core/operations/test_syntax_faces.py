"""One question, one answer: the checker, its operation and every face say the same."""

import json
from functools import partial
from pathlib import Path

import anyio
import pytest

from podium.syntax import SyntaxChecker, SyntaxReport
from podium_cli.main import main
from podium_mcp.tools.tool import Tier
from tests.lsp_server.wire import Editor
from tests.mcp_server.harness import connect
from tests.support.projects import Json, Project

TEXTS = {
    "cut.py": 'def hello():\n    return greet("good day"\n',
    "cut.go": "package a\n\nfunc f() {\n\tg(\n}\n",
    "whole.js": "f(1);\n",
    "odd.xyz": "any text\n",
}


async def reported(path: str, text: str) -> SyntaxReport:
    async with SyntaxChecker() as checker:
        return await checker.check(path, text.encode())


async def told_to_an_assistant(root: Path, path: str, text: str) -> Json:
    async with connect(root, tier=Tier.ALL) as host:
        return (await host.call("check_syntax", path=path, text=text)).facts


def shows(editor: Editor, uri: str, messages: list[str]) -> bool:
    return editor.messages_of(uri) == messages


@pytest.mark.promise("V5", "L7")
def test_an_editor_shows_the_same(project: Project) -> None:
    with Editor(project.root) as editor:
        editor.initialize()
        for path, text in TEXTS.items():
            asked = project.ask("syntax.check", path=path, text=text)
            told = editor.command("podium.syntax.check", path=path, text=text)
            assert told == asked.model_dump(mode="json")
            uri = editor.open(project.root / path, text)
            expected = [each.message for each in asked.problems]
            editor.wait(partial(shows, editor, uri, expected))


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
    code = main(["syntax", path, "--project", str(project.root), "--json"])
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
    assert code == (1 if report.errors else 0)
    assistant = anyio.run(told_to_an_assistant, project.root, path, text)["problems"]
    assert [each.partition(", opened on")[0] for each in assistant] == [
        f"{p.start.line}:{p.start.column} {p.message}" for p in report.problems
    ]
    assert (asked.language, asked.status) == (report.language, report.status)
