"""run.status: show the state of a run."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field

from podium.dialogue.documents.run_report import total_usage
from podium.entities.answers.permissions import remembered
from podium.entities.ledger import RunLedger
from podium.entities.questions import all_questions
from podium.entities.runs import find_run, load_run, load_task_runs, plan_of
from podium.model import layout
from podium.model.agents import Role, Usage
from podium.model.base import Frozen
from podium.model.plans import Task
from podium.model.questions import Held, Question, held_by
from podium.model.rules.budgets import Spent, local_day, near_limit, spent_by, total
from podium.model.runs import END_STATES, AgentResult, GateResult, RequestedState, Run, TaskRun
from podium.model.states import Phase, RunState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.latest_call import latest_call_key, latest_limits
from podium.operations.views import has_landed
from podium.views.next_steps import as_command, question_steps, run_steps
from podium.views.run_steps import doing
from podium.views.steps import Step


class StatusParams(Frozen):
    """Parameters of `run.status`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")


class TaskStatus(Frozen):
    """A task of the run."""

    id: str
    title: str
    phase: Phase
    step: str
    """Path of the step in the tree, in phase `working`: `execute`, `review[2]/fix`."""
    doing: str
    """The title of the step, or the phase."""
    attempt: int
    max_attempts: int
    agent: str
    call_key: str
    """The id of the latest agent call, for its log."""
    limits: str = ""
    """The time limits of the latest agent call and why it has them, if they are shorter than the
    configured ones."""
    problem: str
    """The reason why the latest attempt failed or the task ended without success."""
    allowed: tuple[str, ...]
    """The kinds of actions that a person allowed for the rest of the task."""
    gates: tuple[GateResult, ...]
    changed_files: tuple[str, ...]
    commit: str
    started_at: datetime | None
    ended_at: datetime | None


class RunStatus(Frozen):
    """A run with its tasks."""

    run_id: str
    plan_id: str
    objective: str
    state: RunState
    want: RequestedState
    runner_alive: bool
    max_parallel: int
    unconfined: tuple[str, ...] = ()
    """What of the sandbox is not in force, one sentence each."""
    integration_branch: str
    target_branch: str
    tasks: tuple[TaskStatus, ...]
    done: int
    usage: Usage
    spent: Spent = Spent()
    """What the calls used, with the number of those without a known cost."""
    budget: tuple[str, ...] = ()
    """One sentence for each limit that is nearly used up, unless a question says so."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    questions: tuple[Question, ...] = ()
    """Open questions that hold the run or its tasks, oldest first."""
    next: str
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)
    """The possible next steps, most common first."""

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.state in END_STATES


@operation("run.status", Effect.READ)
async def status(engine: Engine, params: StatusParams) -> RunStatus:
    """Show the state of a run, task by task.

    Raises:
        RunNotFound: there are no runs, or no run has this id.
    """
    return status_of_loaded(engine, find_run(engine.store, params.run))


def run_status(engine: Engine, run: Run) -> RunStatus:
    """Return the stored status of a run with its tasks."""
    return status_of_loaded(engine, load_run(engine.store, run.id))


def status_of_loaded(engine: Engine, run: Run) -> RunStatus:
    """Return the status of a run that has just been read or stored, with its tasks."""
    plan = plan_of(engine.store, run)
    rows = load_task_runs(engine.store, run)
    intent = engine.store.get(layout.run_intent(run.id))
    planned = {task.id: task for task in plan.tasks}
    want = intent.want if intent else RequestedState.RUN
    # Check whether the result has landed only if landing would be the next step.
    landed = run.state is RunState.COMPLETED and has_landed(engine.store, run)
    steps = run_steps(run, landed=landed, want=want)
    questions = all_questions(engine.store, run.id)
    waiting = tuple(each for each in questions if each.is_open)
    if waiting:
        steps = (*question_steps(waiting[0]), *steps)
    held = held_by(waiting)
    kept = remembered(questions)
    tasks = tuple(_task(run, row, planned.get(row.task_id), held, kept) for row in rows.values())
    calls = [call for row in rows.values() for each in row.attempts for call in each.calls]
    return RunStatus(
        run_id=run.id,
        plan_id=run.plan_id,
        objective=plan.objective,
        state=run.state,
        want=want,
        runner_alive=run.state not in END_STATES and engine.runner_is_alive(),
        max_parallel=run.settings.max_parallel,
        unconfined=run.sandbox.warnings,
        integration_branch=run.integration_branch,
        target_branch=run.target_branch,
        tasks=tasks,
        done=sum(task.phase is Phase.DONE for task in tasks),
        usage=total_usage(calls),
        spent=total(map(spent_by, calls)),
        budget=budget_lines(engine, run, rows, waiting),
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        questions=waiting,
        next=_command(run, steps),
        next_steps=steps,
    )


def budget_lines(
    engine: Engine, run: Run, rows: Mapping[str, TaskRun], waiting: Sequence[Question]
) -> tuple[str, ...]:
    """Return one sentence for each limit that is nearly used up, unless a question says so."""
    if not run.budget.is_set:
        return ()
    today = local_day(run.ended_at or engine.clock.now())
    ledger = RunLedger(engine.store, run, today)
    found: dict[str, None] = {}
    for task_id, row in rows.items():
        if row.attempts:
            near = near_limit(ledger.uses(task_id), run.budget.warn_at)
            found |= dict.fromkeys(each.sentence(task_id, today) for each in near)
    return tuple(each for each in found if not any(each in one.text for one in waiting))


def _task(
    run: Run, row: TaskRun, task: Task | None, held: Held, kept: Sequence[Question]
) -> TaskStatus:
    latest = row.attempts[-1] if row.attempts else None
    problem = row.reason or (latest.problem if latest else "")
    return TaskStatus(
        id=row.task_id,
        title=task.title if task else "",
        phase=row.phase,
        step=latest.at if latest else "",
        doing=doing(run, row, is_held=held.holds(row.task_id)),
        attempt=len(row.attempts),
        max_attempts=run.settings.max_attempts,
        agent=_agent(run, row),
        call_key=latest_call_key(run, row) if latest else "",
        limits=latest_limits(run, row, task),
        problem=problem,
        allowed=tuple(each.action for each in kept if each.task_id == row.task_id),
        gates=latest.gates if latest else (),
        changed_files=latest.changed_files if latest else (),
        commit=latest.merged_commit if latest and row.phase is Phase.DONE else "",
        started_at=row.attempts[0].started_at if row.attempts else None,
        ended_at=latest.ended_at if latest else None,
    )


def _agent(run: Run, row: TaskRun) -> str:
    """Return the agent that carries out a task, which may have stepped in for the preferred one."""
    chain = run.agents.get(Role.EXECUTOR, ())
    attempt = row.attempts[-1] if row.attempts else None
    results = attempt.results if attempt else ()
    calls = [call for each in results if isinstance(each, AgentResult) for call in each.calls]
    done = [call.agent for call in calls if call.role is Role.EXECUTOR]
    if done:
        return done[-1]
    next_one = chain[attempt.choice if attempt else 0 :]
    return next_one[0].agent if next_one else ""


def _command(run: Run, steps: tuple[Step, ...]) -> str:
    is_watching = run.state not in END_STATES and steps[0].operation == "run.status"
    return as_command(steps) + (" --follow" if is_watching else "")
