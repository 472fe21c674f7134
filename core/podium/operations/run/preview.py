"""run.preview: show what a run would start, with which agents, and its expected cost."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from podium.agents.selection import RUN_ROLES, chosen_agent, chosen_chain, resolve_chain
from podium.entities.access import Reader
from podium.entities.ledger import LedgerEntry, whole_ledger
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import find_plan
from podium.entities.tasks import load_progress
from podium.model.agents import Role
from podium.model.base import Frozen
from podium.model.plans import AgentChoice, Plan, Task
from podium.model.progress import TaskProgress
from podium.model.rules.agents.agent_policy import login_of
from podium.model.rules.budgets import Spent, cost_text, minutes_text, scaled, spent_by, total
from podium.model.rules.decide import Begin, RunView, decide
from podium.model.runs import END_STATES, RequestedState
from podium.model.states import PlanState, TaskState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.start import StartParams, is_left_behind
from podium.projects.trust import check_trusted
from podium.views.next_steps import as_command, step
from podium.views.steps import Step
from podium.words import counted

_SAMPLES = 20
"""Maximum number of earlier tasks of an agent to average over."""

NO_DATA = "no data"


class PreviewTask(Frozen):
    """A task that the run would carry out."""

    id: str
    title: str
    agents: tuple[str, ...]
    """The agents, in order of preference."""
    starts: bool
    """Whether it would start immediately."""
    expected: Spent | None
    """What it is expected to use, from earlier tasks of the same agent; None without data."""
    cost: str
    """The expectation in words."""


class RunPreview(Frozen):
    """What a run would do."""

    plan_id: str
    objective: str
    state: PlanState
    tasks: tuple[PreviewTask, ...]
    max_parallel: int
    expected: Spent | None
    """What the tasks with data are expected to use together; None if no task has data."""
    cost: str
    """The expectation in words, with the number of tasks without data."""
    next: str
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)


@operation("run.preview", Effect.READ)
async def preview(engine: Engine, params: StartParams) -> RunPreview:
    """Show what a run would start, with which agents, and the expected cost; starts nothing.

    Raises:
        NotTrusted: the project's settings would run a program but are not trusted.
        AgentUnavailable: an agent cannot be used on this machine.
        ValidationError: no agent is chosen.
    """
    plan = find_plan(engine.store, params.plan)
    check_trusted(engine.root, engine.config.project)
    choice = chosen_agent(params.agent, params.options)
    for role in RUN_ROLES:
        resolve_chain(engine.root, engine.config.config, role, choice or _own(plan, role))
    state = state_of_plan(engine.store, plan)
    tasks = preview_tasks(engine, plan, choice, params.max_parallel)
    expected = total_expected(tasks)
    verb = "run.start" if state is PlanState.APPROVED else "plan.approve"
    steps = (step(verb if tasks else "plan.check", plan=plan.id),)
    return RunPreview(
        plan_id=plan.id,
        objective=plan.objective,
        state=state,
        tasks=tasks,
        max_parallel=params.max_parallel or engine.config.config.run.max_parallel,
        expected=expected,
        cost=expected_text(tasks),
        next=as_command(steps),
        next_steps=steps,
    )


def preview_tasks(
    engine: Engine, plan: Plan, choice: AgentChoice | None = None, max_parallel: int | None = None
) -> tuple[PreviewTask, ...]:
    """Return the tasks that a run of the plan would carry out.

    Raises:
        ValidationError: no agent is chosen for a role.
    """
    progress = load_progress(engine.store, plan.id)
    open_tasks = tuple(task for task in plan.tasks if _is_open(progress.get(task.id)))
    width = max_parallel or engine.config.config.run.max_parallel
    starting = _starting(engine, plan, open_tasks, width)
    past = _past_tasks(engine.store)
    found: list[PreviewTask] = []
    for task in open_tasks:
        agents = _agents(engine, plan, task, choice)
        expected = _expected(past.get(agents[0], ()))
        found.append(
            PreviewTask(
                id=task.id,
                title=task.title,
                agents=agents,
                starts=task.id in starting,
                expected=expected,
                cost=NO_DATA if expected is None else spent_text(expected),
            )
        )
    return tuple(found)


def total_expected(tasks: Sequence[PreviewTask]) -> Spent | None:
    """Return what the tasks with data are expected to use together; None if none has data."""
    known = [each.expected for each in tasks if each.expected is not None]
    return total(known) if known else None


def expected_text(tasks: Sequence[PreviewTask]) -> str:
    """Return the expectation of a run in words."""
    expected = total_expected(tasks)
    if expected is None:
        return f"{NO_DATA}: no earlier task of these agents in this project"
    missing = sum(each.expected is None for each in tasks)
    rest = f"; {NO_DATA} for {counted(missing, 'task')}" if missing else ""
    return f"about {spent_text(expected)}{rest}"


def spent_text(spent: Spent) -> str:
    """Return an expectation such as `3 calls, 12 min, 40,000 tokens, 0.6000 USD`."""
    tokens = spent.input_tokens + spent.output_tokens
    parts = [
        counted(spent.calls, "call"),
        minutes_text(spent.minutes),
        f"{tokens:,} tokens" if tokens else "",
        cost_text(spent),
    ]
    return ", ".join(part for part in parts if part)


def _is_open(row: TaskProgress | None) -> bool:
    return row is None or row.state is TaskState.PENDING or is_left_behind(row)


def _starting(engine: Engine, plan: Plan, tasks: tuple[Task, ...], width: int) -> frozenset[str]:
    inside = {task.id for task in tasks}
    view = RunView(
        tasks=tasks,
        task_runs={},
        want=RequestedState.RUN,
        max_parallel=width,
        max_attempts=engine.config.config.run.max_attempts,
        already_done=frozenset(task.id for task in plan.tasks if task.id not in inside),
    )
    return frozenset(each.task_id for each in decide(view) if isinstance(each, Begin))


def _agents(engine: Engine, plan: Plan, task: Task, choice: AgentChoice | None) -> tuple[str, ...]:
    role = task.role or str(Role.EXECUTOR)
    chain = chosen_chain(engine.root, engine.config.config, role, choice or _own(plan, role))
    return tuple(map(login_of, chain))


def _own(plan: Plan, role: str) -> AgentChoice | None:
    return plan.header.agents.get(role)


def _past_tasks(reader: Reader) -> Mapping[str, Sequence[Spent]]:
    """Return what the tasks of ended runs used, newest first, by their agent."""
    tasks: dict[tuple[str, str], list[LedgerEntry]] = {}
    for entry in whole_ledger(reader):
        if entry.run is not None and entry.run.state in END_STATES:
            tasks.setdefault((entry.run.id, entry.task_id), []).append(entry)
    found: dict[str, list[Spent]] = {}
    for entries in tasks.values():
        done = [each.call.agent for each in entries if each.call.role is Role.EXECUTOR]
        if done:
            used = found.setdefault(done[-1], [])
            used.append(total(spent_by(each.call) for each in entries))
    return found


def _expected(past: Sequence[Spent]) -> Spent | None:
    recent = past[:_SAMPLES]
    return scaled(total(recent), 1 / len(recent)) if recent else None
