"""Shows what would be restored, asks, and restores exactly that."""

from podium_cli.confirm import PREVIEW, YES, confirmed, must_ask
from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "store.restore",
    arguments=("sequence",),
    examples=("podium restore 120", "podium restore 120 --below plans/p-7k3/"),
    hidden_parameters=frozenset({"token"}),
    extra_options=(YES, PREVIEW),
)


async def run(shell: Shell) -> int:
    """Preview, ask, and restore what was previewed."""
    params = shell.params()
    preview = await shell.run(params)
    if shell.flag("preview") or not preview.documents:
        shell.show(preview)
        return 0
    if must_ask(shell):
        shell.show(preview)
        if not confirmed(shell, "Restore these documents?"):
            return NO
    agreed = params.model_copy(update={"token": preview.token})
    shell.show(await shell.run(agreed))
    return 0
