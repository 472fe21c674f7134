"""Draws a new project, its settings and the diagnoses of `podium doctor`."""

from rich.text import Text

from podium.operations.config.show import ConfigView
from podium.operations.doctor.check import DoctorReport, Health
from podium.operations.project.init import InitResult
from podium.operations.project.trust import TrustResult
from podium_cli.render.style import console, escaped, print_next, table

_SIGN = {Health.OK: ("✓", "good"), Health.WARNING: ("!", "warn"), Health.ERROR: ("✗", "bad")}


def project_init(result: InitResult) -> None:
    """Report that a repository is now a project."""
    what = "is now a Podium project" if result.created else "is already a Podium project"
    console().print(f"[good]✓[/] {escaped(result.root)} {what}")
    if result.created:
        console().print(
            "[quiet]plans are stored in .podium/ and may be committed; progress stays local[/]"
        )
    print_next(result.next)


def project_trust(result: TrustResult) -> None:
    """List the trusted settings."""
    console().print(f"[good]✓ Trusted[/] the current settings of {escaped(result.root)}")
    for name, value in result.settings.items():
        if value:
            console().print(f"  [quiet]{name}[/] {escaped(str(value))}")


def config_show(view: ConfigView) -> None:
    """Draw the settings with their origin."""
    grid = table("setting", "value", "from")
    for row in view.settings:
        style = "quiet" if row.origin == "default" else ""
        grid.add_row(
            Text(row.name, style=style or "id"),
            Text(row.value, style=style),
            Text(row.origin, style="quiet"),
        )
    console().print(grid)
    for path in view.files:
        console().print(f"[quiet]{escaped(path)}[/]")
    if not view.trusted:
        console().print("[warn]These settings are not trusted here: podium trust[/]")


def doctor_check(report: DoctorReport) -> None:
    """Draw the diagnoses."""
    grid = table("", "", "")
    grid.show_header = False
    for each in report.diagnoses:
        letter, style = _SIGN[each.health]
        found = Text(each.found)
        if each.hint:
            found.append(f"\n{each.hint}", style="quiet")
        grid.add_row(Text(letter, style=style), Text(each.name, style="id"), found)
    console().print(grid)
    console().print(f"\n{_verdict(report)}")


def _verdict(report: DoctorReport) -> str:
    if not report.healthy:
        return "[bad]Not ready: see the ✗ above.[/]"
    agents = [each for each in report.diagnoses if each.name.startswith("agent ")]
    if any(each.health is Health.OK for each in agents):
        return "[good]Ready.[/]"
    return "[warn]No agent is ready yet:[/] set one up as shown above, or try podium demo."
