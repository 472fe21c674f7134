"""Updates the input of decisions from the store's changes, instead of rereading everything.

The cost of an update depends on what changed since the last one, not on the size of the plan.
"""

from podium.entities.access import Reader
from podium.entities.ledger import stopped_tasks
from podium.entities.questions import all_questions
from podium.entities.runs import all_runs, load_task_runs, plan_of
from podium.entities.tasks import load_progress, task_states
from podium.model import layout
from podium.model.plans import Plan
from podium.model.questions import Question, stopped_by
from podium.model.rules.decide import RunView
from podium.model.rules.standing import TaskIndex
from podium.model.runs import END_STATES, RequestedState, Run, TaskRun
from podium.model.states import Phase, TaskState
from podium.store import Store

_FINISHED = frozenset({TaskState.DONE, TaskState.SKIPPED})
_QUESTIONS = "questions/"


class KeptRunView:
    """The input of the decisions about one run.

    Args:
        store: the project's store.
        run: the run; the fields that its runner never changes are read once, from this value.
    """

    def __init__(self, store: Store, run: Run) -> None:
        self._store = store
        self._run = run
        self._ids = frozenset(run.task_ids)
        self._records_folder = layout.task_runs(run.id).pattern.removesuffix("*.json")
        self._mark, _ = store.changed_since()
        self._read_all()

    def view(self) -> RunView:
        """Return the input of the next decision."""
        with self._store.consistent_read():
            self._update()
            intent = self._store.get(layout.run_intent(self._run.id))
        held = stopped_by(self._questions)
        return RunView(
            tasks=self._tasks,
            task_runs=dict(self._task_runs),
            want=intent.want if intent else RequestedState.RUN,
            max_parallel=self._run.settings.max_parallel,
            max_attempts=self._run.settings.max_attempts,
            already_done=self._already_done,
            held=held.tasks,
            run_held=held.run,
            stopped=stopped_tasks(self._questions),
            took=self._took,
            kept=self._index.standing(),
        )

    def questions(self) -> list[Question]:
        """Return the run's questions, oldest first."""
        with self._store.consistent_read():
            self._update()
        return self._questions

    def _update(self) -> None:
        mark, changed = self._store.changed_since(self._mark)
        if changed is None or any(map(self._concerns_others, changed)):
            self._read_all()
            changed = frozenset[str]()
        for path in changed:
            if path.startswith(_QUESTIONS):
                self._questions = all_questions(self._store, self._run.id)
            elif path.startswith(self._records_folder):
                self._read_task(layout.name_of(path))
        # Set last, so that documents that could not be read are read again.
        self._mark = mark

    def _concerns_others(self, path: str) -> bool:
        """Return whether a document of a rarely changed kind concerns work outside this run."""
        if self._run.plan is None and path.startswith(f"plans/{self._run.plan_id}/tasks/"):
            return True
        is_progress = path.startswith(f"plans/{self._run.plan_id}/status/")
        return is_progress and layout.name_of(path) not in self._ids

    def _read_task(self, task_id: str) -> None:
        found = self._store.get(layout.task_run(self._run.id, task_id))
        record = found or TaskRun(task_id=task_id)
        if task_id in self._ids:
            self._task_runs[task_id] = record
            self._index.put(record)

    def _read_all(self) -> None:
        run, store = self._run, self._store
        with store.consistent_read():
            plan = plan_of(store, run)
            self._tasks = tuple(task for task in plan.tasks if task.id in self._ids)
            self._already_done = _already_done(store, plan, self._ids)
            self._task_runs = load_task_runs(store, run)
            self._questions = all_questions(store, run.id)
            self._took = minutes_taken(store, run)
        self._index = TaskIndex(
            self._tasks, self._already_done, run.settings.max_attempts, self._took
        )
        for record in self._task_runs.values():
            self._index.put(record)


def minutes_taken(reader: Reader, run: Run) -> dict[str, float]:
    """Return how many minutes tasks took in ended runs of the same plan; newer runs win."""
    taken: dict[str, float] = {}
    for past in reversed(all_runs(reader, run.plan_id)):
        if past.id == run.id or past.state not in END_STATES:
            continue
        for task_id, record in load_task_runs(reader, past).items():
            if (minutes := _minutes_of(record)) is not None:
                taken[task_id] = minutes
    return taken


def _minutes_of(record: TaskRun) -> float | None:
    if record.phase is not Phase.DONE or not record.attempts or record.attempt.ended_at is None:
        return None
    seconds = (record.attempt.ended_at - record.attempt.started_at).total_seconds()
    return max(0.0, seconds) / 60  # the clock may have been set back


def _already_done(reader: Reader, plan: Plan, inside: frozenset[str]) -> frozenset[str]:
    states = task_states(plan, load_progress(reader, plan.id))
    return frozenset(
        each for each, state in states.items() if state in _FINISHED and each not in inside
    )
