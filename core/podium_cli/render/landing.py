"""How landing looks."""

from rich.text import Text

from podium.operations.work.land import FileChange, Landing
from podium.workspace.values import LandingKind
from podium_cli.render.style import console, counted, plain, print_next, table

_BAR = 30

_HOW = {
    LandingKind.FAST_FORWARD: "as a fast-forward",
    LandingKind.MERGE: "with a merge commit",
    LandingKind.UP_TO_DATE: "nothing to do: it is there already",
    LandingKind.CONFLICTS: "not possible: it does not merge",
}


def work_land(landing: Landing) -> None:
    """Draw what landing would do, or did."""
    if landing.landed:
        console().print(
            f"[good]✓ Landed[/] on [id]{plain(landing.target)}[/] {_HOW[landing.kind]} "
            f"[quiet]{landing.commit[:10]}[/]"
        )
        return print_next(landing.next)
    target = landing.target or "a detached HEAD"
    console().print(f"[head]{plain(landing.branch)}[/] → [id]{plain(target)}[/]", end="")
    console().print(f" [quiet]{_HOW[landing.kind]}[/]")
    for subject in landing.commits:
        console().print(f"  [good]●[/] {plain(subject)}")
    if landing.files:
        console().print(_stat(landing.files))
    for path in landing.conflicts:
        console().print(f"  [bad]✗ conflict[/] {plain(path)}")
    for path in landing.overwritten:
        console().print(f"  [warn]! your local change stands in the way:[/] {plain(path)}")
    return None


def _stat(files: tuple[FileChange, ...]) -> object:
    most = max((each.added or 0) + (each.deleted or 0) for each in files) or 1
    grid = table("", "", "")
    grid.show_header = False
    for each in files:
        added, deleted = each.added or 0, each.deleted or 0
        scale = min(1.0, _BAR / most)
        bar = Text.assemble(
            ("+" * max(round(added * scale), bool(added)), "good"),
            ("-" * max(round(deleted * scale), bool(deleted)), "bad"),
        )
        count = "binary" if each.added is None else f"{added + deleted}"
        grid.add_row(Text(f"  {each.path}"), Text(count, style="quiet"), bar)
    total = sum(each.added or 0 for each in files), sum(each.deleted or 0 for each in files)
    grid.add_row(
        Text(f"  {counted(len(files), 'file')}", style="quiet"),
        "",
        Text(f"+{total[0]} -{total[1]}", style="quiet"),
    )
    return grid
