"""Shows what would change, asks, and lands exactly that."""

from podium_cli.confirm import PREVIEW, YES, confirmed
from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "work.land",
    arguments=("plan",),
    examples=("podium land", "podium land --yes", "podium land --preview"),
    hidden_parameters=frozenset({"token"}),
    extra_options=(YES, PREVIEW),
)


async def run(shell: Shell) -> int:
    """Preview, ask, and land what was previewed."""
    params = shell.params()
    preview = await shell.run(params)
    if shell.flag("preview") or preview.kind == "up-to-date":
        shell.show(preview)
        return 0
    if not shell.invocation.as_json:
        shell.show(preview)
    if not confirmed(shell, f"Land this on {preview.target}?"):
        return NO
    agreed = params.model_copy(update={"plan": preview.plan_id, "token": preview.token})
    shell.show(await shell.run(agreed))
    return 0
