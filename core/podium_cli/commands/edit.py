"""Edits a plan."""

import json
from typing import Any

import click

from podium.errors import ValidationError
from podium_cli.context import Shell
from podium_cli.verb import Verb

VERB = Verb(
    "plan.update",
    arguments=("plan",),
    examples=(
        "podium edit --drop t3",
        "podium edit --set t1.title='Parse the flag' --set t1.priority=high",
        'podium edit --add \'{"id": "t4", "title": "Write the docs"}\' --order t4,t1',
    ),
    hidden_parameters=frozenset({"edits"}),
    extra_options=(
        click.Option(
            ["add", "--add"], multiple=True, metavar="JSON", help="a task to add at the end"
        ),
        click.Option(["drop", "--drop"], multiple=True, metavar="TASK", help="a task to drop"),
        click.Option(
            ["change", "--set"],
            multiple=True,
            metavar="TASK.FIELD=VALUE",
            help="replace a field; a value that is not JSON counts as text",
        ),
        click.Option(
            ["order", "--order"], metavar="TASK,TASK,…", help="tasks to move to the front"
        ),
        click.Option(["objective", "--objective"], help="the new objective"),
        click.Option(["summary", "--summary"], help="the new summary"),
    ),
)


async def run(shell: Shell) -> int:
    """Apply the edits given as options, all or none."""
    edits = _edits(shell)
    if not edits:
        raise ValidationError("No edit is given", hints=["podium edit --help"])
    shell.show(await shell.run(shell.params(edits=edits)))
    return 0


def _edits(shell: Shell) -> list[dict[str, Any]]:
    flag = shell.flag
    edits: list[dict[str, Any]] = [
        {"op": "add", "task": _json(text, "--add")} for text in flag("add") or ()
    ]
    edits += [{"op": "drop", "task_id": name} for name in flag("drop") or ()]
    edits += [_change(text) for text in flag("change") or ()]
    if flag("order"):
        edits.append({"op": "order", "task_ids": [n.strip() for n in flag("order").split(",")]})
    if flag("objective") or flag("summary") is not None:
        text = {"objective": flag("objective") or "", "summary": flag("summary")}
        edits.append({"op": "text", **{k: v for k, v in text.items() if v is not None}})
    return edits


def _change(text: str) -> dict[str, Any]:
    place, equals, value = text.partition("=")
    task_id, dot, name = place.rpartition(".")
    if not equals or not dot:
        raise ValidationError(f"{text!r} is not a change", why="write it as TASK.FIELD=VALUE")
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        parsed = value
    return {"op": "change", "task_id": task_id, "fields": {name: parsed}}


def _json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        why = f"{error.msg} at character {error.pos + 1}"
        raise ValidationError(f"{option} expects JSON", why=why) from error
