"""Patches, calls of tools and other envelopes that became the file."""

import base64
import difflib
import json
import random
from collections.abc import Callable

from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Span, Victim


def _diff(victim: Victim, context: int = 3) -> list[str]:
    old = victim.edit.old.decode().replace("\r\n", "\n").split("\n")
    path = victim.edit.path
    names = f"a/{path}", f"b/{path}"
    return list(difflib.unified_diff(old, victim.lines, *names, lineterm="", n=context))


def _git_patch(victim: Victim, rng: random.Random) -> str:
    head = [
        f"diff --git a/{victim.edit.path} b/{victim.edit.path}",
        "index 83db48f..bf2a1c4 100644",
    ]
    return victim.with_lines([*head, *_diff(victim)])


def _bare_patch(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines(_diff(victim))


def _hunks(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines(_diff(victim)[2:])


def _hunks_unnumbered(victim: Victim, rng: random.Random) -> str:
    lines = ["@@" if each.startswith("@@ ") else each for each in _diff(victim)[2:]]
    return victim.with_lines(lines)


def _begin_patch(victim: Victim, rng: random.Random) -> str:
    head = ["*** Begin Patch", f"*** Update File: {victim.edit.path}"]
    hunks = ["@@" if each.startswith("@@ ") else each for each in _diff(victim)[2:]]
    return victim.with_lines([*head, *hunks, "*** End Patch"])


def _signs_kept(victim: Victim, rng: random.Random) -> str | None:
    """Signs of a diff are left before the lines of one place, in an otherwise whole file."""
    hunk = [each for each in _diff(victim, 2)[2:] if not each.startswith("@@ ")]
    at = rng.randrange(2, max(3, len(victim.lines) - 10))
    return victim.replaced(Span(at, at), hunk[:14]) if hunk else None


def _plus_lines(victim: Victim, rng: random.Random) -> str | None:
    """Lines of one place are signed as added."""
    total = len(victim.lines)
    first = rng.randrange(total - 6)
    span = Span(first, min(first + rng.randint(3, 12), total - 1))
    return victim.replaced(span, [f"+{line}" for line in victim.lines[span.first : span.last]])


def _all_plus(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines([f"+{line}" for line in victim.lines])


def _all_spaced_diff(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines(_diff(victim, len(victim.lines))[3:])


def _hunk_header(victim: Victim, rng: random.Random) -> str:
    at = rng.randrange(1, len(victim.lines))
    return victim.replaced(Span(at, at), [f"@@ -{at},7 +{at},9 @@"])


def _json_call(victim: Victim, rng: random.Random) -> str:
    return json.dumps({"path": victim.edit.path, "content": victim.text}) + "\n"


def _json_call_indented(victim: Victim, rng: random.Random) -> str:
    call = {"tool": "write", "input": {"file": victim.edit.path, "text": victim.text}}
    return json.dumps(call, indent=2, ensure_ascii=False) + "\n"


def _xml_file(victim: Victim, rng: random.Random) -> str:
    head = [f'<file path="{victim.edit.path}">', "<content>"]
    return victim.with_lines([*head, *victim.lines, "</content>", "</file>"])


def _cdata(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines(["<edit><![CDATA[", *victim.lines, "]]></edit>"])


def _heredoc(victim: Victim, rng: random.Random) -> str:
    return victim.with_lines([f"cat > {victim.edit.path} <<'EOF'", *victim.lines, "EOF"])


def _markdown(victim: Victim, rng: random.Random) -> str:
    language = "" if victim.language == "other" else victim.language
    head = ["The bug is in the second branch. The whole file:", "", f"```{language}"]
    return victim.with_lines([*head, *victim.lines, "```", "", "All tests pass with it."])


def _sed(victim: Victim, rng: random.Random) -> str:
    at = rng.randrange(1, len(victim.lines))
    return f"sed -i '{at},{at + 3}d' {victim.edit.path}\n"


def _ed(victim: Victim, rng: random.Random) -> str:
    at = rng.randrange(1, len(victim.lines) - 3)
    return victim.with_lines([f"{at},{at + 2}c", *victim.lines[at : at + 3], ".", "w", "q"])


def _search_replace(victim: Victim, rng: random.Random) -> str:
    at = rng.randrange(0, len(victim.lines) - 4)
    old, new = victim.lines[at : at + 4], victim.lines[at : at + 3]
    less, more = "<" * 7, ">" * 7
    head = [victim.edit.path, f"{less} SEARCH"]
    return victim.with_lines([*head, *old, "=" * 7, *new, f"{more} REPLACE"])


def _python_repr(victim: Victim, rng: random.Random) -> str:
    return f"{{'path': {victim.edit.path!r}, 'text': {victim.text!r}}}\n"


def _yaml_call(victim: Victim, rng: random.Random) -> str:
    head = [f"path: {victim.edit.path}", "content: |"]
    return victim.with_lines([*head, *(f"  {line}" for line in victim.lines)])


def _mail(victim: Victim, rng: random.Random) -> str:
    head = ["From 5d41402abc4b2a76b9719d911017c592 Mon Sep 17 00:00:00 2001"]
    head += ["From: A <a@example.org>", "Subject: [PATCH] move the check", "", "---"]
    return victim.with_lines([*head, *_diff(victim), "-- ", "2.39.5"])


def _multipart(victim: Victim, rng: random.Random) -> str:
    other = ["", f"=== {victim.edit.path}.test ===", "no change needed"]
    return victim.with_lines([f"=== {victim.edit.path} ===", *victim.lines, *other])


def _data_url(victim: Victim, rng: random.Random) -> str:
    return "data:text/plain;base64," + base64.b64encode(victim.edit.new).decode() + "\n"


_FORMS: dict[str, Callable[[Victim, random.Random], str | None]] = {
    "git patch": _git_patch,
    "bare patch": _bare_patch,
    "hunks": _hunks,
    "hunks without numbers": _hunks_unnumbered,
    "begin patch": _begin_patch,
    "signs of a hunk": _signs_kept,
    "plus before lines": _plus_lines,
    "plus before all": _all_plus,
    "diff of everything": _all_spaced_diff,
    "hunk header": _hunk_header,
    "json call": _json_call,
    "json call, indented": _json_call_indented,
    "file tag": _xml_file,
    "cdata": _cdata,
    "heredoc": _heredoc,
    "markdown": _markdown,
    "sed": _sed,
    "ed": _ed,
    "search and replace": _search_replace,
    "python dict": _python_repr,
    "yaml call": _yaml_call,
    "mail": _mail,
    "parts": _multipart,
    "data url": _data_url,
}
KINDS = tuple(Kind(Family.ENVELOPE, variant, damage) for variant, damage in _FORMS.items())
