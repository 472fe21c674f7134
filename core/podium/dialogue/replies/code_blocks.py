"""Finds files in an agent's reply, written as fenced blocks.

The paths are untrusted: check them against the workspace before writing files.
"""

import re
from dataclasses import dataclass

from podium.dialogue.fences import Fence, fenced_blocks

_EXTENSION_WORDS = (
    "bash c cc cfg clj cmake cpp cs css csv dart env erl ex exs fs go gradle graphql h hpp hs htm"
    " html ini ipynb java jl js json jsonc jsx kt kts less lock lua m md mdx mjs cjs ml nix php pl"
    " proto ps1 py pyi pyx r rb rs rst sass scala scss sh sol sql svelte svg swift tex tf toml ts"
    " tsx txt v vim vue xml yaml yml zig zsh"
)
_EXTENSIONS = frozenset(_EXTENSION_WORDS.split())
_BARE_NAMES = frozenset(
    {"Makefile", "Dockerfile", "Containerfile", "LICENSE", "Procfile", "Gemfile", "Rakefile"}
    | {"Justfile", "CODEOWNERS", "Jenkinsfile"}
)
_NAMES = re.compile(r"/?(?:[\w@.()\[\]+-]+/)*[\w@.()\[\]+-]+")
_DOT_NAME = re.compile(r"\.[A-Za-z][\w.-]*")
_KEYED = re.compile(r"""(?:title|file|filename|path|name)\s*[=:]\s*["']?([^"'\s}]+)""", re.I)
_COMMENT = re.compile(r"^\s*(#|//|--|;+|%|/\*|<!--|\{#)\s*(.*?)\s*(?:\*/|-->|#\})?\s*$")
_LABEL = re.compile(r"^(?:file|filename|path|filepath)\s*[:=]\s*", re.I)
_QUOTED = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")
_HEADING_LANGUAGES = frozenset({"md", "markdown", "mdx"})
_LINE_LIMIT = 400
_PATH_LIMIT = 255
_INDENT_LIMIT = 100


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block.

    Args:
        path: the file's path as the agent wrote it; empty if the block does not name a file.
        language: the language of the fence, in lower case; may be empty.
        text: the content, without a line that only names the path.
        complete: False if the reply ended inside the block.
    """

    path: str
    language: str
    text: str
    complete: bool


def extract_code_blocks(text: str) -> tuple[CodeBlock, ...]:
    """Return the fenced blocks of a reply in order.

    The path is after the fence (`python src/a.py`, `python:src/a.py`, `title="src/a.py"`), in a
    comment on the first line, or on the line before the fence.
    """
    return tuple(_code_block(text, fence) for fence in fenced_blocks(text))


def _code_block(text: str, fence: Fence) -> CodeBlock:
    body = _dedented(text[fence.start : fence.end], fence.indent)
    language, path = _from_info(fence.info)
    if not path:
        first, _, rest = body.partition("\n")
        path = _from_comment(first, language)
        body = rest if path else body
    if not path:
        path = _from_line_before(text, fence.opening)
    return CodeBlock(path, language, body, fence.closed)


def _from_info(info: str) -> tuple[str, str]:
    """Return the language and path in an info string."""
    short = info[:_LINE_LIMIT].strip("{}")
    keyed = _KEYED.search(short)
    words = short.split()
    if not words:
        return "", ""
    language, colon, glued = words[0].partition(":")
    if colon and _is_path(glued):
        return language.lower().lstrip("."), glued
    if keyed and _is_path(keyed.group(1)):
        return language.lower().lstrip("."), keyed.group(1)
    for index, word in enumerate(words):
        plain = word.strip("`\"'()")
        if _is_path(plain) and not (index == 0 and word.startswith(".") and len(words) > 1):
            return ("" if index == 0 else language.lower().lstrip(".")), plain
    return language.lower().lstrip("."), ""


def _from_comment(line: str, language: str) -> str:
    """Return the path in a comment that contains only a path."""
    comment = _COMMENT.match(line) if len(line) <= _LINE_LIMIT else None
    if comment is None or (comment.group(1) == "#" and language in _HEADING_LANGUAGES):
        return ""
    content = _LABEL.sub("", comment.group(2)).strip("`\"' ")
    return content if _is_path(content) else ""


def _from_line_before(text: str, opening: int) -> str:
    """Return the path in the last line before the fence, if it is marked up as one."""
    before = text[max(0, opening - 2 * _LINE_LIMIT) : opening].rstrip().rpartition("\n")[2]
    if len(before) > _LINE_LIMIT or before.lstrip().startswith(("```", "~~~")):
        return ""
    quoted = [(found.group(1) or found.group(2)).strip("` :") for found in _QUOTED.finditer(before)]
    paths = [each for each in quoted if _is_path(each)]
    if paths:
        return paths[-1]
    plain = re.sub(r"^[\s#>*-]*(?:\d{1,3}[.)]\s+)?", "", before).strip("*_`: ")
    plain = _LABEL.sub("", plain).strip("*_`: ")
    return plain if _is_path(plain) else ""


def _is_path(text: str) -> bool:
    """Return whether a word is a path: it has folders, a known extension or a known file name."""
    if not 0 < len(text) <= _PATH_LIMIT or _NAMES.fullmatch(text) is None:
        return False
    name = text.rpartition("/")[2]
    known = name.rpartition(".")[2].lower() in _EXTENSIONS and "." in name
    return "/" in text or known or name in _BARE_NAMES or _DOT_NAME.fullmatch(name) is not None


def _dedented(body: str, indent: str) -> str:
    """Remove the fence's own indentation, as Markdown does for a block in a list."""
    if not indent or not body:
        return body
    return re.sub(rf"^[ \t]{{1,{min(len(indent), _INDENT_LIMIT)}}}", "", body, flags=re.MULTILINE)
