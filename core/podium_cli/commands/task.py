"""Shows a task, or updates it."""

from podium_cli.context import Shell
from podium_cli.verb import Verb

VERB = Verb(
    "task.update",
    arguments=("task",),
    examples=(
        "podium task t1",
        'podium task t1 --state done --word "tried it by hand"',
        "podium task t1 --command 'pytest -q' --state done",
        'podium task t2 --state blocked --reason "waits for the API"',
    ),
)


async def run(shell: Shell) -> int:
    """Update the task if changes are given, and show it."""
    params = shell.params()
    if params.model_fields_set <= {"task"}:
        view = await shell.call("task.show", {"task": params.task})
    else:
        view = await shell.run(params)
    shell.show(view, of="task.show")
    return 0
