"""The files in a reply: whole ones, parts to replace, and what cannot be used."""

import pytest

from podium.dialogue.replies.file_blocks import files_in_reply
from podium.ports.agent import FileBlock

PART = "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n"


def block(info: str, text: str, end: str = "```\n") -> str:
    return f"```{info}\n{text}{end}"


@pytest.mark.parametrize(
    ("reply", "files", "found"),
    [
        ("nothing to do", ["a.py"], []),
        (block("python a.py", "x\n"), [], [FileBlock("a.py", "x\n")]),
        (block("python", "# a.py\nx\n"), [], [FileBlock("a.py", "x\n")]),
        (block("python", "x\n"), ["a.py"], [FileBlock("a.py", "x\n")]),
        (block("py", "x\n"), ["a.py"], [FileBlock("a.py", "x\n")]),
        (block("", "x\n"), ["a.py"], [FileBlock("a.py", "x\n")]),
        (block("bash", "ls\n") + block("python", "x\n"), ["a.py"], [FileBlock("a.py", "x\n")]),
        (block("bash", "ls\n") + block("python a.py", "x\n"), [], [FileBlock("a.py", "x\n")]),
        (block("python a.py", PART), [], [FileBlock("a.py", "", (("old\n", "new\n"),))]),
        (block("python a.py", PART + PART), [], [FileBlock("a.py", "", (("old\n", "new\n"),) * 2)]),
        (block("python ../a.py", "x\n"), [], [FileBlock("../a.py", "x\n")]),
    ],
)
@pytest.mark.promise("G7.blocks")
def test_files_are_found(reply: str, files: list[str], found: list[FileBlock]) -> None:
    read = files_in_reply(reply, files)
    assert (list(read.files), read.problems) == (found, ())


@pytest.mark.parametrize(
    ("reply", "files", "words"),
    [
        (block("python", "x\n"), [], "no block names its file"),
        (block("python", "x\n"), ["a.py", "b.py"], "no block names its file"),
        (block("python", "x\n"), ["*.py"], "no block names its file"),
        (block("json", "{}\n"), ["a.py"], "no block names its file"),
        (block("python", "x\n") * 2, ["a.py"], "no block names its file"),
        (block("python a.py", "x\n") * 2, [], "a.py occurs in several blocks"),
        (block("python a.py", "x\n", end=""), [], "a.py has no closing fence"),
        (block("diff a.py", "-x\n+y\n"), [], "a.py is a diff"),
        (block("python a.py", f"x\n{PART}"), [], "has text outside"),
        (block("python a.py", "<<<<<<< SEARCH\nold\n=======\n"), [], "has text outside"),
    ],
)
@pytest.mark.promise("G7.blocks")
def test_what_cannot_be_used_is_explained(reply: str, files: list[str], words: str) -> None:
    read = files_in_reply(reply, files)
    (problem,) = read.problems
    assert words in problem
