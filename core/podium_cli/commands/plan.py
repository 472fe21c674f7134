"""Drafts a plan and shows it."""

from pathlib import Path
from typing import Any

import click

from podium_cli.context import Shell
from podium_cli.verb import Verb

VERB = Verb(
    "plan.create",
    arguments=("objective",),
    examples=(
        'podium plan "Add a --json flag to the list command" --agent gemini',
        "podium plan --playbook demo.yaml",
        'podium plan "Two small fixes" --tasks tasks.json',
    ),
    options={"options": ("--option", "-o")},
    hidden_parameters=frozenset({"tasks", "reply"}),
    extra_options=(
        click.Option(
            ["tasks_file", "--tasks"],
            type=click.Path(dir_okay=False),
            help="take the tasks from a JSON file instead of asking an agent",
        ),
        click.Option(
            ["playbook", "--playbook"],
            type=click.Path(dir_okay=False),
            help="draft and run the plan with a playbook",
        ),
    ),
)


async def run(shell: Shell) -> int:
    """Draft the plan, with a spinner while the architect works."""
    own = _own_parameters(shell)
    if shell.is_interactive and not own and not shell.flag("options"):
        await shell.ask_for_missing("agent", "objective")
    params = shell.params(**own)
    if shell.is_interactive and params.tasks is None:
        from podium_cli.render.waiting import waiting

        with waiting("The architect is drafting the plan"):
            result = await shell.run(params)
    else:
        result = await shell.run(params)
    shell.show(result)
    return 0


def _own_parameters(shell: Shell) -> dict[str, Any]:
    """Return the parameters set by the command's own options."""
    given: dict[str, Any] = {}
    if (path := shell.flag("tasks_file")) is not None:
        given["tasks"] = _read_text(path)
    if (playbook := shell.flag("playbook")) is not None:
        # Relative to the working directory, not to the project.
        options = (*(shell.flag("options") or ()), f"playbook={Path(playbook).resolve()}")
        given |= {"agent": "playbook", "options": options}
    return given


def _read_text(path: str) -> str:
    from podium.operations.plain_files import read_text_file

    return read_text_file(path)[0]
