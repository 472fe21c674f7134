"""Draws findings, audits and syntax checks."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from podium.model.findings import Finding, Severity
from podium.model.states import FindingStatus
from podium.operations.audit.run import AuditReport
from podium.operations.finding.export import Exported
from podium.operations.finding.fix import FixResult
from podium.operations.finding.list import FindingList
from podium.operations.next_command import next_command
from podium.operations.syntax.check import SyntaxCheck
from podium.words import counted
from podium_cli.render.files import draw_diff
from podium_cli.render.style import console, escaped, print_next, state_label, table

_STYLE = {
    Severity.ERROR: "bad",
    Severity.WARNING: "warn",
    Severity.INFO: "busy",
    Severity.HINT: "quiet",
}


def finding_list(result: FindingList) -> None:
    """Draw findings, most severe first."""
    if result.findings:
        console().print(_finding_table(result.findings))
        console().print(f"\n[quiet]{counted(result.total, 'finding')}[/]")
    else:
        console().print("[good]No findings.[/]")
    if result.stale:
        console().print(f"[warn]{counted(result.stale, 'stale finding')}: the code is gone[/]")
        print_next(next_command("finding.list", result))


def _finding_table(findings: Sequence[Finding]) -> Table:
    """Return a table of findings, with their status unless all are open."""
    all_open = all(each.status is FindingStatus.OPEN for each in findings)
    grid = table("finding", *(() if all_open else ("status",)), "severity", "location", "message")
    for each in findings:
        grid.add_row(
            Text(each.id, style="id"),
            *(() if all_open else (state_label(each.status),)),
            Text(each.severity, style=_STYLE[each.severity]),
            Text(f"{each.path}:{each.range.start.line}"),
            Text(each.message),
        )
    return grid


def finding_show(finding: Finding) -> None:
    """Draw one finding."""
    place = f"{finding.path}:{finding.range.start.line}:{finding.range.start.column}"
    console().print(
        Text(place, style="head"), Text(f"  {finding.severity}", style=_STYLE[finding.severity])
    )
    console().print(escaped(finding.message))
    console().print(
        Text(f"{finding.id}  ", style="id"),
        state_label(finding.status),
        Text(f"  {finding.category}  reported by {finding.said_by}", style="quiet"),
        sep="",
    )
    if finding.reason:
        console().print(f"[quiet]{escaped(finding.reason)}[/]")
    if finding.task_id:
        where = f"task {finding.plan_id}/{finding.task_id}, attempt {finding.attempt}"
        console().print(f"[quiet]{where}[/]")


def finding_dismiss(finding: Finding) -> None:
    """Draw a dismissed finding."""
    finding_show(finding)


def finding_add(finding: Finding) -> None:
    """Draw a new finding."""
    finding_show(finding)


def finding_settle(finding: Finding) -> None:
    """Draw a finding after its status changed."""
    finding_show(finding)


def finding_reopen(finding: Finding) -> None:
    """Draw a reopened finding."""
    finding_show(finding)


def finding_fix(fixed: FixResult) -> None:
    """Draw a fix or its preview."""
    draw_diff(fixed.diff)
    finding_show(fixed.finding)
    print_next(next_command("finding.fix", fixed))


def finding_export(exported: Exported) -> None:
    """Report the file to which findings were exported."""
    text = f"{counted(exported.count, 'finding')} as {exported.format}"
    console().print(f"{text} in {escaped(exported.path)}" if exported.path else text)


def audit_run(report: AuditReport) -> None:
    """Draw an audit's findings, one line each, in the format of compiler messages."""
    for each in report.findings:
        start = each.range.start
        console().print(
            Text(f"{each.path}:{start.line}:{start.column} "),
            Text(each.severity, style=_STYLE[each.severity]),
            Text(f" {each.message}"),
            Text(f"  {each.category}{f'  {each.id}' if each.id else ''}", style="quiet"),
            sep="",
            soft_wrap=True,
        )
    for note in report.notes:
        console().print(f"[warn]{escaped(note)}[/]")
    console().print(_summary(report))


def _summary(report: AuditReport) -> Text:
    looked = f"{counted(report.files, 'file')}, {counted(report.lines, 'line')}"
    found = counted(len(report.findings), "finding") if report.findings else "no findings"
    more = [
        f"{number} {what}"
        for number, what in ((report.dismissed, "dismissed"), (report.fixed, "fixed"))
        if number
    ]
    style = "good" if report.passed else "bad"
    return Text(f"{looked}: {', '.join([found, *more])}", style=style)


def syntax_check(result: SyntaxCheck) -> None:
    """Draw the syntax problems in a file."""
    for each in result.problems:
        style = "bad" if each.severity == "error" else "warn"
        place = f"{result.path}:{each.start.line}:{each.start.column}"
        kind = "" if each.severity == "error" else f"{each.severity}: "
        console().print(Text(place), Text(f"{kind}{each.message}", style=style))
    if result.problems:
        if result.reason:
            console().print(f"[warn]{escaped(result.path)}: {escaped(result.reason)}[/]")
    else:
        text = "no syntax errors" if result.whole else f"not checked: {result.reason}"
        console().print(f"[{'good' if result.whole else 'warn'}]{escaped(result.path)}: {text}[/]")
