"""Sentences and markup from an agent's reply that were saved with the code."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_BEFORE = re.compile(
    r"""(?:\#{1,4}\s+|\*\*)?(?:
      here(?:'s|\ is|\ are)\ (?:the|your|an?|my|what)\b
    | (?:sure|certainly|absolutely|of\ course|great|okay|understood)[,!.:]\ ?
    | below\ is\b | i(?:'ve|'ll|\ have|\ will|\ am|'m)\ \w+
    | i\ (?:updated|modified|added|fixed|changed|made|created|rewrote|refactored)\b
    | the\ (?:updated|complete|full|following|modified|corrected|final|revised|new)\ (?:\w+\ )?
        (?:code|file|version|implementation|contents?|script|class|module)\b
    | (?:updated|modified|complete|full|final)\ (?:code|file|version|implementation)\s*:
    | let\ me\ (?:know|update|rewrite|fix|write)\b | now\ i(?:'ll|\ will)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER = re.compile(
    r"""(?:\#{1,4}\s+|\*\*|[-*]\s+)?(?:
      let\ me\ know\b | feel\ free\b | i\ hope\b | hope\ this\b
    | (?:this|these)\ (?:code|version|file|implementation|changes?|updates?|modifications?)\x20
        (?:\w+\ )?(?:will|should|now|adds?|is|are|ensures?|fixes|makes?|handles?|implements?
          |includes?|keeps?)\b
    | i(?:'ve|\ have)\ \w+ | (?:the\ )?(?:key|main)\ changes\b | changes\ made\b
    | explanation\s*:? \s*$ | in\ this\ (?:updated\ )?version\b | please\ (?:note|let)\b
    | the\ (?:rest|remaining)\ of\ the\ (?:code|file)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TAG = re.compile(
    r"""\s*(?:</?(?:file|files|file_contents?|answer|code|artifact|document_content|function_calls
      |invoke|parameter|write_to_file|replace_in_file|new_str|old_str|tool_call|tool_use|result)
      (?:\s[^<>]*)?> | <\|[\w ]+\|> | \[/?(?:INST|CODE|FILE)\])\s*$""",
    re.VERBOSE,
)
_DIFF = re.compile(
    r"(?:@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@|diff --git \S|\*{3} (?:Begin Patch|End Patch"
    r"|Update File: |Add File: )|<{6,} SEARCH$|>{6,} REPLACE$)"
)
_MARKUP_LANGUAGES = frozenset(("html", "vue", "svelte", "javascript", "tsx", "php"))
_MAX_MARKUP_PROBLEMS = 3
_EDGE_LINES = 3


def prose(case: Case) -> Iterator[SyntaxProblem]:
    """Find sentences from the agent's reply before the first or after the last line of the code.

    A line that is in the base is intended, and so is a comment. In a new file the grammar must also
    find an error, unless it accepts every file.
    """
    if case.base is None and (not case.reading.problems or case.language.is_prose):
        return
    numbers = range(1, len(case.new.lines) + 1)
    for edge, pattern, where in (
        (_filled(case, numbers, 1), _BEFORE, "before"),
        (_filled(case, reversed(numbers), _EDGE_LINES)[::-1], _AFTER, "after"),
    ):
        for number in edge:
            line = case.new.lines[number - 1].strip()
            if pattern.match(line) and not _is_intended(case, line, number):
                message = f"a sentence of the agent's reply is left {where} the text: `{line[:60]}`"
                # A document may begin or end so.
                severity = Severity.DOUBT if case.language.is_prose else Severity.ERROR
                yield problem_of_line(case, ProblemCode.PROSE, severity, message, number)
                break


def reply_markup(case: Case) -> Iterator[SyntaxProblem]:
    """Find tags from a reply and diff headers, at the edges or where the grammar finds errors."""
    if case.language.is_prose:
        return
    found = 0
    last = case.new.last_non_blank
    broken = bool(case.reading.problems)
    for number in _suspicious_lines(case):
        line = case.new.lines[number - 1]
        is_tag = bool(_TAG.match(line)) and case.language.name not in _MARKUP_LANGUAGES
        if not (is_tag or _DIFF.match(line)):
            continue
        at_edge = number in (1, last)
        if not (broken or at_edge) or case.is_quoted(Position(number, 1)):
            continue
        what = "a tag of the agent's reply" if is_tag else "part of a diff"
        message = f"{what} is left in the file: `{line.strip()[:60]}`"
        yield problem_of_line(case, ProblemCode.REPLY_MARKUP, Severity.ERROR, message, number)
        found += 1
        if found == _MAX_MARKUP_PROBLEMS:
            return


def _filled(case: Case, numbers: Iterable[int], most: int) -> list[int]:
    return list(islice((at for at in numbers if case.new.lines[at - 1].strip()), most))


def _suspicious_lines(case: Case) -> Iterator[int]:
    for number in case.added_lines:
        if case.new.lines[number - 1].lstrip()[:1] in "<@d*>[":
            yield number


def _is_intended(case: Case, line: str, number: int) -> bool:
    is_comment = line.startswith(case.language.comment_leads) and not line.startswith("**")
    return is_comment or case.is_in_base(line) or case.is_quoted(Position(number, 1))


RULES: tuple[Rule, ...] = (prose, reply_markup)
