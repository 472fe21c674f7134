"""Options that a verb has beside its operation, and verbs without an operation."""

import click

_YES = click.Option(["yes", "--yes", "-y"], is_flag=True, help="do not ask")

_OPTIONS: dict[str, tuple[click.Option, ...]] = {
    "plan": (
        click.Option(
            ["tasks_file", "--tasks"],
            type=click.Path(dir_okay=False),
            help="the tasks, from a JSON file, instead of an agent",
        ),
        click.Option(
            ["playbook", "--playbook"],
            type=click.Path(dir_okay=False),
            help="a playbook that drafts the plan and carries it out",
        ),
    ),
    "approve": (_YES,),
    "run": (
        click.Option(["detach", "--detach", "-d"], is_flag=True, help="do not follow the run"),
        click.Option(["plain", "--plain"], is_flag=True, help="lines instead of live bars"),
    ),
    "status": (
        click.Option(["follow", "--follow", "-f"], is_flag=True, help="stay until the run ends"),
        click.Option(["plain", "--plain"], is_flag=True, help="lines instead of live bars"),
    ),
    "land": (
        _YES,
        click.Option(["preview", "--preview"], is_flag=True, help="only show what would change"),
    ),
    "revert": (
        _YES,
        click.Option(["preview", "--preview"], is_flag=True, help="only show what would change"),
    ),
    "restore": (
        _YES,
        click.Option(["preview", "--preview"], is_flag=True, help="only show what would change"),
    ),
    "recover": (
        _YES,
        click.Option(["dry_run", "--dry-run"], is_flag=True, help="only show what can be done"),
    ),
    "sessions": (
        click.Option(["recover", "--recover"], is_flag=True, help="the same as podium recover"),
    ),
    "reset": (_YES,),
    "cancel": (_YES,),
    "edit": (
        click.Option(
            ["add", "--add"], multiple=True, metavar="JSON", help="a task to add at the end"
        ),
        click.Option(["drop", "--drop"], multiple=True, metavar="TASK", help="a task to drop"),
        click.Option(
            ["change", "--set"],
            multiple=True,
            metavar="TASK.FIELD=VALUE",
            help="replace a field; the value is JSON, or else taken as text",
        ),
        click.Option(["order", "--order"], metavar="TASK,TASK,…", help="these tasks come first"),
        click.Option(["objective", "--objective"], help="another objective"),
        click.Option(["summary", "--summary"], help="another summary"),
    ),
}


def special_options(verb: str) -> list[click.Option]:
    """Return the options that a verb has beside its operation's parameters."""
    return list(_OPTIONS.get(verb, ()))


@click.command("completion", help="Print the completion script of a shell; add it to its start-up.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from podium_cli.program import program

    kind = get_completion_class(shell)
    assert kind is not None, "the choice names only shells that click knows"
    print(kind(program, {}, "podium", "_PODIUM_COMPLETE").source())
    return 0


@click.command("demo", help="Run the whole road on a sample repository: no agent, no network.")
@click.option("--keep", is_flag=True, help="keep the sample repository")
@click.option("--plain", is_flag=True, help="lines instead of live bars")
def demo(keep: bool, plain: bool) -> int:
    """Run the demonstration."""
    from podium_cli.demo import run_demo

    return run_demo(keep=keep, plain=plain)


@click.command(
    "mcp",
    help="Serve the project to an AI assistant; `podium mcp --help` tells more.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def mcp(words: tuple[str, ...]) -> int:
    """Start the MCP server."""
    from podium_mcp.start import start

    return start(words)


@click.command(
    "lsp",
    help="Serve an editor over the Language Server Protocol; `podium lsp --help` tells more.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def lsp(words: tuple[str, ...]) -> int:
    """Start the language server."""
    from podium_lsp.start import start

    return start(words)


@click.command(
    "git-merge", help="Merge a document by key; git calls it as a merge driver.", hidden=True
)
@click.argument("base", type=click.Path(dir_okay=False))
@click.argument("ours", type=click.Path(dir_okay=False))
@click.argument("theirs", type=click.Path(dir_okay=False))
@click.argument("path")
def git_merge(base: str, ours: str, theirs: str, path: str) -> int:
    """Merge three files into the second one."""
    from podium.store.documents.merge_driver import merge_files

    return merge_files(base, ours, theirs, path)


SPECIAL: dict[str, click.Command] = {
    "git-merge": git_merge,
    "mcp": mcp,
    "lsp": lsp,
    "demo": demo,
    "completion": completion,
}
"""Verbs without an operation."""
