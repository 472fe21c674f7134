"""Draws the store's maintenance: problems, snapshots, restores, the journal."""

from rich.text import Text

from podium.operations.next_command import next_command
from podium.operations.store.audit import AuditReport
from podium.operations.store.gc import CleanUp
from podium.operations.store.migrate import Migration
from podium.operations.store.recover import RecoveryReport, RemedyView, TroubleView
from podium.operations.store.restore import Restoration
from podium.operations.store.snapshots import SnapshotList
from podium.words import counted
from podium_cli.render.style import console, escaped, print_next, table, when

_SHOWN = 20
_DIFF_STYLES = {"+": "good", "-": "bad", "@": "quiet"}


def store_recover(report: RecoveryReport) -> None:
    """Draw the problems and their remedies, or the applied remedies."""
    for line in report.done:
        console().print(f"[good]✓[/] {escaped(line)}")
    for trouble in report.troubles:
        _draw_trouble(trouble)
    if not report.troubles and not report.done:
        console().print("[good]✓ No problems:[/] every document and the journal are readable")
    print_next(report.next)


def _draw_trouble(trouble: TroubleView) -> None:
    console().print(f"[bad]✗[/] [id]{escaped(trouble.path)}[/] {escaped(trouble.reason)}")
    if trouble.kept:
        console().print(f"  [quiet]a copy was saved to .podium/{escaped(trouble.kept)}[/]")
    for number, remedy in enumerate(trouble.remedies):
        _draw_remedy(remedy, "recommended" if number == 0 else "or")
    for command in trouble.commands:
        console().print(f"  [quiet]or run[/] {escaped(command)}")
    if not trouble.remedies and not trouble.commands:
        console().print("  [quiet]nothing to do: Podium repairs this automatically[/]")


def _draw_remedy(remedy: RemedyView, word: str) -> None:
    console().print(f"  [quiet]{word}[/] [head]{remedy.name}[/] {escaped(remedy.explanation)}")
    for line in remedy.diff.splitlines()[:_SHOWN]:
        console().print(Text(f"      {line}", style=_DIFF_STYLES.get(line[:1], "quiet")))


def store_snapshots(found: SnapshotList) -> None:
    """Draw the snapshots and the range that can be restored."""
    grid = table("transaction", "made", "why")
    for each in found.snapshots:
        grid.add_row(Text(str(each.sequence), style="id"), when(each.at), each.reason)
    if found.snapshots:
        console().print(grid)
    console().print(
        f"[quiet]every transaction from {found.first} to {found.last} can be restored[/]"
    )
    print_next(next_command("store.snapshots", found))


def store_restore(result: Restoration) -> None:
    """Draw a restore or its preview."""
    count = counted(len(result.documents), "document")
    if result.restored:
        console().print(f"[good]✓ Restored[/] {count} as of transaction {result.sequence}")
    else:
        console().print(f"[head]{count}[/] would be restored to transaction {result.sequence}")
    for path in result.documents[:_SHOWN]:
        console().print(f"  [id]{escaped(path)}[/]")
    if len(result.documents) > _SHOWN:
        console().print(f"  [quiet]and {len(result.documents) - _SHOWN} more[/]")
    print_next(result.next if result.restored else "")


def store_migrate(result: Migration) -> None:
    """Draw a migration or its preview."""
    count = counted(len(result.documents), "document")
    if result.migrated:
        console().print(f"[good]✓[/] The store is in the current format; {count} rewritten")
    else:
        console().print(f"{count} would be rewritten, after a snapshot")
    print_next(result.next)


def store_gc(result: CleanUp) -> None:
    """Draw a clean-up or its preview."""
    rows = (
        ("suspended", result.suspended),
        ("archived", result.archived),
        ("removed", result.worktrees),
        ("removed", result.refs),
        ("removed", result.cold),
        ("left over", result.left_over),
        ("compressed", result.transcripts),
        ("unarchived", result.taken_back),
    )
    sign = "[good]✓[/]" if result.done else "[quiet]would be[/]"
    for word, names in rows:
        for name in names[:_SHOWN]:
            console().print(f"{sign} {word} [id]{escaped(name)}[/]")
        if len(names) > _SHOWN:
            console().print(f"  [quiet]and {len(names) - _SHOWN} more[/]")
    if not any(names for _, names in rows):
        console().print("Nothing to clean up.")
    for problem in result.problems:
        console().print(f"[warn]![/] {escaped(problem)}")
    if result.disk:
        console().print(f"[quiet]on disk:[/] {escaped(result.disk)}")
    if result.kept:
        count = counted(len(result.kept), "name")
        console().print(f"[quiet]the archive contains {count}:[/] {escaped(_some(result.kept))}")
    print_next(next_command("store.gc", result))


def _some(names: tuple[str, ...]) -> str:
    more = f" … {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def store_audit(report: AuditReport) -> None:
    """Draw the verification of the journal."""
    if report.entries:
        grid = table("", "when", "who", "face", "what", "about")
        for each in report.entries:
            what = Text(f"{each.event} {each.message}".strip())
            who = Text(each.actor)
            row = (str(each.sequence), when(each.at), who, each.face, what, Text(each.subject))
            grid.add_row(*row)
        console().print(grid)
    for flaw in report.flaws:
        console().print(f"[bad]✗[/] [id]{escaped(flaw.segment)}[/] {escaped(flaw.reason)}")
    if report.whole:
        span = f"records {report.first} to {report.sequence}"
        console().print(f"[good]✓ Intact:[/] {span} are unchanged")
    if report.pruned:
        console().print(f"[quiet]records up to {report.pruned} are pruned; snapshots cover them[/]")
    if report.digest:
        verify = f"podium journal verify --sequence {report.sequence} --digest {report.digest}"
        console().print(f"[quiet]store this elsewhere to verify the journal later:[/]\n{verify}")
