"""The program that click runs: a group whose commands are built from the tables when asked for."""

import inspect
from typing import Any

import click

from podium.operations.table import load_operation
from podium_cli.parameters import click_parameters
from podium_cli.special import SPECIAL, special_options
from podium_cli.verbs import GROUPS, VERBS, Verb

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Program(click.Group):
    """All verbs; a verb's operation is imported when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order of the help."""
        del ctx
        return [*VERBS, *SPECIAL]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb."""
        del ctx
        if cmd_name in SPECIAL:
            return SPECIAL[cmd_name]
        return verb_command(cmd_name, VERBS[cmd_name]) if cmd_name in VERBS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which ones look like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _unknown(ctx, args[0], self.list_commands(ctx)) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs under their headings."""
        for group in GROUPS:
            rows = [
                (name, load_operation(verb.operation).summary)
                for name, verb in VERBS.items()
                if verb.group == group
            ]
            if group == GROUPS[-1]:
                rows += [
                    (name, command.get_short_help_str(90))
                    for name, command in SPECIAL.items()
                    if not command.hidden
                ]
            with formatter.section(group):
                formatter.write_dl(rows)


def verb_command(name: str, verb: Verb) -> click.Command:
    """Return the click command of a verb, built from its operation's parameters."""
    found = load_operation(verb.operation)
    parameters = click_parameters(found.params, verb)

    def callback(**answers: Any) -> int:
        from podium_cli.context import Asked, ask

        return ask(Asked(name, verb, found, answers))

    return click.Command(
        name,
        callback=callback,
        params=[*parameters, *special_options(name), *_common_options()],
        help=_help(found.run, verb),
        short_help=found.summary,
        context_settings=_CONTEXT,
        no_args_is_help=False,
    )


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(["as_json", "--json"], is_flag=True, help="print the result as JSON"),
        click.Option(
            ["project", "--project"],
            type=click.Path(file_okay=False),
            metavar="DIR",
            help="the project's folder, instead of the present one",
        ),
    ]


def _help(function: Any, verb: Verb) -> str:
    text = inspect.cleandoc(function.__doc__ or "").split("\n\nRaises:")[0]
    examples = "\n".join(f"  {line}" for line in verb.examples)
    return f"{text}\n\n\b\nExamples:\n{examples}" if examples else text


def _unknown(ctx: click.Context, word: str, known: list[str]) -> click.UsageError:
    import difflib

    close = difflib.get_close_matches(word, known, n=3)
    meant = f" Did you mean {', '.join(close)}?" if close else ""
    return click.UsageError(f"There is no command {word!r}.{meant}", ctx)


program = Program(
    "podium",
    help=(
        "Podium turns an objective into an approved plan of tasks and sees it through with coding "
        "agents; only checked work lands.\n\n\b\n"
        'podium init; podium plan "…" --agent NAME; podium approve; podium run; podium land'
    ),
    context_settings=_CONTEXT,
    params=[click.Option(["version", "--version", "-V"], is_flag=True, help="print the version")],
    invoke_without_command=False,
    no_args_is_help=True,
)
