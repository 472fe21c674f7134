"""Honest changes that look like damage: of real texts, and whole ones under `tests/data/honest`."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from podium.syntax.languages import language_of
from tests.corpus.edits import OTHER, Edit
from tests.corpus.halves import Half, half_of
from tests.corpus.replies.victim import Span, Victim
from tests.support.goldens import ROOT

FOLDER = ROOT / "tests" / "data" / "honest"
_HEAD = re.compile(r"^§ (?P<name>[^:\n]+): (?P<path>\S+)\n", re.MULTILINE)
_NEW = "§ new\n"


@dataclass(frozen=True)
class Twin:
    """An honest change.

    Args:
        name: the kind.
        edit: the versions.
    """

    name: str
    edit: Edit


def written_twins(half: Half | None = None) -> Iterator[Twin]:
    """Yield the changes that are kept as whole texts; of one half, or all."""
    for file in sorted(FOLDER.glob("*.txt")):
        pieces = _HEAD.split(file.read_text(encoding="utf-8"))[1:]
        for name, path, texts in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            old, _, new = texts.partition(_NEW)
            language = language_of(path, new.partition("\n")[0])
            label = language.name if language is not None else OTHER
            if half is None or half_of(f"honest/{name}") is half:
                yield Twin(name, Edit("written", path, label, old.encode(), new.encode()))


def composed_twins(edit: Edit, half: Half, seed: int, most: int) -> Iterator[Twin]:
    """Yield honest changes of the new text of an edit, at most so many."""
    victim = Victim(edit)
    rng = random.Random(f"{seed} {edit.project} {edit.commit} {edit.path} honest")
    kinds = [each for each in _KINDS if half_of(f"honest/{each}") is half]
    done = 0
    for name in rng.sample(kinds, len(kinds)):
        if done == most:
            return
        text = _KINDS[name](victim, rng)
        if text is not None and text != victim.text:
            done += 1
            changed = Edit(edit.project, edit.path, edit.language, edit.new, text.encode())
            yield Twin(name, changed)


_COMMENTS = (
    "existing entries keep their order",
    "the rest of the arguments is passed on unchanged",
    "remaining items are handled by the caller",
    "same as before the migration, but without the lock",
    "omitted fields take their defaults",
    "previously this was done twice",
    "TODO: remove once the old clients are gone",
    "keeps the current behaviour for empty input",
    "see above for why this is not cached",
    "everything else is an error",
    "other cases: 1. none, 2. several",
    "not implemented by older servers",
    "e.g. a, b, ..., z",
    "must remain unchanged: others rely on the order",
    "der Rest wird später gelesen",
    "le reste est ignoré – voir « options »",
    "此处保持原有顺序",
    "updated because the check was too late",
    "this should fix the flaky case on slow machines",
    "Note: your code may call this more than once",
)


def _code_place(victim: Victim, rng: random.Random) -> int | None:
    """Return a line before which a comment may stand."""
    places = [
        each.first
        for each in victim.bodies
        if victim.indentation(each.first) or victim.language == "python"
    ]
    if victim.language in _UNSAFE or not places:
        return None
    return rng.choice(places)


_UNSAFE = frozenset(("json", "html", "markdown", "yaml", "css", "php", "tsx", OTHER))
"""Languages in which a comment cannot stand before any line, or blocks are found by their look."""


def _with_comment(words: str, victim: Victim, rng: random.Random) -> str | None:
    at = _code_place(victim, rng)
    if at is None:
        return None
    return victim.replaced(Span(at, at), [victim.indentation(at) + victim.comment(words)])


def _with_head(victim: Victim, rng: random.Random) -> str | None:
    if victim.language in _UNSAFE or victim.text.startswith(("#!", "<?", "\ufeff")):
        return None
    words = ("Copyright the authors.", "See the file LICENSE for the rest.")
    return victim.with_lines([*map(victim.comment, words), "", *victim.lines])


def _top_functions(victim: Victim) -> list[Span]:
    functions = [each for each in victim.functions if not victim.indentation(each.first)]
    outer: list[Span] = []
    for each in functions:
        if not outer or each.first >= outer[-1].last:
            outer.append(each)
    return outer


def _names(victim: Victim) -> dict[int, str]:
    """Return the name of each function by its first line."""
    text = victim.edit.new
    return {
        text.count(b"\n", 0, each.start): re.split(r"[.#]", each.path.rstrip("#0123456789"))[-1]
        for each in victim.definitions
        if each.is_callable
    }


def _is_unused(victim: Victim, name: str) -> bool:
    return len(re.findall(rf"\b{re.escape(name)}\b", victim.text)) == 1


def _without_last(victim: Victim, rng: random.Random) -> str | None:
    outer, names = _top_functions(victim), _names(victim)
    if len(outer) < 3 or not _is_unused(victim, names.get(outer[-1].first, "")):
        return None
    return victim.replaced(_with_doc(victim, outer[-1]), [])


def _without_unused(victim: Victim, rng: random.Random) -> str | None:
    names = _names(victim)
    spans = [e for e in _top_functions(victim) if _is_unused(victim, names.get(e.first, ""))]
    return victim.replaced(_with_doc(victim, rng.choice(spans)), []) if len(spans) > 2 else None


def _with_doc(victim: Victim, span: Span) -> Span:
    """Return the lines of a function with the comment and the attributes above it."""
    first = span.first
    while first > 0 and re.match(r"\s*(//|#|/\*|\*|--|@|\[)", victim.lines[first - 1]):
        first -= 1
    if first > 0 and not victim.lines[first - 1].strip():
        first -= 1
    return Span(first, span.last)


def _moved(victim: Victim, rng: random.Random) -> str | None:
    outer = _top_functions(victim)
    if len(outer) < 3 or victim.language in ("c", "cpp", "bash", "html"):
        return None
    source, target = outer[0], outer[-1]
    lines = list(victim.lines)
    moved = lines[source.first : source.last]
    lines[target.last : target.last] = ["", *moved]
    before = _with_doc(victim, source)
    comments = lines[before.first : source.first]
    if any(each.strip() for each in comments):
        return None
    del lines[before.first : source.last]
    return victim.with_lines(lines)


def _variant(victim: Victim, rng: random.Random) -> str | None:
    """A function gets a sibling of another name, which does the same with one thing more."""
    outer, names = _top_functions(victim), _names(victim)
    named = [each for each in outer if re.fullmatch(r"\w{3,}", names.get(each.first, ""))]
    if not named:
        return None
    span = rng.choice(named)
    name = names[span.first]
    copied = [
        re.sub(rf"\b{name}\b", f"{name}2", line) for line in victim.lines[span.first : span.last]
    ]
    return victim.replaced(Span(span.last, span.last), ["", *copied])


def _renamed(victim: Victim, rng: random.Random) -> str | None:
    names = [each for each in _names(victim).values() if re.fullmatch(r"[a-z]\w{4,}", each)]
    if not names or victim.language in ("bash", "ruby", "php"):
        return None
    name = rng.choice(sorted(names))
    return re.sub(rf"\b{name}\b", f"{name}_now", victim.text)


def _comments_removed(victim: Victim, rng: random.Random) -> str | None:
    lead = victim.comment("").strip()
    if victim.language in _UNSAFE or len(lead) > 2:
        return None
    kept = [
        line
        for at, line in enumerate(victim.lines)
        if at < 2 or not re.match(rf"\s*{re.escape(lead)} ", line)
    ]
    return victim.with_lines(kept) if len(kept) < len(victim.lines) else None


def _other_line_ends(victim: Victim, rng: random.Random) -> str | None:
    if victim.language == "bash" or "\r" in victim.text:
        return None
    return victim.text.replace("\n", "\r\n")


def _blank_lines(victim: Victim, rng: random.Random) -> str | None:
    """Trailing blanks are gone and the end is tidy."""
    if victim.language == "markdown" or "\r" in victim.text:
        return None
    return "\n".join(line.rstrip() for line in victim.lines).rstrip("\n") + "\n"


_KINDS: dict[str, Callable[[Victim, random.Random], str | None]] = {
    **{f"comment {at}": partial(_with_comment, words) for at, words in enumerate(_COMMENTS, 1)},
    "licence at the head": _with_head,
    "last function removed, unused": _without_last,
    "function removed, unused": _without_unused,
    "function moved": _moved,
    "sibling added": _variant,
    "function renamed": _renamed,
    "comments removed": _comments_removed,
    "line ends": _other_line_ends,
    "blanks tidied": _blank_lines,
}
