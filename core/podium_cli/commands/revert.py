"""Shows what would change, asks, and reverts the file exactly so."""

from podium_cli.confirm import PREVIEW, YES, confirmed
from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "file.revert",
    arguments=("path",),
    examples=(
        "podium revert src/a.py",
        "podium revert src/a.py --preview",
        "podium revert src/a.py --to r-7k3m9x/t1/1",
    ),
    hidden_parameters=frozenset({"token", "written_by", "text"}),
    extra_options=(YES, PREVIEW),
)


async def run(shell: Shell) -> int:
    """Preview, ask, and revert as previewed."""
    params = shell.params()
    preview = await shell.run(params)
    if shell.flag("preview"):
        shell.show(preview)
        return 0
    if not shell.invocation.as_json:
        shell.show(preview)
    if not confirmed(shell, "Revert this file?"):
        return NO
    agreed = params.model_copy(update={"to": preview.to.name, "token": preview.token})
    shell.show(await shell.run(agreed))
    return 0
