"""The ledger: what each agent call used, read from the records of the runs' tasks."""

from collections import Counter
from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import date

from podium.entities.access import Reader
from podium.entities.questions import all_questions
from podium.entities.runs import all_runs, load_task_runs
from podium.entities.signing import is_answer_signed_here
from podium.model import layout
from podium.model.agents import Budget
from podium.model.questions import Question, QuestionKind
from podium.model.rules.budgets import (
    STOP,
    BudgetUse,
    Measure,
    Scope,
    Spent,
    Totals,
    budget_uses,
    largest,
    local_day,
    question_key,
    raised_by,
    spent_by,
    total,
)
from podium.model.runs import AgentCall, LoneCall, Run
from podium.store import Store


@dataclass(frozen=True)
class LedgerEntry:
    """One call.

    Args:
        run: the run that made it; None if no run did.
        plan_id: the plan that it was for, or an empty string.
        task_id: the task that it was for, or an empty string.
        call: the call.
    """

    run: Run | None
    plan_id: str
    task_id: str
    call: AgentCall


@dataclass
class OwnCalls:
    """The calls of a runner that are not in the ledger yet.

    Args:
        under_way: the keys of the calls that are being made.
        ended: the calls whose results are about to be stored, by key.
    """

    under_way: set[str] = field(default_factory=set[str])
    ended: dict[str, AgentCall] = field(default_factory=dict[str, AgentCall])

    def end(self, key: str, call: AgentCall | None = None) -> None:
        """Remember how a call ended; None if it ended without a result."""
        self.under_way.discard(key)
        if call is not None:
            self.ended[key] = call


def ledger_of(reader: Reader, run: Run) -> Iterator[LedgerEntry]:
    """Yield the calls of a run that have ended, without replies from the cache."""
    for task_id, row in load_task_runs(reader, run).items():
        for attempt in row.attempts:
            for call in attempt.calls:
                if spent_by(call).calls:
                    yield LedgerEntry(run, run.plan_id, task_id, call)


def whole_ledger(reader: Reader, since: date | None = None) -> Iterator[LedgerEntry]:
    """Yield the calls of all runs, newest run first, then those that no run made.

    Args:
        reader: the store or a transaction.
        since: the first day; by default the first one ever.
    """
    for run in all_runs(reader):
        if since is not None and run.ended_at is not None and local_day(run.ended_at) < since:
            continue
        for entry in ledger_of(reader, run):
            if since is None or day_of(entry.call) >= since:
                yield entry
    for lone in reader.list(layout.lone_calls()).values():
        if since is None or day_of(lone.call) >= since:
            yield LedgerEntry(None, lone.plan_id, lone.task_id, lone.call)


def note_lone_call(store: Store, call: AgentCall, *, plan_id: str = "", task_id: str = "") -> None:
    """Store the record of a call that no run made."""
    name = call.key.replace("/", "-")
    record = LoneCall(plan_id=plan_id, task_id=task_id, call=call)
    store.transact(lambda tx: tx.put(layout.lone_call(name), record))


def day_of(call: AgentCall) -> date:
    """Return the day on which a call started."""
    return local_day(call.started_at) if call.started_at else date.min


class RunLedger:
    """What a run, its tasks and the day used, and how often a person raised the limits.

    It is read once, for all tasks of the run.

    Args:
        reader: the store or a transaction.
        run: the run.
        today: the day.
        own: the calls that are not stored yet; those that are stored by now are removed.
    """

    def __init__(self, reader: Reader, run: Run, today: date, own: OwnCalls | None = None) -> None:
        own = own or OwnCalls()
        stored = {each.call.key: each.call for each in ledger_of(reader, run)}
        for key in stored:
            own.ended.pop(key, None)
        self._run, self._today = run, today
        self._calls = {**own.ended, **stored}
        self._under_way = frozenset(own.under_way - {*self._calls})
        self._others = [
            spent_by(each.call)
            for each in (whole_ledger(reader, today) if run.budget.day != Budget() else ())
            if (each.run is None or each.run.id != run.id) and day_of(each.call) == today
        ]
        self._raised = Counter[tuple[str, str]]()
        for each in budget_questions(reader):
            if (steps := raised_by(each.answer)) and is_answer_signed_here(each):
                self._raised[_subject(each), each.key] += steps
        self._add_up()

    def _add_up(self) -> None:
        spent = {key: spent_by(call) for key, call in self._calls.items()}
        waiting = {key: Spent(calls=1) for key in self._under_way}
        now = [spent[key] for key, call in self._calls.items() if day_of(call) == self._today]
        self._largest = largest(spent.values())
        self._of_run = total([*spent.values(), *waiting.values()])
        self._of_day = total([*self._others, *now, *waiting.values()])
        self._of_tasks: dict[str, list[Spent]] = {}
        for key, each in (spent | waiting).items():
            self._of_tasks.setdefault(_task_of(key), []).append(each)

    def without(self, keys: Collection[str]) -> "RunLedger":
        """Return the same without some calls."""
        found = copy(self)
        found._calls = {key: call for key, call in self._calls.items() if key not in keys}
        found._add_up()
        return found

    def totals(self, task_id: str) -> Totals:
        """Return what was used, from the point of view of a task; includes calls under way."""
        of_task = total(self._of_tasks.get(task_id, ()))
        return Totals(self._largest, of_task, self._of_run, self._of_day)

    def raised(self, task_id: str) -> dict[tuple[Scope, Measure], int]:
        """Return how often each limit that applies to a task was added by a person."""
        return {
            (scope, measure): self._raised[
                subject_of(scope, self._run, task_id), question_key(scope, measure, self._today)
            ]
            for scope in Scope
            for measure in Measure
        }

    def uses(self, task_id: str) -> tuple[BudgetUse, ...]:
        """Return how much of each limit is used, as it applies to a task."""
        return budget_uses(self._run.budget, self.totals(task_id), self.raised(task_id))


def subject_of(scope: Scope, run: Run, task_id: str) -> str:
    """Return what shares a raised limit: the task, the run, or all runs of the day."""
    return {Scope.TASK: f"{run.id}/{task_id}", Scope.DAY: ""}.get(scope, run.id)


def budget_questions(reader: Reader, run_id: str = "") -> list[Question]:
    """Return the questions at limits, oldest first."""
    return [each for each in all_questions(reader, run_id) if each.kind == QuestionKind.BUDGET]


def stopped_tasks(questions: list[Question]) -> frozenset[str]:
    """Return the tasks that a person stopped at a limit."""
    return frozenset(
        each.task_id
        for each in questions
        if each.kind == QuestionKind.BUDGET
        and each.task_id
        and each.answer == STOP
        and is_answer_signed_here(each)
    )


def _task_of(key: str) -> str:
    """Return the task of a call's key, which is `run/task/attempt/step`."""
    return key.split("/")[1]


def _subject(question: Question) -> str:
    return "" if question.key.startswith(f"{Scope.DAY}.") else question.about
