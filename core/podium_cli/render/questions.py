"""Draws questions that hold a task or a run, and those about a missing value."""

from typing import TYPE_CHECKING

from rich.text import Text

from podium.model.questions import Question
from podium.operations.question.list import Questions
from podium.words import counted
from podium_cli.render.style import console, print_next, table, when

_FIRST_LINES = 5

if TYPE_CHECKING:
    # Forms load most of the engine, and the status of a run does not need them.
    from podium.operations.prompt.form import Question as FormQuestion

MOST_SHOWN = 20


def question_list(result: Questions) -> None:
    """Draw the questions with their facts and possible answers."""
    if not result.questions:
        nothing = "permissions are remembered" if result.remembered else "questions are open"
        console().print(f"[quiet]No {nothing}.[/]")
        return
    for each in result.questions:
        _draw(each)
    if result.next:
        print_next(result.next)


def question_answer(result: Question) -> None:
    """Draw an answered question."""
    line = Text.assemble(("✓ ", "good"), (result.id, "id"), f" {result.text}: {result.answer}")
    console().print(line)


def question_revoke(result: Question) -> None:
    """Report that a permission was revoked."""
    console().print(
        Text.assemble(
            *(("✓ ", "good"), (result.id, "id"), f" {result.action} in {result.about}"),
            " has to be allowed again, each time",
        )
    )


def waiting_line(question: Question) -> Text:
    """Return an open question as one line, for the status of a run."""
    ids = ", ".join(each.id for each in question.choices)
    tail = (f"  podium answer {question.id}", "next") if ids else ""
    choices = (f" ({ids})", "quiet") if ids else ""
    return Text.assemble(("? ", "warn"), question.text, tail, choices, *_quoted(question))


def _quoted(question: Question) -> list[tuple[str, str]]:
    """Return the beginning of what an agent wants to do or has done, below the question."""
    lines = question.quoted.splitlines()
    rows = [f"\n    {line}" for line in lines[:_FIRST_LINES]]
    if len(lines) > _FIRST_LINES:
        more = counted(len(lines) - _FIRST_LINES, "more line")
        rows.append(f"\n    (podium questions shows {more})")
    return [(row, "quiet") for row in rows]


def _draw(question: Question) -> None:
    sign = ("? ", "warn") if question.is_open else ("· ", "quiet")
    about = (f"  {question.about}", "quiet")
    console().print(Text.assemble(sign, (question.id, "id"), f" {question.text}", about))
    if question.revoked_at is not None:
        console().print(Text("  revoked", style="warn"))
    grid = table("", "")
    grid.show_header = False
    for fact in question.facts:
        grid.add_row(Text(fact.name, style="quiet"), Text(fact.text))
    for choice in question.choices:
        chosen = "✓ " if choice.id == question.answer else ""
        grid.add_row(Text(f"{chosen}{choice.id}", style="id"), Text(choice.label))
    console().print(grid)
    if question.is_open and question.is_permission and question.until is not None:
        console().print(Text(f"No answer until {when(question.until)} means no.", style="quiet"))


def draw_choices(question: "FormQuestion") -> None:
    """Draw a question with its numbered choices, by title."""
    from podium.operations.prompt.choices import KINDS

    is_named = question.name in KINDS or question.name == "agent"
    heading = f"Which {question.name}?" if is_named else question.prompt
    console().print(Text(heading, style="head"))
    grid = table("", "", "")
    grid.show_header = False
    for number, choice in enumerate(question.choices[:MOST_SHOWN], 1):
        grid.add_row(Text(str(number), style="id"), choice.label, Text(choice.detail, "quiet"))
    if question.optional:
        grid.add_row("", Text("Enter alone lets Podium decide", "quiet"))
    console().print(grid)
    if (left := len(question.choices) - MOST_SHOWN) > 0:
        console().print(f"[quiet]and {left} more: type the id[/]")
