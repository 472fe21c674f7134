"""The click group `podium`; each command is built from its operation on first use."""

import inspect
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from podium_cli.builtin import BUILTIN
from podium_cli.commands import COMMANDS, FORMER_NAMES, NAMES, PARTS, load_verb, summaries
from podium_cli.verb import Verb

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


_ELSEWHERE = {
    "help": "podium --help",
    "version": "podium --version",
    "create": "plan",
    "new": "plan",
    "list": "plans",
    "ls": "plans",
    "start": "run",
    "watch": "status --follow",
    "stop": "pause, cancel",
    "abort": "cancel",
    "log": "report",
    "logs": "report",
    "diff": "land --preview",
    "merge": "land",
    "apply": "land",
    "undo": "revert, restore",
    "delete": "edit --drop",
    "remove": "edit --drop",
    "lint": "audit",
    "settings": "config",
}
"""Common commands of other programs, and their equivalents here."""


class Program(click.Group):
    """All commands; the module and operation of a command are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        del ctx
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its current or previous name."""
        del ctx
        if cmd_name in BUILTIN:
            return BUILTIN[cmd_name]
        name = FORMER_NAMES.get(cmd_name, cmd_name)
        if name not in NAMES:
            return None
        command = build_command(cmd_name, *load_verb(name))
        return CommandWithParts(command, PARTS[name]) if name in PARTS else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest similar names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _unknown(ctx, args[0]) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings."""
        del ctx
        texts = summaries()
        for heading, names in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, texts[name]) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name without importing every command."""
        texts = summaries()
        names = [name for name in NAMES if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=texts[name]) for name in names), *options]


class CommandWithParts(click.Group):
    """A command with subcommands, which runs on its own if none is named.

    Args:
        command: the command itself.
        parts: the names of its subcommands; their descriptions are under `command part`.
    """

    def __init__(self, command: click.Command, parts: Sequence[str]) -> None:
        super().__init__(
            command.name,
            params=command.params,
            help=command.help,
            short_help=command.short_help,
            context_settings=_CONTEXT,
            invoke_without_command=True,
        )
        self._own = command.callback
        self._parts = tuple(parts)
        self.callback = self._run_own

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands."""
        del ctx
        return [*self._parts]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand by name."""
        del ctx
        if cmd_name not in self._parts:
            return None
        verb, run = load_verb(f"{self.name} {cmd_name}")
        return build_command(f"{self.name} {cmd_name}", verb, run)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand, or name all of them."""
        if args[0] not in self._parts:
            words = ", ".join(self._parts)
            text = f"{self.name} has no subcommand {args[0]!r}; it has: {words}."
            raise click.UsageError(text, ctx)
        return super().resolve_command(ctx, args)

    def _run_own(self, **answers: Any) -> Any:
        context = click.get_current_context()
        if context.invoked_subcommand is None:
            return self._own(**answers) if self._own else None
        if given := [option for option, value in answers.items() if value]:
            words = ", ".join("--json" if each == "as_json" else f"--{each}" for each in given)
            raise click.UsageError(f"Write {words} after {context.invoked_subcommand}.", context)
        return None


WORDS = "podium.words"


class _Command(click.Command):
    """A command that keeps the words that were typed after its name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words, and parse them."""
        ctx.meta[WORDS] = [*args]
        return super().parse_args(ctx, args)


def build_command(name: str, verb: Verb, run: Any) -> click.Command:
    """Return the click command of a verb, built from its operation's parameters.

    Args:
        run: the function that runs it, a `context.Run`.
    """
    from podium.operations.table import load_operation
    from podium_cli.parameters import click_parameters, former_parameter

    operation = load_operation(verb.operation)

    def callback(**answers: Any) -> int:
        from podium_cli.context import Invocation, invoke

        for former, parameter in verb.former_options.items():
            answers[parameter] = answers.pop(former_parameter(former)) or answers[parameter]
        words = tuple(click.get_current_context().meta.get(WORDS, ()))
        return invoke(Invocation(name, operation, answers, verb, words), run)

    return _Command(
        name,
        callback=callback,
        params=[
            *click_parameters(operation.params, verb),
            *_consent_options(operation.confirm),
            *verb.extra_options,
            *_common_options(),
        ],
        help=_help(operation.run, verb),
        short_help=operation.summary,
        context_settings=_CONTEXT,
        no_args_is_help=False,
    )


def _consent_options(confirm: object) -> list[click.Parameter]:
    """Return the option `--yes` for an operation that may ask first."""
    from podium_cli.confirm import YES

    return [YES] if confirm is not None else []


def _common_options() -> list[click.Parameter]:
    return [
        click.Option(["as_json", "--json"], is_flag=True, help="print the result as JSON"),
        click.Option(
            ["project", "--project"],
            type=click.Path(file_okay=False),
            metavar="DIR",
            help="the project's folder, instead of the current one",
        ),
    ]


def _help(function: Any, verb: Verb) -> str:
    text = inspect.cleandoc(function.__doc__ or "").split("\n\nRaises:")[0]
    examples = "\n".join(f"  {line}" for line in verb.examples)
    return f"{text}\n\n\b\nExamples:\n{examples}" if examples else text


def _unknown(ctx: click.Context, word: str) -> click.UsageError:
    import difflib

    words = difflib.get_close_matches(word, (*NAMES, *_ELSEWHERE), n=3, cutoff=0.7)
    close = [_ELSEWHERE[word]] if word in _ELSEWHERE else [_ELSEWHERE.get(w, w) for w in words]
    meant = f" Did you mean {', '.join(dict.fromkeys(close))}?" if close else ""
    return click.UsageError(f"There is no command {word!r}.{meant}", ctx)


program = Program(
    "podium",
    help=(
        "Podium turns an objective into an approved plan of tasks and sees it through with coding "
        "agents; only checked work lands.\n\n\b\n"
        'podium init; podium plan "…" --agent NAME\npodium approve; podium run; podium land'
    ),
    context_settings=_CONTEXT,
    params=[click.Option(["version", "--version", "-V"], is_flag=True, help="print the version")],
    invoke_without_command=False,
    no_args_is_help=True,
)
