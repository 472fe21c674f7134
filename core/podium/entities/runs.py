"""Finds runs and the records of their tasks."""

from podium.entities.access import Reader
from podium.entities.plans import load_plan
from podium.entities.references import check_not_orphaned
from podium.entities.signing import is_run_signed_here
from podium.errors import RunNotFound
from podium.model import layout
from podium.model.ids import Kind, resolve
from podium.model.plans import Plan
from podium.model.runs import END_STATES, RequestedState, Run, RunRequest, TaskRun
from podium.model.states import RunState


def load_run(reader: Reader, run_id: str) -> Run:
    """Return the run with exactly this id.

    Raises:
        RunNotFound: there is no such run.
        DocumentMissing: the run's file was deleted.
    """
    run = reader.get(layout.run(run_id))
    if run is None:
        check_not_orphaned(reader, layout.task_runs(run_id), "run.json", run_id)
        raise RunNotFound(f"There is no run {run_id!r}", hints=["podium status lists the runs"])
    return run


def all_runs(reader: Reader, plan_id: str = "") -> list[Run]:
    """Return all runs, or the runs of one plan, newest first."""
    rows = [r for r in reader.list(layout.runs()).values() if plan_id in ("", r.plan_id)]
    return sorted(rows, key=lambda run: (run.created_at, run.id), reverse=True)


def find_run(reader: Reader, id_or_prefix: str) -> Run:
    """Return the run with an id or id prefix, or the newest run if `id_or_prefix` is empty.

    Raises:
        RunNotFound: there is no such run.
        DocumentMissing: the run's file was deleted.
        AmbiguousId: several runs match.
    """
    runs = all_runs(reader)
    if not any(id_or_prefix in run.id for run in runs):
        check_not_orphaned(reader, layout.all_task_runs(), "run.json", id_or_prefix)
    if id_or_prefix:
        return load_run(reader, resolve(Kind.RUN, id_or_prefix, [run.id for run in runs]))
    if not runs:
        raise RunNotFound("Nothing has run yet", hints=["podium run starts the approved plan"])
    return runs[0]


def active_runs(reader: Reader, plan_id: str = "") -> tuple[Run, ...]:
    """Return the unfinished runs of one plan or of all plans, newest first.

    Only one run can be started at a time, but several may exist, because branches with one run each
    can be merged. Runs started on other machines are ignored.
    """
    open_runs = (run for run in all_runs(reader, plan_id) if run.state not in END_STATES)
    return tuple(run for run in open_runs if is_run_signed_here(run))


def active_run(reader: Reader, plan_id: str = "") -> Run | None:
    """Return the newest unfinished run of one plan or of any plan, or None."""
    return next(iter(active_runs(reader, plan_id)), None)


def due_run(reader: Reader) -> Run | None:
    """Return the oldest run that a runner should execute; skip runs signed on other machines."""
    for run in reversed(all_runs(reader)):
        if run.state in END_STATES or not is_run_signed_here(run):
            continue
        if not _is_paused(run, reader.get(layout.run_intent(run.id))):
            return run
    return None


def _is_paused(run: Run, intent: RunRequest | None) -> bool:
    want = intent.want if intent else RequestedState.RUN
    return run.state is RunState.PAUSED and want is RequestedState.PAUSE


def plan_of(reader: Reader, run: Run) -> Plan:
    """Return the plan of a run as it was approved.

    Raises:
        PlanNotFound: an older version of Podium wrote the run, and its plan no longer exists.
    """
    return run.plan or load_plan(reader, run.plan_id)


def load_task_runs(reader: Reader, run: Run) -> dict[str, TaskRun]:
    """Return the task runs of a run by task id, including tasks that have not started."""
    rows = {row.task_id: row for row in reader.list(layout.task_runs(run.id)).values()}
    return {each: rows.get(each) or TaskRun(task_id=each) for each in run.task_ids}
