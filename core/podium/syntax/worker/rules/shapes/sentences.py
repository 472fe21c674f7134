"""Sentences that a change added before or after the whole base, whatever they say."""

import re
from collections.abc import Iterator

from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import (
    excerpt,
    is_loose,
    is_markup,
    is_text,
    lines_around_base,
    problem,
)

_CODE = re.compile(r"[;{}=<>\\|&$@`\[\]]|\(\)|::|->")
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z]")
_TERMINAL = re.compile(r"(?:\$ |PS [A-Z]:.*> )\S|={2,}> .+ <={2,}")
_ENVELOPE = re.compile(r"\*{3} ?(?:Begin|End|Update|Add|Delete|Move)\b")
_ROLE = re.compile(r"[A-Za-z]+:")
_ELEMENT = re.compile(r"<(\w+)>.+</\1>")
_LEAST_WORDS = 3
_LEAST_FOREIGN = 4
_DOCUMENT = re.compile(rb"\s*<(?:!doctype|html|\?xml)\b", re.IGNORECASE)


def stray_sentences(case: Case) -> Iterator[SyntaxProblem]:
    """Find a line of words, or of a terminal, before the first or after the last line of the base.

    Comments and indented lines are intended, and so is any line of a document.
    """
    if not case.language.name or case.language.is_prose or _is_fragment(case):
        return
    for number in lines_around_base(case):
        line = case.new.lines[number - 1].rstrip()
        if line[:1].isspace() or case.is_in_base(line) or _is_comment(case, line):
            continue
        if _is_stray(case, line) and not is_text(case, number):
            message = f"a sentence is left before or after the text: `{excerpt(case, number)}`"
            yield problem(case, ProblemCode.PROSE, number, message, certain=not is_loose(case))
            return


def _is_fragment(case: Case) -> bool:
    """Return whether the file is markup without a root, which may begin and end with words."""
    is_html = case.language.name == "html"
    return is_html and case.base is not None and _DOCUMENT.match(case.base.text) is None


def _is_comment(case: Case, line: str) -> bool:
    return line.startswith(case.language.comment_leads) and not line.startswith("**")


def _is_stray(case: Case, line: str) -> bool:
    if _TERMINAL.match(line) or (_ELEMENT.fullmatch(line) and not is_markup(case)):
        return True
    if _ROLE.fullmatch(line) and case.language.name != "yaml":
        return True
    if _ENVELOPE.match(line):
        return False  # Another rule reports it.
    words = line.strip("*_# ").split()
    if not words or _CODE.search(line):
        return False
    if len(_FOREIGN.findall(line)) >= _LEAST_FOREIGN:
        return True
    # A word in capitals may be a keyword, as in SQL or in a Dockerfile.
    begins = words[0][:1].isupper() and not (words[0].isupper() and len(words[0]) > 1)
    return begins and (len(words) >= _LEAST_WORDS or line.startswith("**"))


RULES: tuple[Rule, ...] = (stray_sentences,)
