"""Checks Python files with the running Python's compiler, without executing them.

The grammar accepts some invalid files (`print "x"`, a missing block, `08`) and rejects a few valid
ones. The compiler is exact, but only for its own version: syntax that only newer versions accept is
a note.
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


_BRACKETS = r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]"


@dataclass(frozen=True, slots=True)
class _NewerSyntax:
    """Syntax that older versions reject.

    Args:
        name: its name in messages.
        version: the first Python version that supports it.
        form: matches it.
        older: an older form of the same structure; None if there is no simple one.
        message: matches the older compiler's message, if there is no older form.
    """

    name: str
    version: tuple[int, int]
    form: re.Pattern[str]
    older: str | None = None
    message: re.Pattern[str] = re.compile("")


_NEWER_SYNTAX = (
    _NewerSyntax(
        "a default of a type parameter",
        (3, 13),
        re.compile(
            rf"(?m)^(\s*(?:async\s+def|def|class|type)\s+\w+)\s*(?=\[[^\]\n]*=[^\]\n]*\]){_BRACKETS}"
        ),
        r"\1",
    ),
    _NewerSyntax(
        "a type statement",
        (3, 12),
        re.compile(rf"(?m)^(\s*)type\s+(\w+)\s*(?:{_BRACKETS})?\s*=(?!=)"),
        r"\1\2 =",
    ),
    _NewerSyntax(
        "a type parameter",
        (3, 12),
        re.compile(rf"(?m)^(\s*(?:async\s+def|def|class)\s+\w+)\s*{_BRACKETS}"),
        r"\1",
    ),
    _NewerSyntax(
        "a nested f-string",
        (3, 12),
        re.compile(r"\b(?:f|rf|fr)['\"].*\{", re.IGNORECASE),
        message=re.compile(
            r"f-string: (unmatched|expecting '}'|invalid syntax)|f-string expression part cannot"
            r"|unexpected character after line continuation|unterminated string"
        ),
    ),
    _NewerSyntax(
        # Python 2 has `except Error, name`; a capitalised last name is a second exception.
        "an except clause without parentheses",
        (3, 14),
        re.compile(r"(?m)^(\s*except\*?\s+)((?:[\w.]+\s*,\s*)+(?:\w+\.)*[A-Z]\w*)(?=\s*:)"),
        r"\1(\2)",
    ),
    _NewerSyntax(
        "a template string", (3, 14), re.compile(r"\b(?:t|rt|tr)(?=['\"])", re.IGNORECASE), "f"
    ),
    _NewerSyntax(
        "a lazy import", (3, 15), re.compile(r"(?m)^(\s*)lazy\s+(?=(?:import|from)\s)"), r"\1"
    ),
    _NewerSyntax(
        "unpacking in a comprehension",
        (3, 15),
        re.compile(r"([\[({]\s*)\*{1,2}(?=[\w.()\[\]]+\s+(?:async\s+)?for\b)"),
        r"\1",
    ),
)


def read_python(language: Language, source: Source, find_base: FindParsed = not_parsed) -> Reading:
    """Return the problems that the grammar and the running Python find.

    A file that compiles is valid, so it is parsed only if its definitions are needed.
    """
    tree = cache(lambda: read_tree(language, source, find_base))

    def find_tree() -> Tree | None:
        parsed = tree().parsed()
        return parsed.tree if parsed is not None else None

    try:
        table = _compile(source.text.decode())
    except SyntaxError as refusal:
        problem = _refused(source, refusal)
        reading = tree()
        if (newer := _newer_syntax(source, problem, refusal.msg, reading)) is not None:
            return replace(reading, problems=(_as_note(problem, newer),))
        return replace(reading, problems=(*reading.problems, problem))
    except (MemoryError, RecursionError, ValueError):
        # The code is too deeply nested for the compiler, but that does not make it invalid.
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


def _compile(text: str) -> symtable.SymbolTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Unlike the AST, the symbol table does not create an object per expression.
        return symtable.symtable(text, "<checked>", "exec")


def _refused(source: Source, refusal: SyntaxError) -> SyntaxProblem:
    start = source.clamped(refusal.lineno or 1, refusal.offset or 1)
    end = source.clamped(refusal.end_lineno or start.line, refusal.end_offset or start.column)
    is_string = refusal.msg.startswith("unterminated")
    return SyntaxProblem(
        code=ProblemCode.UNTERMINATED_STRING if is_string else ProblemCode.PYTHON_COMPILE,
        severity=Severity.ERROR,
        message=f"Python {_dotted(_RUNNING)} rejects this: {refusal.msg}",
        start=start,
        end=max(start, end),
    )


def _newer_syntax(
    source: Source, problem: SyntaxProblem, refusal: str, reading: Reading
) -> _NewerSyntax | None:
    """Return the newest syntax that the running Python does not know, if only that is wrong."""
    text = source.text.decode()
    unknown = [each for each in _NEWER_SYNTAX if each.version > _RUNNING]
    line = source.lines[problem.start.line - 1]
    used: list[_NewerSyntax] = []
    for newer in unknown:
        if newer.older is None:
            if not reading.problems and newer.form.search(line) and newer.message.match(refusal):
                return newer
        elif (older := newer.form.sub(newer.older, text)) != text:
            text = older
            used.append(newer)
    if not used:
        return None
    try:
        _compile(text)
    except (SyntaxError, MemoryError, RecursionError, ValueError):
        return None
    return max(used, key=lambda each: each.version)


def _as_note(problem: SyntaxProblem, newer: _NewerSyntax) -> SyntaxProblem:
    return replace(
        problem,
        severity=Severity.NOTE,
        message=f"{problem.message} (it looks like {newer.name}, which needs Python"
        f" {_dotted(newer.version)} or newer; Podium runs on {_dotted(_RUNNING)})",
    )


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
