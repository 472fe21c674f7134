"""Text files that no grammar can check, and that are still checked by their shape."""

from pathlib import PurePosixPath

from podium.syntax.language import Grammar, Language

_NO_GRAMMAR = Grammar("")
_LEADS = ("//", "/*", "*", "#", "--", "<!--", ";", "%")
_PROSE = frozenset(
    (
        *("", ".txt", ".rst", ".adoc", ".asciidoc", ".org", ".tex", ".log", ".csv", ".tsv"),
        *(".diff", ".patch", ".rej", ".out", ".snap", ".textile", ".pod", ".eml", ".mdx", ".po"),
        *(".qmd", ".rmd", ".mdc", ".typ", ".ansi", ".expected", ".golden", ".stdout", ".stderr"),
    )
)
_ESCAPE_SEQUENCE = b"\x1b["
_COLOURED_SHARE = 0.3
_CODE_NAMES = ("dockerfile", "containerfile", "makefile", "jenkinsfile", "justfile", "procfile")
_PLAIN_CODE = Language("", _NO_GRAMMAR, comment_leads=_LEADS)
_PLAIN_PROSE = Language("", _NO_GRAMMAR, comment_leads=_LEADS, is_prose=True)


def plain_language(path: str) -> Language:
    """Return the description of a text file whose language is unknown.

    Args:
        path: the file's path; its last part tells documents from code.
    """
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    if name.startswith(_CODE_NAMES):
        return _PLAIN_CODE
    return _PLAIN_PROSE if PurePosixPath(name).suffix in _PROSE else _PLAIN_CODE


def is_terminal_output(text: bytes) -> bool:
    """Return whether a text is what a program printed, for instance highlighted source code.

    Source code contains escape sequences in escaped form, and hardly ever in many lines.
    """
    if _ESCAPE_SEQUENCE not in text:
        return False
    lines = [line for line in text.splitlines() if line.strip()]
    return sum(_ESCAPE_SEQUENCE in line for line in lines) >= len(lines) * _COLOURED_SHARE
