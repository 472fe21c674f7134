"""Lists a plan's tasks, and caches them for the next time."""

from podium.app.kept.tasks import basis_now, home_at
from podium_cli.context import Shell, run_once
from podium_cli.verb import Verb

VERB = Verb(
    "task.list",
    arguments=("*where",),
    examples=("podium tasks", "podium tasks state:pending priority:high parser"),
)


async def run(shell: Shell) -> int:
    """List the tasks; next time, `kept_list` shows them unless something has changed."""
    home = home_at(shell.invocation.folder)
    basis = basis_now(home) if home else None
    code = await run_once(shell)
    if basis:
        from podium.app.kept.keeper import keep_tasks

        keep_tasks(shell.connection.engine, basis, shell.params().plan)
    return code
