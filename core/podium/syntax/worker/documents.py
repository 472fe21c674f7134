"""Documents that are open in an editor, with their syntax trees.

Only changed parts are parsed again. Checks that are too slow for every keystroke are left to a full
check: Python's own compiler, and the rules that compare whole files. In a long broken file this
includes the search for the opener to blame and the grammar's error recovery over the whole file: an
edit then reports only the positions of errors.
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
"""Maximum size of a broken file that is parsed as a whole on every keystroke, in bytes."""
_KEYSTROKES = 64
"""Number of changed characters after which the parser's limits are checked again."""
_DATA = frozenset(("json", "jsonc", "toml"))
"""Languages where Python's own parsers confirm the grammar's errors."""


class Document:
    """One open document.

    Args:
        path: the path, for the reports.
        language: its language.
        text: its content.
        base: the content that reports compare with; None for a new file.
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
        self._valid: Tree | None = None
        """The last tree without errors, with all later edits applied to it."""
        self._hull: Span | None = None
        """The span edited since then."""
        self._statements: Statements | None = None
        """The statements of that tree, if its language is parsed statement by statement."""
        self._pairs: Pairs | None = None
        former = Source(base) if base is not None and not reason_to_refuse(base) else None
        self._former = former
        self._read_base: Callable[[], Reading | None] = cache(
            lambda: self._read_whole(former) if former is not None else None
        )

    @property
    def text(self) -> bytes:
        """The current text."""
        return self._mark + self._source.text

    @property
    def parsed(self) -> Parsed | None:
        """The text as its grammar sees it, with its tree; None if it was not parsed."""
        is_of_before = self._parsed and self._parsed.tree is self._valid and self._hull
        return None if is_of_before else self._parsed

    def check(self) -> SyntaxReport:
        """Return the full report."""
        return judge(self._path, self._language, self.text, self._base)

    def edit(self, edits: Sequence[Edit]) -> SyntaxReport:
        """Change the document and return the problems that its grammar finds.

        Args:
            edits: applied in order; each refers to the text after the previous one.
        """
        for each in edits:
            self._replace(each)
        if self._refusal is None:
            self._refusal, self._unchecked = reason_to_refuse(self.text), 0
        if self._refusal:
            self._parsed = self._valid = None
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
        if (sound := self._still_valid(source)) is not None:
            self._parsed, self._pairs = Parsed(source, sound), None
            return read_plainly(self._language, source, sound)
        former = self._parsed
        self._parsed = parsed = self._parse(self._shown(source))
        if self._language.name in LANGUAGES and not parsed.tree.root_node.has_error:
            self._valid, self._hull = parsed.tree, None
            self._statements = statements_of(parsed.tree, source)
        if self._is_long(source):
            return read_plainly(self._language, parsed.source, parsed.tree)
        self._pairs = pairs = self._pairs_of(parsed, former)
        reading = read_parsed(self._language, parsed.source, parsed.tree, pairs)
        is_data = self._language.name in _DATA
        return read(self._language, source) if reading.problems and is_data else reading

    def _still_valid(self, source: Source) -> Tree | None:
        """Return the last tree without errors, if the parts edited since then have none either."""
        before, hull = self._statements, self._hull
        if self._valid is None or before is None or hull is None:
            return None
        return self._valid if is_whole(self._language, before, source, hull) else None

    def _pairs_of(self, parsed: Parsed, former: Parsed | None) -> Pairs:
        """Return the openers and closers, reusing most of them from the last broken version."""
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
            # A directive may blank out more or less than the edited text.
            _apply_difference(former, shown)
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
            self._parsed = self._valid = None  # A byte order mark was removed as well.
        if self._parsed is None or self._is_masked:
            return
        trees = [self._parsed.tree]
        if self._valid is not None:
            self._hull = hull_after(self._hull, done.start, done.old_end, done.new_end)
            if self._valid is not self._parsed.tree:
                trees.append(self._valid)
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
    """Apply an edit and return the span in which the text and its tree have changed."""
    start, old_end, new_end = difference(former.source.text, parsed.source.text)
    ranges = former.tree.changed_ranges(parsed.tree)
    first = min((start, *(each.start_byte for each in ranges)))
    last = max((new_end, *(each.end_byte for each in ranges)))
    # A tree may be longer than its text by a final newline that its grammar needs.
    begin = parsed.source.start_of_line(parsed.source.line(first) - 1)
    end = parsed.source.start_of_line(parsed.source.line(last))
    return Changed(begin, end + old_end - new_end, end)


def _apply_difference(former: Parsed, shown: Source) -> None:
    """Apply the difference between a tree's text and another text to the tree."""
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
