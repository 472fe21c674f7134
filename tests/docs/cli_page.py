"""Writes `docs/cli.md` from the command line itself, through the public interface of click."""

import inspect
from collections.abc import Iterator

import click

from podium_cli.group import program

Rows = list[tuple[str, str]]

HEAD = """\
# Command line

<!-- Generated from the table of commands by `pytest --update tests/docs`; do not edit. -->

Every command takes `--help`. Commands that run an operation also take `--json`, which prints
the result for programs, and `--project DIR`, which selects a project other than the current folder.

A command that lacks a value asks for it at a terminal, with the tasks, plans or questions to choose
from by title; Ctrl-C prints the command with what was typed so far. Without a terminal, or with
`--json`, the error lists the complete commands.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | a negative answer: a task is open, an error was found, you declined a question |
| 2 | the request is invalid |
| 3 | the named object does not exist |
| 4 | not possible in the current state: not approved, not trusted, or a conflict |
| 5 | the disk, git or another program failed, or a program is missing |
| 6 | the agent failed |
| 70 | a bug in Podium |
| 130 | interrupted |
"""

OWN_PAGES = {
    "mcp": "It has its own options: [Podium in an AI assistant](mcp.md).",
    "lsp": "It has its own options: [Set up your editor](editors.md).",
}
"""Commands that parse their own words, and the page that explains them."""


class _Sections(click.HelpFormatter):
    """Records the headings and rows that a help screen would show."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}

    def write_heading(self, heading: str) -> None:
        """Begin a section."""
        self.found[heading] = []

    def write_dl(self, rows: Rows, col_max: int = 30, col_spacing: int = 2) -> None:  # type: ignore[override]  # click takes any sequence of rows
        """Keep the names of the rows."""
        del col_max, col_spacing
        self.found[list(self.found)[-1]] += [name for name, _ in rows]


def page() -> str:
    """Return the whole page."""
    context = click.Context(program, info_name="podium")
    sections = _Sections()
    program.format_commands(context, sections)
    return "\n".join([HEAD, *_sections(context, sections.found)])


def _sections(context: click.Context, found: dict[str, list[str]]) -> Iterator[str]:
    for heading, names in found.items():
        yield f"## {heading}\n"
        for name in names:
            command = program.get_command(context, name)
            assert command is not None, f"the help lists {name}, which does not exist"
            yield "\n\n".join(_command(context, name, command)) + "\n"
            yield from _parts(context, name, command)


def _parts(parent: click.Context, name: str, command: click.Command) -> Iterator[str]:
    """Write the subcommands of a command."""
    if not isinstance(command, click.Group):
        return
    context = click.Context(command, info_name=name, parent=parent)
    for each in command.list_commands(context):
        part = command.get_command(context, each)
        assert part is not None, f"{name} lists {each}, which does not exist"
        heading, *rest = _command(context, each, part)
        yield (
            "\n\n".join([heading.replace(f"podium {each}", f"podium {name} {each}"), *rest]) + "\n"
        )


def _command(parent: click.Context, name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    words, _, examples = inspect.cleandoc(command.help or "").partition("\n\n\b\nExamples:\n")
    yield f"### podium {name}"
    yield words.split("; `podium")[0].rstrip(".") + "."
    if name in OWN_PAGES:
        yield OWN_PAGES[name]
        return
    usage = " ".join(context.get_usage().removeprefix("Usage: ").split())
    yield f"```text\n{usage}\n```"
    rows = [row for each in command.params if (row := _row(context, each))]
    if rows:
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])
    if examples:
        yield "Examples:\n\n```text\n" + inspect.cleandoc(examples) + "\n```"


def _row(context: click.Context, parameter: click.Parameter) -> str:
    """Return an option's row; the two that every command has are explained at the top."""
    if not isinstance(parameter, click.Option) or parameter.name in {"as_json", "project"}:
        return ""
    flags = ", ".join(f"`{flag}`" for flag in parameter.opts)
    value = "" if parameter.is_flag else f" `{parameter.make_metavar(context)}`"
    meaning = (parameter.help or "").replace("|", "\\|")
    return f"| {flags}{value.replace('|', chr(92) + '|')} | {meaning} |"
