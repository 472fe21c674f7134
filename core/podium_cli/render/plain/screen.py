"""The width and colours of standard output; independent of what is drawn."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from podium_cli.render.plain.columns import Piece
from podium_cli.render.plain.palette import STYLES

DEFAULT_WIDTH = 80
_DUMB = ("dumb", "unknown")
_ATTRIBUTES = {"bold": "1", "dim": "2"}
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


@dataclass(frozen=True)
class Screen:
    """Standard output.

    Args:
        width: the width of a line, in cells.
        codes: the terminal's codes by style; empty if it does not support any.
    """

    width: int
    codes: Mapping[str, str]

    def print(self, lines: Iterable[Sequence[Piece]]) -> None:
        """Print lines.

        Raises:
            BrokenPipeError: the reader closed the pipe.
        """
        sys.stdout.write("".join(f"{self._text(line)}\n" for line in lines))
        sys.stdout.flush()

    def _text(self, line: Sequence[Piece]) -> str:
        if not self.codes:
            return "".join(text for text, _ in line)
        return "".join(self._styled(text, style) for text, style in line if text)

    def _styled(self, text: str, style: str) -> str:
        code = self.codes.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


def current_screen() -> Screen:
    """Return the current state of standard output.

    The rules are the same as in the library that draws the other screens; a test compares them.
    """
    variables = os.environ
    is_terminal = _is_terminal(variables, sys.stdout)
    is_dumb = is_terminal and variables.get("TERM", "").lower() in _DUMB
    codes = _codes(with_colours=not variables.get("NO_COLOR"))
    return Screen(_width(variables, is_dumb), codes if is_terminal and not is_dumb else {})


def _is_terminal(variables: Mapping[str, str], stream: TextIO) -> bool:
    if (compatible := variables.get("TTY_COMPATIBLE", "")) in ("0", "1"):
        return compatible == "1"
    if (forced := variables.get("FORCE_COLOR")) is not None:
        return forced != ""
    return stream.isatty()


def _width(variables: Mapping[str, str], is_dumb: bool) -> int:
    wanted, lines = variables.get("COLUMNS", ""), variables.get("LINES", "")
    if is_dumb and not (wanted.isdigit() and lines.isdigit()):
        return DEFAULT_WIDTH
    return int(wanted) if wanted.isdigit() else _terminal_width()


def _terminal_width() -> int:
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        try:
            return os.get_terminal_size(stream.fileno() if stream else -1).columns or DEFAULT_WIDTH
        except (OSError, ValueError):
            continue  # not a terminal
    return DEFAULT_WIDTH


def _codes(*, with_colours: bool) -> dict[str, str]:
    known = {**_ATTRIBUTES, **(_COLOURS if with_colours else {})}
    return {
        style: ";".join(known[word] for word in look.split() if word in known)
        for style, look in STYLES.items()
    }
