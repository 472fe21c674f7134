"""Draws what agent calls used."""

from datetime import timedelta

from rich.table import Table
from rich.text import Text

from podium.operations.usage.show import UsageRow, UsageTable
from podium_cli.render.style import console, duration, is_narrow, print_next, table


def usage_show(result: UsageTable) -> None:
    """Draw what the calls used, by group, and how much of the daily limits is used."""
    if not result.rows:
        since = f" since {result.since}" if result.since else ""
        console().print(f"[quiet]No agent has been called in a run{since}.[/]")
        return print_next("podium run")
    details = () if is_narrow() else ("time", "tokens in", "out")
    grid = table(str(result.by), "calls", *details, "cost")
    for row in (*result.rows, result.total):
        _add(grid, row, "head" if row is result.total else "id")
    console().print(grid)
    for each in result.limits:
        console().print(Text(f"\nbudget: {each}", style="quiet"))
    return None


def _add(grid: Table, row: UsageRow, style: str) -> None:
    time = duration(timedelta(minutes=row.minutes))
    details = () if is_narrow() else (time, f"{row.input_tokens:,}", f"{row.output_tokens:,}")
    grid.add_row(Text(row.name, style=style), str(row.calls), *details, row.cost)
