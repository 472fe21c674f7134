"""Lists that are drawn without the terminal library look like the tables of the other screens."""

import io
import os
from dataclasses import dataclass
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table
from rich.text import Text

from podium_cli.render.plain.columns import Cell, fold, grid
from podium_cli.render.plain.palette import STYLES
from podium_cli.render.plain.screen import Screen, current_screen
from podium_cli.render.style import THEME, table

LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "Sm", "So", "Zs"))
TEXTS = st.text(st.one_of(st.sampled_from("abc  -界é"), LETTERS), max_size=40)
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS, st.sampled_from(["", "good"]), TEXTS), min_size=1, max_size=4
)


@dataclass
class Drawn:
    """A text as both draw it."""

    ours: str
    library: str


def drawn(rows: list[tuple[str, str, str, str]], width: int) -> Drawn:
    """Draw a table of three columns, of which the last has a note in another style."""
    library = table("", "task", "title")
    cells: list[tuple[Cell, ...]] = []
    for first, second, style, note in rows:
        parts = [(f"  {note}", "quiet")] if note else []
        title = Text.assemble(second, *parts)
        library.add_row(Text(first, style="id"), Text(second, style=style), title)
        cells.append((Cell(first, "id"), Cell(second, style), Cell(second, more=tuple(parts))))
    return Drawn(
        printed(grid(("", "task", "title"), cells, width), width), by_library(library, width)
    )


def printed(lines: list[list[tuple[str, str]]], width: int) -> str:
    out = io.StringIO()
    with patch("sys.stdout", out):
        Screen(width, {}).print(lines)
    return out.getvalue()


def by_library(content: Table | Text, width: int) -> str:
    out = io.StringIO()
    Console(file=out, theme=THEME, highlight=False, width=width).print(content)
    return out.getvalue()


@settings(max_examples=150)
@given(ROWS, st.integers(min_value=24, max_value=120))
@example([("t1", "a word that does not fit", "", "because")], 24)
@example([("t1", "界" * 30, "", "")], 25)
@example([("", "", "", "")], 80)
@example([("x" * 50, "y" * 50, "good", "z" * 50)], 40)
def test_a_table_is_laid_out_as_on_the_other_screens(
    rows: list[tuple[str, str, str, str]], width: int
) -> None:
    both = drawn(rows, width)
    assert both.ours == both.library


@settings(max_examples=150)
@given(TEXTS, st.integers(min_value=8, max_value=60))
@example("aaa bbb ccc", 7)
@example("trailing     ", 8)
def test_a_text_is_folded_as_on_the_other_screens(text: str, width: int) -> None:
    assert printed(fold([(text, "quiet")], width), width) == by_library(Text(text), width)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_style_has_the_codes_of_the_other_screens(
    style: str, no_color: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_color)
    ours, library = io.StringIO(), io.StringIO()
    with patch("sys.stdout", ours):
        current_screen().print([[("text", style), (" plain", "")]])
    Console(file=library, theme=THEME, highlight=False).print(
        Text.assemble(("text", style), " plain")
    )
    assert ours.getvalue() == library.getvalue()


VARIABLES = {
    "TERM": ("xterm", "dumb"),
    "COLUMNS": (None, "33", "wide"),
    "LINES": (None, "20"),
    "FORCE_COLOR": (None, "1", ""),
    "TTY_COMPATIBLE": (None, "0", "1"),
}


def test_the_screen_is_seen_as_by_the_other_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    for values in product(*VARIABLES.values()):
        for name, value in zip(VARIABLES, values, strict=True):
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        library, screen = Console(), current_screen()
        assert screen.width == library.width, values
        assert bool(screen.codes) == (library.color_system is not None), values


def wide(fd: int) -> os.terminal_size:
    del fd
    return os.terminal_size((97, 20))


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_terminal_is_drawn_in_its_own_width_and_colours(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*VARIABLES, "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    out = io.StringIO()
    monkeypatch.setattr(out, "isatty", lambda: is_terminal)
    monkeypatch.setattr(os, "get_terminal_size", wide)
    monkeypatch.setattr("sys.stdout", out)
    library = Console()
    screen = current_screen()
    assert (screen.width, bool(screen.codes)) == (97, is_terminal)
    assert (library.width, library.color_system is not None) == (97, is_terminal)


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\rb", "bell\a", "\x9b2J"])
def test_no_text_moves_the_cursor(text: str) -> None:
    shown = printed(grid(("task",), [(Cell(text),)], 40), 40)
    assert all(each.isprintable() or each == "\n" for each in shown)


def test_line_breaks_in_a_text_stay_in_its_column() -> None:
    shown = printed(grid(("", "task"), [(Cell("t1"), Cell("one\ntwo"))], 40), 40)
    assert shown == "    task\nt1  one \n    two \n"
