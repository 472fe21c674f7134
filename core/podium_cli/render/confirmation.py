"""Draws the facts that a person should know before answering a question."""

from collections.abc import Sequence

from rich.text import Text

from podium.operations.confirmation import Confirmation, Fact
from podium_cli.render import render
from podium_cli.render.style import console, table


def draw_confirmation(confirmation: Confirmation) -> None:
    """Draw the preview of a question, or its facts if it has no preview."""
    preview = confirmation.preview
    if preview is not None:
        # The suggested next command would be the command that is asking.
        render(preview.operation, preview.result.model_copy(update={"next": ""}))
        console().print()
        _draw_facts([each for each in confirmation.facts if not each.in_preview])
    else:
        _draw_facts(confirmation.facts)


def _draw_facts(facts: Sequence[Fact]) -> None:
    grid = table("", "")
    grid.show_header = False
    for fact in facts:
        grid.add_row(Text(fact.label, style="quiet"), Text("\n".join(fact.values)))
    console().print(grid)
