"""Shows the tasks that the last list cached, without loading the engine.

Anything unexpected is left to the regular command, which also explains errors.
"""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from podium.app.kept.changes import present_tasks
from podium.app.kept.tasks import KeptPlan, KeptTask, KeptTasks, home_at
from podium.errors import PodiumError
from podium.operations.task.listing import DEFAULT_LIMIT, MOST, task_listing
from podium_cli.streams import discard_output, replace_unencodable

_VALUES = ("--plan", "--limit", "--project")
_COMPLETION = "_PODIUM_COMPLETE"
"""Set by a shell that asks for completions."""


@dataclass(frozen=True)
class Request:
    """The parsed words of a command line.

    Args:
        where: the filter.
        plan: an id or a unique prefix; empty for the newest plan.
        limit: the maximum number of tasks.
        as_json: whether the result is for a machine.
        project: the project's folder.
    """

    where: str = ""
    plan: str = ""
    limit: int = DEFAULT_LIMIT
    as_json: bool = False
    project: str = "."


@dataclass(frozen=True)
class Listed:
    """The tasks to show, with the fields and in the order of the operation's result."""

    plan_id: str
    objective: str
    tasks: tuple[KeptTask, ...]
    total: int


def show_kept_tasks(words: Sequence[str]) -> bool:
    """Show the cached tasks if the regular command would show exactly the same.

    Args:
        words: the words after the command.

    Returns:
        Whether it was shown; if not, nothing was printed.
    """
    request = parse(words)
    if request is None or _COMPLETION in os.environ:
        return False
    try:
        home = home_at(Path(request.project))
        kept = present_tasks(home) if home else None
        listed = _listed(kept, request) if kept else None
    except (PodiumError, OSError):
        return False
    if listed is None:
        return False
    replace_unencodable()
    try:
        show(listed, as_json=request.as_json)
    except BrokenPipeError:
        discard_output()
    return True


def parse(words: Sequence[str]) -> Request | None:
    """Return the request in a command line; None if it contains anything unusual."""
    filters: list[str] = []
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            filters.append(word)
            continue
        name, equals, value = word.partition("=")
        if name in _VALUES and not equals and rest:
            value = rest.pop(0)
        is_usual = word == "--json" or (name in _VALUES and value and not value.startswith("-"))
        if not is_usual or name in options:
            return None
        options[name] = value
    limit = _limit(options.get("--limit"))
    project = options.get("--project", ".")
    if limit is None or not os.path.isdir(project):
        return None
    return Request(
        where=filters[0] if len(filters) == 1 else shlex.join(filters),
        plan=options.get("--plan", ""),
        limit=limit,
        as_json="--json" in options,
        project=project,
    )


def _limit(text: str | None) -> int | None:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST))):
        return None
    return int(text) if 1 <= int(text) <= MOST else None


def _listed(kept: KeptTasks, request: Request) -> Listed | None:
    """Return the tasks to show; None if their plan has not been listed before.

    Raises:
        PodiumError: no plan has the id, or the filter is invalid.
    """
    plan = _plan(kept, request.plan)
    if plan is None:
        return None
    found = task_listing(KeptTask).listed(plan.tasks, request.where, request.limit)
    return Listed(plan.plan_id, plan.objective, found.rows, found.total)


def _plan(kept: KeptTasks, wanted: str) -> KeptPlan | None:
    if not wanted:
        return kept.plans.get(kept.plan_ids[0]) if kept.plan_ids else None
    # Imported only for an id prefix, because it loads more than the rest of this module.
    from podium.model.ids import Kind, resolve

    return kept.plans.get(resolve(Kind.PLAN, wanted, kept.plan_ids))


def show(listed: Listed, *, as_json: bool) -> None:
    """Print the tasks as the command prints its result.

    Raises:
        BrokenPipeError: the reader closed the pipe.
    """
    if as_json:
        sys.stdout.write(json.dumps(asdict(listed), ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()
        return
    from podium_cli.render.plain.tasks import task_list

    task_list(listed)
