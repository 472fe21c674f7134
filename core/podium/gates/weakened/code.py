"""Compares the tests in a file before and after a change."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podium.gates.weakened.assertions import (
    Strength,
    changed,
    loosened,
    strength_of,
)
from podium.gates.weakened.languages import (
    FUNCTION_NAME,
    TestLanguage,
    language_of_tests,
)
from podium.gates.weakened.values import ChangedText, Way, Weakened, added, lines_of
from podium.words import counted, shorten

_LOOK_BELOW = 8
_KEPT_SHARE = 0.5
"""The share of a test's lines that must be elsewhere if the test was only moved or renamed."""
_REPLACED_BY_EXACT = 3
"""How many assertions one exact assertion may replace, such as a comparison of whole objects."""
_REPEATS = ("parametrize", ".each", "for ", "subTest", "Parameterized", "rstest", "range ")


@dataclass(frozen=True)
class TestBlock:
    """A test in a file.

    Args:
        key: its name, and its number among tests with the same name.
        start: the index of its first line, including the marks above it.
        first: the index of the line that defines it.
        lines: its lines.
    """

    __test__ = False
    key: tuple[str, int]
    start: int
    first: int
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name."""
        return self.key[0]


def blocks_of(language: TestLanguage, lines: Sequence[str]) -> tuple[TestBlock, ...]:
    """Return the tests in the lines of a file."""
    blocks: list[TestBlock] = []
    counts: Counter[str] = Counter()
    for first, line in enumerate(lines):
        if not (found := language.test.match(line)):
            continue
        groups = found.groupdict()
        name = groups.get("name") or groups.get("method") or ""
        if language.named_below:
            name = _name_below(language, lines, first)
        if not name:
            continue
        start = first
        while start and language.mark.match(lines[start - 1]):
            start -= 1
        end = _end(language, lines, first)
        key = (name, counts[name])
        counts[name] += 1
        blocks.append(TestBlock(key, start, first, tuple(lines[start:end])))
    return tuple(blocks)


def _name_below(language: TestLanguage, lines: Sequence[str], first: int) -> str:
    for line in lines[first + 1 : first + _LOOK_BELOW]:
        if not language.mark.match(line) and (found := FUNCTION_NAME.search(line)):
            return found["name"]
    return ""


def _end(language: TestLanguage, lines: Sequence[str], first: int) -> int:
    """Return the index after the last line of a test, by its indentation."""
    indent = _indent(lines[first])
    inside = False
    for number in range(first + 1, len(lines)):
        text = lines[number].strip()
        if not text:
            continue
        if _indent(lines[number]) > indent:
            inside = True
        elif inside or not (language.named_below or language.mark.match(lines[number])):
            closes = text[0] in ")]}"
            if closes and text.endswith((":", "{", "=>")):
                continue
            return number + 1 if closes else number
    return len(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def weakened_code(file: ChangedText, moved: Counter[str]) -> Iterator[Weakened]:
    """Yield the tests of a file that a change weakens.

    Args:
        file: the changed file.
        moved: the lines of new tests in the whole change; a deleted test whose lines are among
            them was only moved.
    """
    language = language_of_tests(file.path)
    if language is None or file.base is None:
        return
    base, new = lines_of(file.base), lines_of(file.new)
    before = {each.key: each for each in blocks_of(language, base)}
    after = {each.key: each for each in blocks_of(language, new)}
    gone = [each for key, each in before.items() if key not in after]
    yield from _deleted(file, [each for each in gone if not _is_moved(each, moved)], len(before))
    for key, block in after.items():
        if key in before:
            yield from _compared(file.path, language, before[key], block)
    yield from _skipped_file(file.path, language, base, new)


def new_test_lines(file: ChangedText) -> Counter[str]:
    """Return the lines of the tests that are new in a file, without their definitions."""
    language = language_of_tests(file.path)
    if language is None:
        return Counter()
    before = {each.key for each in blocks_of(language, lines_of(file.base))}
    blocks = blocks_of(language, lines_of(file.new))
    return Counter(
        line
        for each in blocks
        if each.key not in before and not _skip_line(language, each)
        for line in _body(each)
    )


def _is_moved(block: TestBlock, moved: Counter[str]) -> bool:
    body = _body(block)
    kept = sum(moved[line] > 0 for line in body)
    return bool(body) and kept >= _KEPT_SHARE * len(body)


def _body(block: TestBlock) -> list[str]:
    own = block.lines[block.first - block.start + 1 :]
    return [text for line in own if len(text := line.strip()) > 1]


def _deleted(file: ChangedText, gone: Sequence[TestBlock], total: int) -> Iterator[Weakened]:
    if file.new is None and gone and len(gone) == total:
        message = f"the file with {counted(total, 'test')} was deleted"
        yield Weakened(file.path, 1, Way.DELETED, file.path, message)
        return
    last = len(lines_of(file.new)) or 1
    for each in gone:
        message = f"the test {each.name} was deleted"
        yield Weakened(file.path, min(each.first + 1, last), Way.DELETED, each.name, message)


def _skip_line(language: TestLanguage, block: TestBlock) -> int | None:
    """Return the index of the line in a block that skips the test, or None."""
    for number, line in enumerate(block.lines):
        if language.skip.match(line) and not language.comment.match(line):
            return number
    return None


def _compared(
    path: str, language: TestLanguage, old: TestBlock, new: TestBlock
) -> Iterator[Weakened]:
    skipped = _skip_line(language, new)
    if skipped is not None:
        if _skip_line(language, old) is None:
            line, name = new.start + skipped + 1, new.name
            message = f"the test {name} is skipped, or expected to fail"
            yield Weakened(path, line, Way.SKIPPED, name, message)
        return
    base, now = _assertions(language, old), _assertions(language, new)
    removed, gained = changed(base, now)
    number = _missing(base, now, gained)
    repeats = any(each in line for line in set(new.lines) - set(old.lines) for each in _REPEATS)
    if number > 0 and not repeats:
        what = counted(number, "assertion")
        message = f"{what} {'was' if number == 1 else 'were'} removed from the test {new.name}"
        yield Weakened(path, new.first + 1, Way.ASSERTION_REMOVED, new.name, message)
    for before, after in loosened(removed, gained):
        line = next(n for n, each in enumerate(new.lines, new.start + 1) if each.strip() == after)
        message = (
            f"an assertion of the test {new.name} demands less: "
            f"{shorten(before, 60)!r} became {shorten(after, 60)!r}"
        )
        yield Weakened(path, line, Way.ASSERTION_LOOSENED, new.name, message)


def _assertions(language: TestLanguage, block: TestBlock) -> list[str]:
    return [
        line.strip()
        for line in block.lines
        if language.assertion.match(line) and not language.comment.match(line)
    ]


def _missing(base: Sequence[str], now: Sequence[str], gained: Sequence[str]) -> int:
    """Return how many assertions have no replacement."""
    exact = sum(strength_of(each) is Strength.EXACT for each in gained)
    return len(base) - len(now) - (_REPLACED_BY_EXACT - 1) * exact


def _skipped_file(
    path: str, language: TestLanguage, base: Sequence[str], new: Sequence[str]
) -> Iterator[Weakened]:
    """Yield the new lines outside of tests that skip a whole file, class or group of tests."""
    inside = {
        number
        for each in blocks_of(language, new)
        for number in range(each.start + 1, each.start + len(each.lines) + 1)
    }
    for number, text in added(base, new):
        if number in inside or language.comment.match(text) or not language.skip.match(text):
            continue
        message = f"a group of tests is skipped: {shorten(text, 80)}"
        yield Weakened(path, number, Way.SKIPPED, shorten(text, 80), message)
