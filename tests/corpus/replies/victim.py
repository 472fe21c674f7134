"""A good text that is going to be damaged, with the places where something can be put or taken."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from podium.syntax.languages import LANGUAGES
from podium.syntax.source import Source
from podium.syntax.worker.definitions import Definition, Definitions
from podium.syntax.worker.grammars import parse
from podium.syntax.worker.masking import masked
from tests.corpus.edits import OTHER, Edit

COMMENTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("python", "ruby", "bash", "yaml", "toml", "other"), ("# ", "")),
    **dict.fromkeys(("html", "markdown"), ("<!-- ", " -->")),
    "css": ("/* ", " */"),
    "lua": ("-- ", ""),
}
"""How a comment begins and ends, by language; others take slashes."""
_SLASHES = ("// ", "")
_BLOCK_COMMENTS = frozenset(
    (
        *("javascript", "typescript", "tsx", "go", "rust", "java"),
        *("c", "cpp", "csharp", "php", "kotlin", "swift"),
    )
)
_OTHER_COMMENTS: tuple[tuple[str, tuple[str, str]], ...] = (
    (r"\.(vue|svelte|xml|svg|plist|html\.\w+|csproj|props|targets)$", ("<!-- ", " -->")),
    (r"\.(scss|less|sass|gradle|groovy|proto|scala|dart|zig|m|mm|styl|hs)$", ("// ", "")),
    (r"\.(sql|elm|adoc)$", ("-- ", "")),
    (r"\.(rst)$", (".. ", "")),
)
_MASKED = ("c", "cpp", "csharp")
_CONTINUATION = re.compile(
    r"[)\]}]|</|(else|elif|elsif|elseif|except|finally|catch|rescue|ensure|when|case|default|then"
    r"|end|fi|done|esac|until|in|do)\b|#\s*(if|el|end)|;;"
)
_DIRECTIVE = re.compile(r"\s*#\s*(if|el|end|region)")
_COMMENTED = re.compile(r"\s*(//|#|/\*|\*|--|<!--|\"\"\"|''')")
_LONGEST_RUN = 40
_STARTS = 250


@dataclass(frozen=True)
class Span:
    """Whole lines, from the first up to the last, which does not belong to them."""

    first: int
    last: int


@dataclass(frozen=True)
class Victim:
    """The new text of an edit and what is known of it."""

    edit: Edit

    @cached_property
    def text(self) -> str:
        """The new text."""
        return self.edit.new.decode()

    @cached_property
    def lines(self) -> list[str]:
        """Its lines with their ends; the last one has an end too."""
        text = self.text if self.text.endswith("\n") else self.text + "\n"
        return text.replace("\r\n", "\n").split("\n")[:-1]

    @property
    def language(self) -> str:
        """The language's name."""
        return self.edit.language

    def with_lines(self, lines: list[str]) -> str:
        """Return a text of these lines with the line ends of this one."""
        return ("\r\n" if "\r\n" in self.text else "\n").join([*lines, ""])

    def replaced(self, span: Span, lines: list[str]) -> str:
        """Return the text with other lines in the place of some."""
        return self.with_lines([*self.lines[: span.first], *lines, *self.lines[span.last :]])

    def comment(self, words: str, rng: random.Random | None = None) -> str:
        """Return words as a comment of the language; some of the time as one in a block."""
        lead, tail = COMMENTS.get(self.language, _SLASHES)
        if self.language == OTHER:
            lead, tail = next(
                (form for ends, form in _OTHER_COMMENTS if re.search(ends, self.edit.path)),
                (lead, tail),
            )
        if rng is not None and self.language in _BLOCK_COMMENTS and rng.random() < 0.2:
            lead, tail = "/* ", " */"
        return f"{lead}{words}{tail}"

    def indentation(self, at: int) -> str:
        """Return the blanks that a line begins with."""
        line = self.lines[at] if at < len(self.lines) else ""
        return line[: len(line) - len(line.lstrip())]

    @cached_property
    def definitions(self) -> list[Definition]:
        """The definitions in the text; none where there is no grammar."""
        if self.language not in LANGUAGES:
            return []
        text = masked(self.edit.new) if self.language in _MASKED else self.edit.new
        tree = parse(LANGUAGES[self.language], Source(text))
        return list(Definitions(self.language, lambda: tree).all)

    @cached_property
    def functions(self) -> list[Span]:
        """The lines of whole functions and methods."""
        spans = [
            self._lines_of(each.start, each.end) for each in self.definitions if _is_whole(each)
        ]
        return [each for each in spans if each.last - each.first >= 2]

    @cached_property
    def bodies(self) -> list[Span]:
        """The lines inside functions; where there are none, of blocks that are indented."""
        spans = [
            span
            for each in self.definitions
            if each.is_callable and (span := self._inside(each)) is not None
        ]
        return spans or list(self._blocks())

    def _inside(self, each: Definition) -> Span | None:
        text = self.edit.new
        first = text.count(b"\n", 0, each.body)
        before = text[text.rfind(b"\n", 0, each.body) + 1 : each.body]
        first += bool(before.strip())
        last = text.count(b"\n", 0, each.end - 1)
        closing = self.lines[last].strip() if last < len(self.lines) else ""
        if not re.match(r"[)}\]]|end\b", closing):
            last += 1
        return Span(first, last) if self.code_lines(Span(first, last)) >= 3 else None

    def _lines_of(self, start: int, end: int) -> Span:
        text = self.edit.new
        return Span(text.count(b"\n", 0, start), text.count(b"\n", 0, end - 1) + 1)

    def code_lines(self, span: Span) -> int:
        """Return how many lines are neither blank nor a comment."""
        lines = self.lines[span.first : span.last]
        return sum(bool(line.strip()) and not _COMMENTED.match(line) for line in lines)

    def _blocks(self) -> Iterator[Span]:
        for at in range(len(self.lines) - 3):
            own = len(self.indentation(at))
            end = at + 1
            while end < len(self.lines) and (
                not self.lines[end].strip() or len(self.indentation(end)) > own
            ):
                end += 1
            while end > at + 1 and not self.lines[end - 1].strip():
                end -= 1
            span = Span(at + 1, end)
            is_block = self.lines[at].strip() and end - at <= _LONGEST_RUN
            if is_block and self.code_lines(span) >= 3:
                yield span

    def run(self, rng: random.Random, shortest: int = 3) -> Span | None:
        """Return lines in the middle that belong together and could be taken out as a whole."""
        starts = [at for at in range(2, len(self.lines) - 4) if self.lines[at].strip()]
        for at in rng.sample(starts, min(len(starts), _STARTS)):
            if ends := list(self._ends(at, shortest)):
                return Span(at, rng.choice(ends))
        return None

    def _ends(self, at: int, shortest: int) -> Iterator[int]:
        own, depth = len(self.indentation(at)), 0
        if _CONTINUATION.match(self.lines[at].lstrip()):
            return
        for end in range(at, min(at + _LONGEST_RUN, len(self.lines) - 2)):
            line = self.lines[end]
            if line.strip() and len(self.indentation(end)) < own:
                return
            depth += sum(line.count(each) for each in "([{")
            depth -= sum(line.count(each) for each in ")]}")
            if depth < 0 or _DIRECTIVE.match(line):
                return
            if depth == 0 and self._may_end(own, end + 1, Span(at, end + 1), shortest):
                yield end + 1

    def _may_end(self, own: int, after: int, span: Span, shortest: int) -> bool:
        while after < len(self.lines) - 1 and not self.lines[after].strip():
            after += 1
        indentation = len(self.indentation(after))
        goes_on = indentation > own or (
            indentation == own and _CONTINUATION.match(self.lines[after].lstrip())
        )
        return not goes_on and self.code_lines(span) >= shortest


def _is_whole(each: Definition) -> bool:
    return each.is_callable and each.body < each.end
