"""Draws `docs/images/rooms.svg` from the import contracts, and the life of one request."""

import tomllib
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from tests.support.goldens import ROOT

FONT = "font-family='system-ui, sans-serif' font-size='14'"
INK, PAPER, FRAME, ACCENT = "#1f2430", "#ffffff", "#8a93a6", "#eef3fb"
WIDTH = 960


def _contract(own: str) -> list[str]:
    read = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts: list[dict[str, Any]] = read["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(each for each in contracts if each["id"] == own)["layers"]
    return layers


def layers_of(contract: str) -> list[list[str]]:
    """Return the rooms of each layer, from the top, without those that are to come."""
    rows = [
        [name.strip() for name in row.replace(":", "|").split("|")] for row in _contract(contract)
    ]
    return [[name for name in row if not name.startswith("(")] for row in rows]


def rooms() -> str:
    """Return the picture of the parts and of the rooms in the engine: arrows point down only."""
    rows = [("parts", row) for row in layers_of("parts")[:-1]]
    rows += [("podium", row) for row in layers_of("core") if row != ["__main__"]]
    height, top = 46, 40
    drawn: list[str] = [_text(16, 24, "A room may import what is below it, and nothing above.")]
    for number, (owner, names) in enumerate(rows):
        y = top + number * (height + 14)
        drawn.append(_text(16, y + 28, owner if owner == "parts" else "podium."))
        drawn += _boxes(names, y, height)
        if number:
            drawn.append(_arrow(WIDTH / 2 + 45, y - 14, WIDTH / 2 + 45, y - 1))
    return _svg(drawn, top + len(rows) * (height + 14))


def _boxes(names: Sequence[str], y: float, height: float) -> list[str]:
    left, gap = 110, 12
    width = (WIDTH - left - 16 - gap * (len(names) - 1)) / len(names)
    found: list[str] = []
    for number, name in enumerate(names):
        x = left + number * (width + gap)
        found.append(
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' rx='6' "
            f"fill='{ACCENT}' stroke='{FRAME}'/>"
        )
        found.append(_text(x + width / 2, y + height / 2 + 5, name, anchor="middle"))
    return found


LANES = ("person", "face", "operation", "store", "disk", "runner", "agent")
REQUEST: tuple[tuple[str, str, str], ...] = (
    ("person", "face", "podium run  ·  podium.run.start  ·  run_start"),
    ("face", "operation", "run.start(params, actor)"),
    ("operation", "store", "transaction: approved? trusted? not running? → run, event"),
    ("store", "disk", "journal line, fdatasync: this is the commit"),
    ("store", "operation", "committed; documents are written after it"),
    ("operation", "runner", "start a detached runner, if none holds the lock"),
    ("operation", "face", "result"),
    ("face", "person", "text  ·  JSON  ·  progress"),
    ("runner", "store", "decide(run) → next step, committed before it is done"),
    ("runner", "agent", "one call, in its own process and worktree"),
    ("agent", "runner", "reply and changed files"),
    ("runner", "store", "gates, merge, evidence: one transaction a step"),
    ("disk", "face", "journal grew: every open face shows the change"),
)
"""From whom to whom, and what."""


def request() -> str:
    """Return the picture of one request on its way from a face to the disk."""
    step = WIDTH / len(LANES)
    middle = {name: step * (number + 0.5) for number, name in enumerate(LANES)}
    top, row = 70, 44
    height = top + row * len(REQUEST) + 10
    drawn: list[str] = []
    for name, x in middle.items():
        drawn.append(_text(x, 28, name, anchor="middle"))
        drawn.append(
            f"<line x1='{x:.1f}' y1='40' x2='{x:.1f}' y2='{height - 10}' stroke='{FRAME}' "
            "stroke-dasharray='3 4'/>"
        )
    for number, (source, target, words) in enumerate(REQUEST):
        y = top + number * row + 14
        drawn.append(_arrow(middle[source], y, middle[target], y))
        centre = (middle[source] + middle[target]) / 2
        wide = len(words) * 3.6 + 8
        x = min(max(centre, wide), WIDTH - wide)
        drawn.append(_text(x, y - 8, f"{number + 1}. {words}", anchor="middle", size=12))
    return _svg(drawn, height)


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 14) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{INK}' "
        f"font-size='{size}'>{escape(words)}</text>"
    )


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{INK}' "
        "marker-end='url(#tip)'/>"
    )


def _svg(drawn: Sequence[str], height: float) -> str:
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0f}' {FONT}>\n"
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='8' "
        f"markerHeight='8' orient='auto'><path d='M0 0 L8 4 L0 8 z' fill='{INK}'/>"
        "</marker></defs>\n"
        f"<rect width='{WIDTH}' height='{height:.0f}' fill='{PAPER}'/>\n"
    )
    return head + "\n".join(drawn) + "\n</svg>\n"


DIAGRAMS: dict[str, Callable[[], str]] = {"rooms": rooms, "request": request}
