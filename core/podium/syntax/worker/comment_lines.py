"""Distinguishes lines of code from comments and fillers, without a grammar."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from types import MappingProxyType

from podium.syntax.language import Language


class LineKind(Enum):
    """The content of a line."""

    BLANK = auto()
    CODE = auto()
    COMMENT = auto()
    FILLER = auto()
    """A statement that only completes a block, such as `pass`."""


_BLOCK_ENDS: Mapping[str, str] = MappingProxyType(
    {"/*": "*/", "{/*": "*/", "<!--": "-->", "--[[": "]]", "{-": "-}", "(*": "*)", "=begin": "=end"}
)
_DOTS_ONLY = re.compile(r"[\[(<{]{0,2}\s*(?:\.{3,}|…)\s*[\])>}]{0,2}")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_FILLER = re.compile(
    r"""(?:
      pass | \.{3} | : | true | return | nil | null | None
    | return\s+(?:None|null|nil|undefined|nullptr|default)
    | (?:todo|unimplemented)!\s*\(.*\) | TODO\s*\(.*\)
    | (?:panic!?|fatalError|preconditionFailure|abort|die)\s*\(\s*(?:["'`].*["'`])?\s*\)
    | (?:throw|raise)\b.*
    )\s*;?""",
    re.VERBOSE,
)
_SHORTEST_CODE = 2
"""Shorter lines are brackets."""
_NOT_CODE = frozenset(("end", "});", "})", "};", "),", "],", "},", ");", "fi", "done", "esac"))


def line_kinds(lines: Sequence[str], language: Language) -> Iterator[LineKind]:
    """Yield the kind of each line; closing brackets count as blank.

    Args:
        lines: consecutive lines.
        language: its comments are recognised by how they begin.
    """
    end = ""
    for line in lines:
        bare = line.strip()
        if end:
            closed, _, behind = bare.partition(end)
            if closed != bare:
                end = ""
            yield LineKind.CODE if behind.strip(" }") else LineKind.COMMENT
            continue
        kind, end = _kind(bare, language)
        yield kind


def is_filler(code: str) -> bool:
    """Return whether a statement only completes a block, such as `pass` or `return null`."""
    return _FILLER.fullmatch(code) is not None


def _kind(bare: str, language: Language) -> tuple[LineKind, str]:
    """Return the kind of a line, and the end of the comment that continues after it."""
    if len(bare) < _SHORTEST_CODE or bare in _NOT_CODE:
        return LineKind.BLANK, ""
    for lead in language.comment_leads:
        if not bare.startswith(lead) or (lead == "*" and bare[1:2] not in (" ", "/", "*")):
            continue
        closer = _closer(bare, lead)
        if not closer:
            return LineKind.COMMENT, ""
        _, closed, behind = bare[len(lead) :].partition(closer)
        if not closed:
            return LineKind.COMMENT, closer
        if not behind.strip(" }"):
            return LineKind.COMMENT, ""
        return LineKind.CODE, ""
    if language.name == "python":
        return (LineKind.FILLER if is_filler(bare) else LineKind.CODE), ""
    if _DOTS_ONLY.fullmatch(bare) or (language.is_prose and _BRACKETED.fullmatch(bare)):
        return LineKind.COMMENT, ""
    return (LineKind.FILLER if is_filler(bare) else LineKind.CODE), ""


def _closer(bare: str, lead: str) -> str:
    longer = next((each for each in ("--[[", "=begin") if bare.startswith(each)), lead)
    return _BLOCK_ENDS.get(longer, "")
