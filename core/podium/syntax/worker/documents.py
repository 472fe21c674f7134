"""Texts that an editor changes key by key; kept in the worker with their trees.

Only what changed is parsed again. What costs more than a keystroke may take is left to a full
check: Python's own compiler, and the rules that compare whole texts. In a long text also the
search for the opener that is to blame, and the way in which a grammar recovers from errors when it
reads the whole: while such a text is broken, an edit tells no more than where.
"""

from collections.abc import Callable, Sequence
from functools import cache

from tree_sitter import Point, Tree

from podium.syntax.edits import difference, replaced
from podium.syntax.language import JudgedBy, Language
from podium.syntax.refusals import MAX_BYTES, reason_to_refuse
from podium.syntax.source import Source
from podium.syntax.values import Edit, Status, SyntaxReport
from podium.syntax.worker.grammars import Parsed, parse, parse_again
from podium.syntax.worker.judge import grammar_missing, judge, new_problems, read, sorted_report
from podium.syntax.worker.masking import masked
from podium.syntax.worker.packs import GrammarMissing
from podium.syntax.worker.pairs.tree_pairs import Changed, Pairs
from podium.syntax.worker.readers.tree import read_parsed, read_plainly
from podium.syntax.worker.reading import Reading
from podium.syntax.worker.rules.case import Case
from podium.syntax.worker.statements import (
    LANGUAGES,
    Span,
    Statements,
    hull_after,
    is_whole,
    statements_of,
)

_LONG = 160_000
"""How many bytes a text may have that is read whole at a keystroke while it is broken."""
_KEYSTROKES = 64
"""How many characters may change before it is asked again whether the text is fit for a grammar."""
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
        self._source = Source(text)
        self._mark = text[: len(text) - len(self._source.text)]
        self._refusal: str | None = None
        self._unchecked = 0
        self._parsed: Parsed | None = None
        self._sound: Tree | None = None
        """The last tree that had no errors, told of all edits since."""
        self._hull: Span | None = None
        """What was edited since."""
        self._statements: Statements | None = None
        """Those of the text of that tree, where its language is read by them."""
        self._pairs: Pairs | None = None
        former = Source(base) if base is not None and not reason_to_refuse(base) else None
        self._former = former
        self._read_base: Callable[[], Reading | None] = cache(
            lambda: self._read_whole(former) if former is not None else None
        )

    @property
    def text(self) -> bytes:
        """The text as it is now."""
        return self._mark + self._source.text

    @property
    def parsed(self) -> Parsed | None:
        """The text as its grammar sees it, with its tree; None where that was not made."""
        is_of_before = self._parsed and self._parsed.tree is self._sound and self._hull
        return None if is_of_before else self._parsed

    def check(self) -> SyntaxReport:
        """Return the full report."""
        return judge(self._path, self._language, self.text, self._base)

    def edit(self, edits: Sequence[Edit]) -> SyntaxReport:
        """Change the text and return what its grammar holds against it now.

        Args:
            edits: one after the other; each speaks of the text that the one before has left.
        """
        for each in edits:
            self._replace(each)
        if self._refusal is None:
            self._refusal, self._unchecked = reason_to_refuse(self.text), 0
        if self._refusal:
            self._parsed = self._sound = None
            return SyntaxReport(self._path, self._language.name, Status.REFUSED, self._refusal)
        try:
            reading = self._read(self._source)
        except GrammarMissing:
            return grammar_missing(self._path, self._language)
        case = Case(self._language, self._source, self._former, reading, self._read_base)
        return sorted_report(self._path, self._language, new_problems(case))

    def _read(self, source: Source) -> Reading:
        if self._is_read_by_us:
            return read(self._language, source)
        if (sound := self._sound_still(source)) is not None:
            self._parsed, self._pairs = Parsed(source, sound), None
            return read_plainly(self._language, source, sound)
        former = self._parsed
        self._parsed = parsed = self._parse(self._shown(source))
        if self._language.name in LANGUAGES and not parsed.tree.root_node.has_error:
            self._sound, self._hull = parsed.tree, None
            self._statements = statements_of(parsed.tree, source)
        if self._is_long(source):
            return read_plainly(self._language, parsed.source, parsed.tree)
        self._pairs = pairs = self._pairs_of(parsed, former)
        reading = read_parsed(self._language, parsed.source, parsed.tree, pairs)
        is_data = self._language.name in _DATA
        return read(self._language, source) if reading.problems and is_data else reading

    def _sound_still(self, source: Source) -> Tree | None:
        """Return the last tree without errors if reading what was edited since finds none."""
        before, hull = self._statements, self._hull
        if self._sound is None or before is None or hull is None:
            return None
        return self._sound if is_whole(self._language, before, source, hull) else None

    def _pairs_of(self, parsed: Parsed, former: Parsed | None) -> Pairs:
        """Return the openers and closers; a broken text shares most with the one before."""
        tree = parsed.tree
        is_like_former = former is not None and former.tree.language == tree.language
        if not (former and is_like_former and self._pairs and tree.root_node.has_error):
            return Pairs(self._language.name, tree)
        return self._pairs.after(tree, _changed(former, parsed))

    def _parse(self, shown: Source) -> Parsed:
        former = self._parsed
        if former is None:
            return Parsed(shown, parse(self._language, shown))
        if self._is_masked:
            # A directive may blank out more than was typed, or less.
            _tell_difference(former, shown)
        accepts = self._is_long(shown)
        tree = parse_again(former.tree, self._language, shown, accepts_errors=accepts)
        return Parsed(shown, tree)

    def _read_whole(self, source: Source) -> Reading:
        if self._is_read_by_us or self._language.name in _DATA:
            return read(self._language, source)
        shown = self._shown(source)
        tree = parse(self._language, shown)
        if self._is_long(source):
            return read_plainly(self._language, shown, tree)
        return read_parsed(self._language, shown, tree)

    def _shown(self, source: Source) -> Source:
        return Source(masked(source.text), source) if self._is_masked else source

    def _is_long(self, source: Source) -> bool:
        return len(source.text) > _LONG

    @property
    def _is_read_by_us(self) -> bool:
        return self._language.judged_by is JudgedBy.C_BRACKETS or self._language.is_prose

    @property
    def _is_masked(self) -> bool:
        return self._language.name == "csharp"

    def _replace(self, edit: Edit) -> None:
        done = replaced(self._source, edit)
        self._unchecked += len(edit.text) + done.old_end - done.start
        is_small = self._unchecked <= _KEYSTROKES and len(done.source.text) <= MAX_BYTES
        if self._refusal != "" or not is_small or "\0" in edit.text:
            self._refusal = None
        before, self._source = self._source, done.source
        longer = done.new_end - done.old_end
        if len(self._source.text) != len(before.text) + longer:
            self._parsed = self._sound = None  # A byte order mark was taken away as well.
        if self._parsed is None or self._is_masked:
            return
        trees = [self._parsed.tree]
        if self._sound is not None:
            self._hull = hull_after(self._hull, done.start, done.old_end, done.new_end)
            if self._sound is not self._parsed.tree:
                trees.append(self._sound)
        for tree in trees:
            tree.edit(
                start_byte=done.start,
                old_end_byte=done.old_end,
                new_end_byte=done.new_end,
                start_point=_point(before, done.start),
                old_end_point=_point(before, done.old_end),
                new_end_point=_point(self._source, done.new_end),
            )


def _changed(former: Parsed, parsed: Parsed) -> Changed:
    """Return where a text and its tree differ from those before, which know of the edit."""
    start, old_end, new_end = difference(former.source.text, parsed.source.text)
    ranges = former.tree.changed_ranges(parsed.tree)
    first = min((start, *(each.start_byte for each in ranges)))
    last = max((new_end, *(each.end_byte for each in ranges)))
    # A tree may be longer than its text, by the line end that its grammar wants.
    begin = parsed.source.start_of_line(parsed.source.line(first) - 1)
    end = parsed.source.start_of_line(parsed.source.line(last))
    return Changed(begin, end + old_end - new_end, end)


def _tell_difference(former: Parsed, shown: Source) -> None:
    """Tell a tree of the one place in which its text and another one differ."""
    start, old_end, new_end = difference(former.source.text, shown.text)
    former.tree.edit(
        start_byte=start,
        old_end_byte=old_end,
        new_end_byte=new_end,
        start_point=_point(former.source, start),
        old_end_point=_point(former.source, old_end),
        new_end_point=_point(shown, new_end),
    )


def _point(source: Source, offset: int) -> Point:
    row = source.line(offset) - 1
    return Point(row, offset - source.start_of_line(row))
