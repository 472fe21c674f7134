"""Asks the running Python about Python files; must not run what it reads.

The grammar accepts some texts that are not Python (`print "x"`, a missing block, `08`), and it
rejects a few that are. The compiler knows, but only for its own version: what looks like newer
syntax, and satisfies the grammar, is a warning.
"""

import re
import symtable
import sys
import warnings
from dataclasses import dataclass, replace
from functools import cache

from tree_sitter import Tree

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.definitions import Definitions
from podium.syntax.worker.grammars import FindParsed, not_parsed
from podium.syntax.worker.readers.python_names import first_look, names_in
from podium.syntax.worker.readers.tree import read_tree
from podium.syntax.worker.reading import Reading

_RUNNING = sys.version_info[:2]


@dataclass(frozen=True, slots=True)
class _NewerSyntax:
    """Syntax that older versions refuse.

    Args:
        name: how a person calls it.
        version: the first Python that knows it.
        line: matches the refused line.
        message: matches the older compiler's message.
    """

    name: str
    version: tuple[int, int]
    line: re.Pattern[str]
    message: re.Pattern[str] = re.compile("")


_NEWER_SYNTAX = (
    _NewerSyntax("a type statement", (3, 12), re.compile(r"\s*type\s+\w+\s*(\[.*\])?\s*=")),
    _NewerSyntax("a type parameter", (3, 12), re.compile(r"\s*(async\s+def|def|class)\s+\w+\s*\[")),
    _NewerSyntax(
        "a nested f-string",
        (3, 12),
        re.compile(r".*\b(f|rf|fr)['\"].*\{", re.IGNORECASE),
        re.compile(
            r"f-string: (unmatched|expecting '}'|invalid syntax)|f-string expression part cannot"
            r"|unexpected character after line continuation|unterminated string"
        ),
    ),
    _NewerSyntax(
        # Python 2 wrote `except Error, name`; a last name in capitals is a second exception.
        "an except clause without parentheses",
        (3, 14),
        re.compile(r"\s*except\*?\s+[\w.]+(\s*,\s*[\w.]+)*\s*,\s*(\w+\.)*[A-Z]\w*\s*:"),
    ),
    _NewerSyntax("a template string", (3, 14), re.compile(r".*\b(t|rt|tr)['\"]", re.IGNORECASE)),
)


def read_python(language: Language, source: Source, find_base: FindParsed = not_parsed) -> Reading:
    """Return what the grammar and the running Python hold against a text.

    What compiles is right, so its tree is made only for those who ask about definitions.
    """
    tree = cache(lambda: read_tree(language, source, find_base))

    def find_tree() -> Tree | None:
        parsed = tree().parsed()
        return parsed.tree if parsed is not None else None

    try:
        table = _compile(source)
    except SyntaxError as refusal:
        problem = _refused(source, refusal)
        reading = tree()
        if not reading.problems:
            problem = _as_newer_syntax(source, problem, refusal.msg)
        return replace(reading, problems=(*reading.problems, problem))
    except (MemoryError, RecursionError, ValueError):
        # It is too deep for the compiler, which says nothing about its syntax.
        return tree()
    suspicion = cache(lambda: first_look(source, table))
    return Reading(
        (),
        lambda offset: tree().is_quoted(offset),
        Definitions(language.name, find_tree),
        cache(lambda: names_in(source, suspicion())),
        lambda: tree().parsed(),
        lambda: suspicion().suspects,
    )


def _compile(source: Source) -> symtable.SymbolTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Unlike the abstract syntax tree it makes no objects for every expression.
        return symtable.symtable(source.text.decode(), "<checked>", "exec")


def _refused(source: Source, refusal: SyntaxError) -> SyntaxProblem:
    start = source.clamped(refusal.lineno or 1, refusal.offset or 1)
    end = source.clamped(refusal.end_lineno or start.line, refusal.end_offset or start.column)
    is_string = refusal.msg.startswith("unterminated")
    return SyntaxProblem(
        code=ProblemCode.UNTERMINATED_STRING if is_string else ProblemCode.PYTHON_COMPILE,
        severity=Severity.ERROR,
        message=f"Python {_dotted(_RUNNING)} refuses this: {refusal.msg}",
        start=start,
        end=max(start, end),
    )


def _as_newer_syntax(source: Source, problem: SyntaxProblem, refusal: str) -> SyntaxProblem:
    line = source.lines[problem.start.line - 1]
    for newer in _NEWER_SYNTAX:
        known = newer.version <= _RUNNING
        if not known and newer.line.match(line) and newer.message.match(refusal):
            return replace(
                problem,
                severity=Severity.WARNING,
                message=f"{problem.message} (it looks like {newer.name}, which is valid from Python"
                f" {_dotted(newer.version)} on; Podium itself runs on {_dotted(_RUNNING)})",
            )
    return problem


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
