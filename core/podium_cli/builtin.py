"""Commands without an operation: servers, the demonstration, completion, the git merge driver."""

import click


@click.command("completion", help="Print the completion script for a shell's start-up file.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "click supports every shell in the choice"
    program = context.find_root().command
    print(kind(program, {}, "podium", "_PODIUM_COMPLETE").source())
    return 0


@click.command(
    "demo", help="Plan, run and land on a sample repository, without an agent or a network."
)
@click.option("--keep", is_flag=True, help="keep the sample repository")
@click.option("--plain", is_flag=True, help="print lines instead of progress bars")
def demo(keep: bool, plain: bool) -> int:
    """Run the demonstration."""
    from podium_cli.demo import run_demo

    return run_demo(keep=keep, plain=plain)


@click.command(
    "mcp",
    help="Serve the project to an AI assistant; see `podium mcp --help`.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def mcp(words: tuple[str, ...]) -> int:
    """Start the MCP server."""
    from podium_mcp.start import start

    return start(words)


@click.command(
    "lsp",
    help="Serve an editor over the Language Server Protocol; see `podium lsp --help`.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def lsp(words: tuple[str, ...]) -> int:
    """Start the language server."""
    from podium_lsp.start import start

    return start(words)


@click.command(
    "git-merge", help="Merge a document by key; called by git as a merge driver.", hidden=True
)
@click.argument("base", type=click.Path(dir_okay=False))
@click.argument("ours", type=click.Path(dir_okay=False))
@click.argument("theirs", type=click.Path(dir_okay=False))
@click.argument("path")
def git_merge(base: str, ours: str, theirs: str, path: str) -> int:
    """Merge three files into the second one."""
    from podium.operations.plain_files import merge_files

    return merge_files(base, ours, theirs, path)


BUILTIN: dict[str, click.Command] = {
    "git-merge": git_merge,
    "mcp": mcp,
    "lsp": lsp,
    "demo": demo,
    "completion": completion,
}
"""The commands by name."""
