"""run.activity: show what the agents of a run are doing."""

import contextlib
from pathlib import Path

from pydantic import Field

from podium.agents.call_directory import CallDirectory
from podium.entities.questions import all_questions
from podium.entities.runs import find_run, load_task_runs
from podium.model.agents import AgentEvent, Note, TextChunk, ThoughtChunk, ToolUse
from podium.model.base import Frozen
from podium.model.questions import Held, held_by
from podium.model.runs import Run, TaskRun
from podium.model.states import Phase
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.latest_call import latest_call_key
from podium.runs.context import call_keys
from podium.views.run_steps import doing
from podium.words import shorten

_LONGEST = 200


class ActivityParams(Frozen):
    """Parameters of `run.activity`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")
    task: str = Field(default="", description="only this task; by default all")


class TaskActivity(Frozen):
    """The current or last activity of a task's agent."""

    task_id: str
    phase: Phase
    doing: str
    """The title of the step, or the phase."""
    calling: bool
    """Whether an agent is being called."""
    call_key: str
    last: str
    """One line; empty if the agent has produced no output yet."""
    log: str
    """Path of the call's log, relative to the project that contains the store.

    Empty if the log was removed, or if it is packed and more than one task was requested.
    """


class Activity(Frozen):
    """The tasks of a run that have agent calls."""

    run_id: str
    tasks: tuple[TaskActivity, ...]


@operation("run.activity", Effect.READ)
async def activity(engine: Engine, params: ActivityParams) -> Activity:
    """Return the current activity and the log of each agent of a run.

    Raises:
        RunNotFound: there are no runs, or no run has this id.
    """
    run = find_run(engine.store, params.run)
    rows = load_task_runs(engine.store, run)
    wanted = [row for row in rows.values() if params.task in ("", row.task_id) and row.attempts]
    held = held_by(all_questions(engine.store, run.id))
    if len(wanted) == 1:
        _unpack_log(engine, run, wanted[0])
    return Activity(run_id=run.id, tasks=tuple(_task(engine, run, row, held) for row in wanted))


def _unpack_log(engine: Engine, run: Run, row: TaskRun) -> None:
    """Unpack the log of the only requested task, so that people and editors can open it."""
    with contextlib.suppress(OSError):  # on a read-only disk there is no file to open
        CallDirectory(engine.calls / latest_call_key(run, row)).unpack_output()


def _task(engine: Engine, run: Run, row: TaskRun, held: Held) -> TaskActivity:
    key = latest_call_key(run, row)
    call = CallDirectory(engine.calls / key)
    return TaskActivity(
        task_id=row.task_id,
        phase=row.phase,
        doing=doing(run, row, is_held=held.holds(row.task_id)),
        calling=bool(call_keys(run, row)),
        call_key=key,
        last=last_words(call.recent_events()),
        log=_relative(call.output, engine.home),
    )


def last_words(events: tuple[AgentEvent, ...]) -> str:
    """Return an agent's last action on one line."""
    last = ""
    for event in events:
        match event:
            case ToolUse(title=title):
                last = title
            case TextChunk(text=text) | ThoughtChunk(text=text) | Note(text=text):
                last = " ".join(text.split()) or last
            case _:
                pass
    return shorten(last, _LONGEST)


def _relative(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix() if path.is_file() else ""
