"""Reads and assembles plans, tasks and runs from the store; must not know who asks or why."""

from collections.abc import Collection
from typing import Protocol, TypeVar

from podium.errors import PlanNotFound, RunNotFound, TaskNotFound
from podium.model import layout
from podium.model.base import Frozen
from podium.model.decide import RunView
from podium.model.documents import Folder, Key
from podium.model.graph import check_tasks
from podium.model.ids import Kind, resolve
from podium.model.messages import put_aside
from podium.model.plans import Approval, Plan, PlanHeader, Task
from podium.model.progress import TaskProgress, plan_state
from podium.model.runs import END_STATES, Run, TaskRun, Want
from podium.model.sessions import Session
from podium.model.states import PlanState, TaskState
from podium.running.seals import approval_is_ours, run_is_ours

D = TypeVar("D", bound=Frozen)


class Reader(Protocol):
    """What the store and a transaction have in common."""

    def get(self, key: Key[D]) -> D | None:
        """Return a document, or None."""
        ...

    def list(self, folder: Folder[D]) -> dict[str, D]:
        """Return all documents of a set by path, sorted."""
        ...


class Writer(Reader, Protocol):
    """What a transaction adds."""

    def put(self, key: Key[D], value: D) -> None:
        """Write a document."""
        ...

    def delete(self, key: Key[D]) -> None:
        """Remove a document."""
        ...


def plan_ids(reader: Reader) -> list[str]:
    """Return the ids of all plans, newest first."""
    headers = reader.list(layout.plan_headers()).values()
    return [h.id for h in sorted(headers, key=lambda h: (h.created_at, h.id), reverse=True)]


def load_plan(reader: Reader, plan_id: str) -> Plan:
    """Return the plan of that exact id.

    Raises:
        PlanNotFound: there is none.
    """
    header = reader.get(layout.plan_header(plan_id))
    if header is None:
        raise PlanNotFound(f"There is no plan {plan_id!r}", hints=["podium plans lists them"])
    return assemble(header, reader.list(layout.tasks(plan_id)).values())


def assemble(header: PlanHeader, tasks: Collection[Task]) -> Plan:
    """Return a plan from its documents; tasks that the order does not name come last.

    Two branches that each added a task merge their files but may not merge the order.
    """
    place = {task_id: index for index, task_id in enumerate(header.task_order)}
    ordered = sorted(tasks, key=lambda task: (place.get(task.id, len(place)), task.id))
    return Plan(header=header, tasks=tuple(ordered))


def store_plan(writer: Writer, plan: Plan) -> Plan:
    """Write a plan and remove tasks that it does not hold any more; return it as stored."""
    order = tuple(task.id for task in plan.tasks)
    header = plan.header.model_copy(update={"task_order": order})
    for path, task in writer.list(layout.tasks(plan.id)).items():
        if task.id not in order:
            writer.delete(Key(path, Task))
            writer.delete(layout.progress(plan.id, task.id))
    writer.put(layout.plan_header(plan.id), header)
    for task in plan.tasks:
        writer.put(layout.task(plan.id, task.id), task)
    return plan.model_copy(update={"header": header})


def find_plan(reader: Reader, wanted: str) -> Plan:
    """Return the plan that an id or a prefix names; the newest when `wanted` is empty.

    Raises:
        PlanNotFound: there is none.
        AmbiguousId: several match.
    """
    ids = plan_ids(reader)
    if wanted:
        return load_plan(reader, resolve(Kind.PLAN, wanted, ids))
    if not ids:
        raise PlanNotFound(
            "There is no plan yet", hints=['podium plan "what is to be done" drafts one']
        )
    return load_plan(reader, ids[0])


def find_task(reader: Reader, wanted: str, plan: str = "") -> tuple[Plan, Task]:
    """Return the task that `wanted` names: `plan/task`, or a task of the newest plan that has it.

    Raises:
        TaskNotFound: there is none.
        AmbiguousId: several match.
    """
    if "/" in wanted:
        plan, _, wanted = wanted.partition("/")
    if plan:
        home = find_plan(reader, plan)
        return home, home.task(resolve(Kind.TASK, wanted, [task.id for task in home.tasks]))
    plans = [load_plan(reader, each) for each in plan_ids(reader)]
    for home in plans:
        names = [task.id for task in home.tasks]
        if wanted in names or sum(name.startswith(wanted) for name in names) == 1:
            return home, home.task(resolve(Kind.TASK, wanted, names))
    every = [f"{home.id}/{task.id}" for home in plans for task in home.tasks]
    if not every:
        raise TaskNotFound("There is no task yet", hints=['podium plan "…" drafts a plan'])
    resolve(Kind.TASK, wanted, {name.split("/")[1] for name in every})
    raise TaskNotFound(f"There is no task {wanted!r}", hints=["podium tasks lists them"])


def load_progress(reader: Reader, plan_id: str) -> dict[str, TaskProgress]:
    """Return the progress of a plan's tasks by task id; untouched tasks have none."""
    rows = reader.list(layout.progresses(plan_id))
    return {layout.name_of(path): row for path, row in rows.items()}


def load_approval(reader: Reader, plan_id: str) -> Approval | None:
    """Return a person's word on a plan, whichever version it was on.

    A word that was not given on this machine is nobody's.
    """
    word = reader.get(layout.approval(plan_id))
    return word if word is not None and approval_is_ours(plan_id, word) else None


def task_states(plan: Plan, progress: dict[str, TaskProgress]) -> dict[str, TaskState]:
    """Return every task's state."""
    return {task.id: progress.get(task.id, TaskProgress()).state for task in plan.tasks}


def state_of_plan(reader: Reader, plan: Plan) -> PlanState:
    """Return where a plan stands."""
    states = task_states(plan, load_progress(reader, plan.id))
    running = active_run(reader, plan.id) is not None
    return plan_state(plan, load_approval(reader, plan.id), states, running=running)


def load_run(reader: Reader, run_id: str) -> Run:
    """Return the run of that exact id.

    Raises:
        RunNotFound: there is none.
    """
    run = reader.get(layout.run(run_id))
    if run is None:
        raise RunNotFound(f"There is no run {run_id!r}", hints=["podium status lists the runs"])
    return run


def all_runs(reader: Reader, plan_id: str = "") -> list[Run]:
    """Return all runs, or those of one plan, newest first."""
    rows = [r for r in reader.list(layout.runs()).values() if plan_id in ("", r.plan_id)]
    return sorted(rows, key=lambda run: (run.created_at, run.id), reverse=True)


def find_run(reader: Reader, wanted: str) -> Run:
    """Return the run that an id or a prefix names; the newest when `wanted` is empty.

    Raises:
        RunNotFound: there is none.
        AmbiguousId: several match.
    """
    runs = all_runs(reader)
    if wanted:
        return load_run(reader, resolve(Kind.RUN, wanted, [run.id for run in runs]))
    if not runs:
        raise RunNotFound("Nothing has run yet", hints=["podium run starts the approved plan"])
    return runs[0]


def active_run(reader: Reader, plan_id: str = "") -> Run | None:
    """Return the run that has not ended, of one plan or of any.

    A run that was not started on this machine is none.
    """
    open_runs = (run for run in all_runs(reader, plan_id) if run.state not in END_STATES)
    return next((run for run in open_runs if run_is_ours(run)), None)


def plan_of(reader: Reader, run: Run) -> Plan:
    """Return the plan that a run carries out, as it was approved.

    Raises:
        PlanNotFound: the run is of an older program and its plan is gone.
    """
    return run.plan or load_plan(reader, run.plan_id)


def load_task_runs(reader: Reader, run: Run) -> dict[str, TaskRun]:
    """Return a run's tasks by id, also those that nothing has happened to yet."""
    rows = {row.task_id: row for row in reader.list(layout.task_runs(run.id)).values()}
    return {each: rows.get(each, TaskRun(task_id=each)) for each in run.task_ids}


def run_view(reader: Reader, run: Run) -> RunView:
    """Return all that the next decision depends on."""
    plan = plan_of(reader, run)
    intent = reader.get(layout.run_intent(run.id))
    finished = {TaskState.DONE, TaskState.SKIPPED}
    states = task_states(plan, load_progress(reader, plan.id))
    return RunView(
        tasks=tuple(task for task in plan.tasks if task.id in run.task_ids),
        task_runs=load_task_runs(reader, run),
        want=intent.want if intent else Want.RUN,
        max_parallel=run.max_parallel,
        max_attempts=run.max_attempts,
        already_done=frozenset(
            each for each, s in states.items() if s in finished and each not in run.task_ids
        ),
    )


def shortened(writer: Writer, session: Session) -> Session:
    """Return a session that carries no more than it may; older messages are put aside."""
    context, older = put_aside(session.context)
    if older is None:
        return session
    number = len(writer.list(layout.all_older_messages(session.id))) + 1
    writer.put(layout.older_messages(session.id, number), older)
    return session.model_copy(update={"context": context})


def check_plan_rules(plan: Plan) -> None:
    """Check a plan's rules again; it may have been edited by hand or merged.

    Raises:
        InvalidPlan: with every problem.
    """
    check_tasks(plan.tasks)
