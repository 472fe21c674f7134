"""Answers as pages: what models and files said stays text, whatever signs are in it."""

import json
import subprocess
from typing import Any

import pytest

from tests.support.editor_tools import NODE
from tests.support.goldens import ROOT

SOURCE = ROOT / "editors" / "vscode" / "src" / "markdown.ts"
SCRIPT = """
const { page } = await import(process.argv[1]);
process.stdout.write(page('Title', 'What it is.', JSON.parse(process.argv[2])));
"""

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(not NODE.is_there, reason="no node; `make editors` installs it"),
]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"state": "done", "count": 2, "left": None}, "- **State**: done\n- **Count**: 2"),
        ({"rows": []}, ""),
        ([], "*nothing*"),
        ({"rows": [1, "b"]}, "## Rows\n\n- 1\n- b"),
        (
            {"rows": [{"id": "a", "ok": True}, {"id": "b", "tags": ["x", "y"]}]},
            "## Rows\n\n| Id | Ok | Tags |\n| --- | --- | --- |\n| a | yes |  |\n| b |  | x, y |",
        ),
        ({"in": {"deep": {"x": 1}}}, "## In\n\n### Deep\n\n- **X**: 1"),
        (
            {"said": "[a](http://b) <img> `c`\n# d | e"},
            "- **Said**: \\[a\\]\\(http://b\\) \\<img\\> \\`c\\`  \\# d \\| e",
        ),
    ],
)
def test_an_answer_is_written_down(answer: Any, expected: str) -> None:
    words = [str(NODE.path), "--input-type=module", "--eval", SCRIPT, str(SOURCE)]
    done = subprocess.run([*words, json.dumps(answer)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head = "# Title\n\n*What it is.*\n"
    assert done.stdout == head + (f"\n{expected}\n" if expected else "")
