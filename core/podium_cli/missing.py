"""Completes a command line that lacks required parameters.

At a terminal, the person is asked and chooses by title. Elsewhere, the error lists the complete
commands. In both cases, everything that was typed is kept.
"""

import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from pydantic_core import to_jsonable_python

from podium.app import Connection
from podium.errors import ValidationError
from podium.operations.operation import Operation
from podium.operations.perform import Performed
from podium.words import joined, shorten
from podium_cli.confirm import interruptible
from podium_cli.verb import Verb

if TYPE_CHECKING:
    # Forms load most of the engine, and complete command lines do not need them.
    from podium.operations.prompt.choices import Choice
    from podium.operations.prompt.form import Question

MOST_SHOWN = 9
_LONGEST_TITLE = 100
_PLACEHOLDER = "…"


@dataclass(frozen=True)
class CommandLine:
    """A command line with the values of its operation's parameters.

    Args:
        name: the command.
        operation: the operation.
        verb: how the command's arguments are parsed.
        words: the words after the command, as typed.
        given: the values by parameter.
        offered: optional parameters to ask for as well, at a terminal.
    """

    name: str
    operation: Operation[Any, Any]
    verb: Verb
    words: tuple[str, ...]
    given: Mapping[str, Any]
    offered: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The required parameters that have no value."""
        return tuple(
            name
            for name, field in self.operation.params.model_fields.items()
            if field.is_required()
            and name not in self.given
            and name not in self.verb.hidden_parameters
        )

    @property
    def text(self) -> str:
        """The command line as it can be typed."""
        return shlex.join(["podium", *self.name.split(), *self.words])

    def with_value(self, name: str, value: str) -> "CommandLine":
        """Return the command line with one more value; an empty value is left out."""
        if not value:
            return self
        words = [value] if name in self.verb.arguments else [self._flag(name), value]
        given = {**self.given, name: value}
        return replace(self, words=(*self.words, *words), given=given)

    def label(self, name: str) -> str:
        """Return how a parameter is called on the command line."""
        return name.upper() if name in self.verb.arguments else self._flag(name)

    def _flag(self, name: str) -> str:
        return next(iter(self.verb.options.get(name, (f"--{name.replace('_', '-')}",))))


async def ask_for_missing(connection: Connection, line: CommandLine) -> CommandLine:
    """Ask the person at the terminal for each missing value.

    Raises:
        click.Abort, KeyboardInterrupt: the person left; what was typed so far is printed.
        ValidationError: there is nothing to choose from.
    """
    asked: tuple[str, ...] = ()
    try:
        while (question := await _next_question(connection, line, asked)) is not None:
            line = line.with_value(question.name, _ask(question))
            asked = (*asked, question.name)
    except (click.Abort, KeyboardInterrupt):
        if line.words:
            print(f"\n\nTo continue: {line.text}", end="", file=sys.stderr)
        raise
    return line


async def missing_values(connection: Connection, line: CommandLine) -> ValidationError:
    """Return the error for missing values, with the complete commands that are possible."""
    labels = " and ".join(line.label(each) for each in line.missing)
    what = f"podium {line.name} needs {labels}"
    found = [each async for each in _completions(connection, _Completion(line), ())]
    titled = [each for each in found if each.titles]
    why = [f"{each.values}: {each.titles}" for each in titled[:MOST_SHOWN]]
    if len(titled) > MOST_SHOWN:
        why.append(f"and more: podium {line.missing[0]}s")
    hints = [each.line.text for each in found[:MOST_SHOWN]] or [f"podium {line.name} --help"]
    return ValidationError(what, why="; ".join(why), hints=hints)


@dataclass(frozen=True)
class _Completion:
    """A complete command line.

    Args:
        line: the command line.
        values: the chosen values.
        titles: what they stand for.
    """

    line: CommandLine
    values: str = ""
    titles: str = ""

    def with_choice(self, name: str, choice: "Choice") -> "_Completion":
        """Return the command line with a chosen value."""
        title = _title(choice.label)
        return _Completion(
            self.line.with_value(name, choice.value),
            joined(self.values, choice.value, sign=" "),
            joined(self.titles, title),
        )


async def _completions(
    connection: Connection, started: _Completion, asked: tuple[str, ...]
) -> AsyncIterator[_Completion]:
    """Yield every complete command line."""
    line = started.line
    question = await _next_question(connection, line, asked)
    if question is None:
        yield started
    elif not question.choices:
        rest = replace(started, line=line.with_value(question.name, _PLACEHOLDER))
        async for each in _completions(connection, rest, (*asked, question.name)):
            yield each
    else:
        if question.name == "choice" and not started.titles:
            # The only open question is not a choice, but the person has to know what it asks.
            started = replace(started, titles=_title(question.prompt))
        for choice in question.choices[: MOST_SHOWN + 1]:
            chosen = started.with_choice(question.name, choice)
            async for each in _completions(connection, chosen, (*asked, question.name)):
                yield each


async def _next_question(
    connection: Connection, line: CommandLine, asked: tuple[str, ...]
) -> "Question | None":
    """Return the next question about a missing value, or about an object that it depends on.

    Raises:
        ValidationError: there is nothing to choose from.
    """
    from podium.operations.prompt.choices import KINDS

    if not line.missing and not line.offered:
        return None
    of_interest = {*line.missing, *line.offered, *KINDS}
    others = [each for each in line.operation.params.model_fields if each not in of_interest]
    outcome = await connection.invoke(
        "prompt.form",
        {
            "operation": line.operation.id,
            "given": to_jsonable_python(dict(line.given)),
            "asked": [*asked, *others],
        },
    )
    assert isinstance(outcome, Performed), "reading needs no consent"
    question: Question | None = outcome.result.question
    if question is not None and question.name in KINDS and not question.choices:
        what = f"podium {line.name} needs a {question.name}, and there is none"
        raise ValidationError(what, hints=[f"podium {question.name}s"])
    return question


def _title(text: str) -> str:
    """Return a title on one line; a semicolon would begin another line of the error."""
    return shorten(text.replace("; ", ", "), _LONGEST_TITLE)


def _ask(question: "Question") -> str:
    """Ask the person one question, until the answer is possible."""
    from podium_cli.render.questions import draw_choices

    if not question.choices:
        with interruptible():
            answer: str = click.prompt(question.prompt)
        return answer
    draw_choices(question)
    while True:
        with interruptible():
            typed: str = click.prompt("Number", default="" if question.optional else None)
        if (value := _chosen(question, typed.strip())) is not None:
            return value
        print("That is none of the choices.", file=sys.stderr)


def _chosen(question: "Question", typed: str) -> str | None:
    """Return the value that a number, a value or its beginning stands for."""
    values = [each.value for each in question.choices]
    if typed == "" and question.optional:
        return ""
    if typed.isdecimal() and 1 <= int(typed) <= len(values):
        return values[int(typed) - 1]
    matching = [each for each in values if each.startswith(typed)] if typed else []
    if typed in values:
        return typed
    return matching[0] if len(matching) == 1 else None
