"""Lines before the first and after the last line of the base that come from around the file."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import excerpt, first_filled, is_text, problem

_WORD = re.compile(r"\\?['\"]?(?P<word>[A-Z][A-Z_]*[A-Z])['\"]?(?:\s*(?:&&|\||;|>|\)).*)?")
_USUAL = frozenset(("EOF", "EOT", "EOL", "EOS", "HEREDOC", "PYEOF", "END_OF_FILE", "EOFILE"))
_OPENER = re.compile(
    r"(?:\$ )?(?:cat|tee|sudo tee|python3?|bash|sh|dd)\b[^\n]*<<[-~]?\s*\\?[\"']?\w+[\"']?.*"
)
_PROMPT = re.compile(
    r"(?:\$|>|#|PS [^>]*>|[\w.-]+@[\w.-]+[:~][^$#]*[$#])\s+"
    r"(?:cat|sed|head|tail|less|bat|nl|type)\s+\S.*"
)
_PATH = re.compile(
    r"(?:[#*=>\-\s]|File:|FILE:|Path:|\u2550|\u2500)*[`\"'*\[(<]*(?P<path>(?:[\w@~.:-]*[\\/])*[\w@.-]*\w\.\w{1,8})[`\"'*\])>]*"
    r"(?:\s*\([^()]*\))?\s*:?[\s=*\-\u2550\u2500]*"
)
_LANGUAGE_WORD = re.compile(r"[a-z+#]{1,12}")
_OFTEN_LAST = frozenset(("sql", "cobol", "perl"))
"""Languages whose files may end with a word in capitals."""


def heredoc(case: Case) -> Iterator[SyntaxProblem]:
    """Find the first and the last line of the shell command that wrote the file."""
    number = case.new.last_non_blank
    line = case.new.lines[number - 1]
    word = _WORD.fullmatch(line.rstrip())
    if word is not None and not case.is_in_base(line) and not _is_text(case, number):
        certain = _is_end(case, word["word"])
        if certain is not None:
            message = f"the end of a here-document is left in the file: `{excerpt(case, number)}`"
            yield problem(case, ProblemCode.HEREDOC, number, message, certain=certain)
    number = first_filled(case)
    line = case.new.lines[number - 1]
    if _OPENER.fullmatch(line.strip()) and not case.is_in_base(line) and _begins_before(case):
        message = f"the command that writes the file is left in it: `{excerpt(case, number)}`"
        yield problem(case, ProblemCode.HEREDOC, number, message)


def _is_text(case: Case, number: int) -> bool:
    """Return whether a line is inside a string or a comment, and not itself in quotes."""
    return not case.new.lines[number - 1].startswith(("'", '"')) and is_text(case, number)


def _is_end(case: Case, word: str) -> bool | None:
    """Return whether a last line certainly ends a here-document; None if it does not."""
    opener = re.compile(rb"(?:<<[-~<]?|@|R)\s*\\?[\"']?" + word.encode())
    if opener.search(case.new.text) is not None and not _OPENER.fullmatch(
        case.new.lines[first_filled(case) - 1].strip()
    ):
        return None
    usual = word in _USUAL
    if case.base is None:
        return True if usual and not case.language.is_prose else None
    if word.encode() in case.base.text:
        return None
    if usual:
        return not case.language.is_prose
    if case.language.name in _OFTEN_LAST or case.language.is_prose or not _ends_after(case):
        return None
    return False


def path_before(case: Case) -> Iterator[SyntaxProblem]:
    """Find a path, a prompt or the name of the language before the first line of the base."""
    number = first_filled(case)
    line = case.new.lines[number - 1].strip()
    if case.base is None or not line or case.is_in_base(line) or not _begins_before(case):
        return
    what = _what_before(case, line, number)
    if what:
        message = f"{what} is left before the text: `{excerpt(case, number)}`"
        certain = not case.language.is_prose or what == "a command"
        yield problem(case, ProblemCode.NOT_THE_FILE, number, message, certain=certain)


def _what_before(case: Case, line: str, number: int) -> str:
    if _PROMPT.fullmatch(line) and (
        not line.startswith("#") or "#" not in case.language.comment_leads
    ):
        return "a command"
    if line.strip("`*:") == PurePosixPath(case.path).name:
        return "a path"
    path = _PATH.fullmatch(line)
    if path is not None and _is_path(case, path["path"]) and not _is_comment(case, line):
        return "a path"
    word = _LANGUAGE_WORD.fullmatch(line)
    suffix = PurePosixPath(case.path).suffix.lstrip(".")
    if word is not None and not case.language.is_prose and line in (case.language.name, suffix):
        return "the name of the language"
    return ""


def _is_path(case: Case, path: str) -> bool:
    own = PurePosixPath(case.path)
    named = PurePosixPath(path.replace("\\", "/"))
    return named.name == own.name or (named.suffix == own.suffix != "" and "/" in str(named))


def _is_comment(case: Case, line: str) -> bool:
    return (
        not case.language.is_prose
        and line.startswith(case.language.comment_leads)
        and not line.startswith("**")
    )


def _begins_before(case: Case) -> bool:
    """Return whether the base begins right after the first line of the new version."""
    if case.base is None:
        return False
    new, base = case.new.non_blank_lines, case.base.non_blank_lines
    return bool(base) and len(new) > 1 and base[0] in new[1:4] and new[0] != base[0]


def _ends_after(case: Case) -> bool:
    if case.base is None:
        return False
    return case.new.non_blank_lines[-2:-1] == case.base.non_blank_lines[-1:]


RULES: tuple[Rule, ...] = (heredoc, path_before)
