"""Draws file reverts and diffs."""

from rich.text import Text

from podium.operations.file.revert import RevertResult, StateView
from podium_cli.render.style import console, escaped, print_next, table


def file_revert(result: RevertResult) -> None:
    """Draw a revert or its preview."""
    if result.reverted:
        console().print(
            f"[good]✓ {escaped(result.path)}[/] was reverted to [id]{escaped(result.to.name)}[/] "
            f"[quiet]{escaped(result.to.about)}[/]"
        )
        if result.kept:
            console().print(f"[quiet]the previous content was saved as {escaped(result.kept)}[/]")
        return print_next(result.next) if result.next else None
    draw_diff(result.diff)
    if not result.diff:
        console().print(f"[good]{escaped(result.path)} already has this content[/]")
    console().print(f"\n[head]{escaped(result.path)}[/] → {_state_line(result.to)}")
    others = [each for each in result.choices if each.name != result.to.name]
    if others:
        grid = table("other versions", "date", "description")
        for each in others:
            when = Text(f"{each.at:%Y-%m-%d %H:%M}", style="quiet")
            grid.add_row(Text(each.name, style="id"), when, Text(each.about))
        console().print(grid)
    return None


def draw_diff(diff: str) -> None:
    """Draw a unified diff."""
    for line in diff.splitlines():
        style = {"+": "good", "-": "bad", "@": "busy"}.get(line[:1], "")
        console().print(Text(line, style=style))


def _state_line(state: StateView) -> str:
    return (
        f"[id]{escaped(state.name)}[/] [quiet]{state.at:%Y-%m-%d %H:%M} {escaped(state.about)}[/]"
    )
