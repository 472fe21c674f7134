"""Texts that an editor changes key by key; kept in the worker with their trees.

Only what changed is parsed again. What costs more than a keystroke may take is left to a full
check: Python's own compiler, and the rules that compare whole texts.
"""

from collections.abc import Callable, Sequence
from functools import cache

from tree_sitter import Point, Tree

from podium.syntax.edits import replaced
from podium.syntax.grammars import parse, parse_again
from podium.syntax.judge import judge, new_problems, read, sorted_report
from podium.syntax.language import JudgedBy, Language
from podium.syntax.reading import Reading
from podium.syntax.refusals import reason_to_refuse
from podium.syntax.rules.case import Case
from podium.syntax.source import Source
from podium.syntax.tree_reading import read_parsed
from podium.syntax.values import Edit, Status, SyntaxReport

_DATA = frozenset(("json", "toml"))
"""Of these Python's own parsers are asked whether the grammar is right to object."""


class Document:
    """One open text.

    Args:
        path: for the reports.
        language: its language.
        text: the text.
        base: the text that reports compare with; None for a new file.
    """

    def __init__(self, path: str, language: Language, text: bytes, base: bytes | None) -> None:
        self._path = path
        self._language = language
        self._base = base
        self._text = text
        self._tree: Tree | None = None
        former = Source(base) if base is not None and not reason_to_refuse(base) else None
        self._former = former
        self._read_base: Callable[[], Reading | None] = cache(
            lambda: self._read_whole(former) if former is not None else None
        )

    @property
    def text(self) -> bytes:
        """The text as it is now."""
        return self._text

    @property
    def tree(self) -> Tree | None:
        """The tree of the text, if it may be parsed."""
        return self._tree

    def check(self) -> SyntaxReport:
        """Return the full report."""
        return judge(self._path, self._language, self._text, self._base)

    def edit(self, edits: Sequence[Edit]) -> SyntaxReport:
        """Change the text and return what its grammar holds against it now.

        Args:
            edits: one after the other; each speaks of the text that the one before has left.
        """
        for each in edits:
            self._replace(each)
        if reason := reason_to_refuse(self._text):
            self._tree = None
            return SyntaxReport(self._path, self._language.name, Status.REFUSED, reason)
        source = Source(self._text)
        reading = self._read(source)
        case = Case(self._language, source, self._former, reading, self._read_base)
        return sorted_report(self._path, self._language, new_problems(case))

    def _read(self, source: Source) -> Reading:
        if not self._is_parsed_as_it_stands():
            return read(self._language, source)
        old = self._tree
        if old is None:
            tree = parse(self._language, source)
        else:
            tree = parse_again(old, self._language, source)
        self._tree = tree
        reading = read_parsed(self._language, source, tree)
        is_data = self._language.name in _DATA
        return read(self._language, source) if reading.problems and is_data else reading

    def _read_whole(self, source: Source) -> Reading:
        if not self._is_parsed_as_it_stands() or self._language.name in _DATA:
            return read(self._language, source)
        return read_parsed(self._language, source, parse(self._language, source))

    def _is_parsed_as_it_stands(self) -> bool:
        by_brackets = self._language.judged_by is JudgedBy.C_BRACKETS
        return not (by_brackets or self._language.is_prose or self._language.name == "csharp")

    def _replace(self, edit: Edit) -> None:
        done = replaced(self._text, edit)
        self._text = done.text
        if self._tree is not None:
            self._tree.edit(
                start_byte=done.start,
                old_end_byte=done.old_end,
                new_end_byte=done.new_end,
                start_point=_point(done.before, done.start),
                old_end_point=_point(done.before, done.old_end),
                new_end_point=_point(Source(done.text).text, done.new_end),
            )


def _point(text: bytes, offset: int) -> Point:
    return Point(text.count(b"\n", 0, offset), offset - (text.rfind(b"\n", 0, offset) + 1))
