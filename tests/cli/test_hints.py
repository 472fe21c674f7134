"""Every command that a message, a help text or a document names can be typed."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from podium_cli.group import program

ROOT = Path(__file__).parents[2]
PARTS = ("core", "http", "adapters", "mcp_server", "lsp_server")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")))
SERVERS = {"mcp", "lsp"}
"""They parse their own words."""

_COMMAND = re.compile(r"(?:^|[`$] ?|; )podium ([a-z][a-z-]*)\b([^`;\n]*)", re.MULTILINE)
CONTEXT = click.Context(program)


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield every text of a module; what an f-string fills in is an X."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=values):
                yield "".join(
                    v.value if isinstance(v, ast.Constant) and isinstance(v.value, str) else "X"
                    for v in values
                )
            case ast.Constant(value=str() as text):
                yield text
            case _:
                pass


def wrong_commands(text: str) -> list[str]:
    """Return the command lines in a text that the command line would not understand."""
    return [
        found[0]
        for found in _COMMAND.finditer(text)
        if not _is_known(found[1], found[2]) and found[1] not in SERVERS
    ]


def _is_known(verb: str, rest: str) -> bool:
    command = program.get_command(CONTEXT, verb)
    words = _words(rest)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        named = re.fullmatch(r"[a-z-]+", words[0])
        command = command.get_command(CONTEXT, words[0]) if named else command
    if command is None:
        return False
    if isinstance(command, click.Group) and (words := rest.split()):
        command = command.get_command(click.Context(command), words[0]) or command
    known = {"--help", "-h"} | {name for each in command.params for name in each.opts}
    return all(word.split("=")[0] in known for word in words if word.startswith("-"))


def _words(rest: str) -> list[str]:
    rest = re.split(r"\s{3,}", rest)[0]  # behind a gap an explanation follows
    try:
        return shlex.split(rest, comments=True)
    except ValueError:  # a sentence with an apostrophe, not a command line
        return re.findall(r"(?<!\S)--[a-z-]+", rest)


@pytest.mark.parametrize("part", PARTS)
def test_a_message_names_only_commands_that_exist(part: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in sorted((ROOT / part).rglob("*.py"))
        if (found := [w for t in texts(ast.parse(path.read_text())) for w in wrong_commands(t)])
    }
    assert wrong == {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_only_commands_that_exist(name: str) -> None:
    assert wrong_commands((ROOT / name).read_text()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("podium tasks --json", []),
        ("see `podium run --detach` for more", []),
        ("podium task t1 --command 'pytest -q' --state done", []),
        ("podium taks", ["podium taks"]),
        ("look: `podium think --tree s-1`", ["`podium think --tree s-1"]),
        ("podium is a tool", ["podium is a tool"]),
        ("what podium is", []),
        ("podium agents rest claude --until 2h", []),
        ("podium agents --json", []),
        ("podium agents", []),
        ("podium agents hire x", ["podium agents hire x"]),
        ("podium agents wake x --until 2h", ["podium agents wake x --until 2h"]),
    ],
)
def test_the_rule_itself(text: str, wrong: list[str]) -> None:
    assert wrong_commands(text) == wrong
