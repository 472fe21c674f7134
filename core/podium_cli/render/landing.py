"""Draws landings, and the tasks that changed each function."""

from rich.text import Text

from podium.operations.text.evidence import doubt_line, evidence_line
from podium.operations.work.blame import BlameView
from podium.operations.work.land import FileChange, Landing, LandingKind
from podium.words import counted
from podium_cli.render.style import console, escaped, print_next, table, when

_BAR = 30

_HOW = {
    LandingKind.FAST_FORWARD: "as a fast-forward",
    LandingKind.MERGE: "with a merge commit",
    LandingKind.UP_TO_DATE: "nothing to do: already landed",
    LandingKind.CONFLICTS: "not possible: there are conflicts",
}


def work_land(landing: Landing) -> None:
    """Draw a landing or its preview."""
    if landing.landed:
        console().print(
            f"[good]✓ Landed[/] on [id]{escaped(landing.target)}[/] {_HOW[landing.kind]} "
            f"[quiet]{landing.commit[:10]}[/]"
        )
        return print_next(landing.next)
    target = landing.target or "a detached HEAD"
    console().print(f"[head]{escaped(landing.branch)}[/] → [id]{escaped(target)}[/]", end="")
    console().print(f" [quiet]{_HOW[landing.kind]}[/]")
    for subject in landing.commits:
        console().print(f"  [good]●[/] {escaped(subject)}")
    if landing.files:
        console().print(_stat(landing.files))
    for path in landing.conflicts:
        console().print(f"  [bad]✗ conflict[/] {escaped(path)}")
    for path in landing.overwritten:
        console().print(f"  [warn]! this would overwrite your local change:[/] {escaped(path)}")
    return None


def work_blame(view: BlameView) -> None:
    """Draw which task last changed each function."""
    if not view.symbols:
        console().print(f"[quiet]No task has changed a function in {escaped(view.path)}.[/]")
        return
    grid = table("line", "function", "task", "by", "when", "title")
    for each in view.symbols:
        maker = each.maker
        grid.add_row(
            Text(str(each.line), style="quiet"),
            Text(each.symbol),
            Text(f"{maker.plan_id}/{maker.task_id}", style="id"),
            Text(maker.agent),
            Text(when(maker.at), style="quiet"),
            Text(maker.title) if each.is_untouched else _edited(maker.title),
        )
    console().print(grid)
    if len(view.symbols) == 1:
        _draw_origin(view)


def _edited(title: str) -> Text:
    return Text.assemble(title, ("  edited since", "warn"))


def _draw_origin(view: BlameView) -> None:
    """Draw the origin of the only function in a view, with the evidence."""
    maker = view.symbols[0].maker
    where = f"run {maker.run_id}, attempt {maker.attempt}" if maker.run_id else "in the checkout"
    session = f", session {maker.session_id}" if maker.session_id else ""
    console().print(f"[quiet]{escaped(where)}{session}[/]")
    for each in maker.evidence:
        console().print(f"  [good]☑[/] {escaped(evidence_line(each))}")
    for answered in maker.doubts:
        console().print(f"  [quiet]doubt:[/] {escaped(doubt_line(answered))}")


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
