"""Comments and stubs that stand where code stood."""

import random
from functools import partial

from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.phrases import DECORATIONS, PHRASES
from tests.corpus.replies.victim import Span, Victim

_STUBS: dict[str, tuple[str, ...]] = {
    "python": (
        "pass",
        "...",
        "raise NotImplementedError",
        "return None",
        "raise NotImplementedError('soon')",
    ),
    "ruby": ("nil", "raise NotImplementedError", "# TODO"),
    "bash": (":", "true", "return 0", "echo 'not implemented'"),
    "lua": ("return nil", "error('not implemented')", "-- TODO"),
    "rust": ("todo!()", "unimplemented!()", 'panic!("not yet")'),
    "go": ('panic("not implemented")', "return", "// TODO"),
    "kotlin": ("TODO()", 'error("later")', "throw NotImplementedError()"),
    "swift": ('fatalError("not implemented")', "// TODO"),
    "csharp": ("throw new NotImplementedException();", "return default;"),
    "java": ("throw new UnsupportedOperationException();", "return null;", "// TODO"),
    "php": ("throw new \\Exception('not implemented');", "return null;"),
    "c": ("return 0;", "abort();", "/* TODO */"),
    "cpp": ("return {};", 'throw std::runtime_error("todo");'),
}
_SCRIPT = ("throw new Error('Not implemented');", "return null;", "return;", "// TODO")
_MOST_KEPT = 3


def _comment(victim: Victim, phrase: str, span: Span, rng: random.Random) -> str:
    count = span.last - span.first
    words = phrase.format(n=count, a=span.first + 1, b=span.last)
    if any(letter.isalnum() for letter in words):
        words = rng.choice(DECORATIONS).format(words)
    if rng.random() < 0.2:
        words = words[:1].upper() + words[1:]
    return victim.comment(words, rng)


def _noted(victim: Victim, phrase: str, span: Span, rng: random.Random) -> str:
    """Return the text with a comment instead of some lines."""
    note = victim.indentation(span.first) + _comment(victim, phrase, span, rng)
    return victim.replaced(span, [note])


def _for_body(phrase: str, victim: Victim, rng: random.Random) -> str | None:
    if not victim.bodies:
        return None
    span = rng.choice(victim.bodies)
    indentation = victim.indentation(span.first)
    lines = [indentation + _comment(victim, phrase, span, rng)]
    if victim.language == "python":
        lines += rng.choice(([], [f"{indentation}pass"], [f"{indentation}..."]))
    return victim.replaced(span, lines)


def _for_middle(phrase: str, victim: Victim, rng: random.Random) -> str | None:
    """Between the first and the last lines of a body, or between others that belong together."""
    places = [each for each in victim.bodies if each.last - each.first >= 6]
    if places and rng.random() < 0.5:
        body = rng.choice(places)
        run = _inside(victim, body, rng)
    else:
        run = victim.run(rng)
    return _noted(victim, phrase, run, rng) if run is not None else None


def _inside(victim: Victim, body: Span, rng: random.Random) -> Span | None:
    """Return a run between the first and the last statements of a body."""
    for _ in range(8):
        run = victim.run(rng)
        if run is not None and body.first < run.first and run.last < body.last:
            return run
    return victim.run(rng)


def _for_rest(phrase: str, victim: Victim, rng: random.Random) -> str | None:
    """The text ends with a comment: after a whole definition, or in the middle of one."""
    ends = [each.last for each in victim.functions if each.last < len(victim.lines) - 3]
    if not ends or rng.random() < 0.3:
        ends = list(range(len(victim.lines) // 4, len(victim.lines) - 3))
    if not ends:
        return None
    span = Span(rng.choice(ends), len(victim.lines))
    return _noted(victim, phrase, span, rng) if victim.code_lines(span) >= 2 else None


def _stub(number: int, victim: Victim, rng: random.Random) -> str | None:
    bodies = [each for each in victim.bodies if victim.code_lines(each) >= _MOST_KEPT]
    if not bodies or not victim.functions:
        return None
    stubs = _STUBS.get(victim.language, _SCRIPT)
    span = rng.choice(bodies)
    return victim.replaced(span, [victim.indentation(span.first) + stubs[number % len(stubs)]])


_LAZY = (
    (Family.LAZY_BODY, _for_body),
    (Family.LAZY_MIDDLE, _for_middle),
    (Family.LAZY_REST, _for_rest),
)
KINDS = (
    *(
        Kind(family, f"{language} {number}", partial(damage, phrase))
        for family, damage in _LAZY
        for language, phrases in PHRASES.items()
        for number, phrase in enumerate(phrases, 1)
    ),
    *(Kind(Family.STUB, f"stub {number + 1}", partial(_stub, number)) for number in range(5)),
)
