"""What calls used, and the limits on it: never exceeded by more than the calls under way."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any, TypeVar, cast

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.entities.ledger import OwnCalls, RunLedger
from podium.entities.signing import sign_answer
from podium.model import layout
from podium.model.agents import (
    Billing,
    Budget,
    BudgetSettings,
    CallBudget,
    Outcome,
    Role,
    Usage,
)
from podium.model.base import Frozen
from podium.model.documents import Folder, Key
from podium.model.questions import Question
from podium.model.rules.budgets import (
    RAISE,
    BudgetUse,
    Measure,
    Scope,
    Spent,
    cost_text,
    first_reached,
    local_day,
    question_key,
    raise_answer,
    raised_by,
    scaled,
    spent_by,
    steps_beyond,
    total,
)
from podium.model.runs import AgentCall, Attempt, CacheUse, Run, TaskRun
from tests.core.model.builders import NOON, PERSON

TODAY = local_day(NOON)
NAMES = ("a", "b", "c", "d")

V = TypeVar("V", bound=Frozen)


@dataclass
class Documents:
    """Documents in memory, as a reader sees them."""

    content: dict[str, Frozen] = field(default_factory=dict[str, Frozen])

    def get(self, key: Key[V]) -> V | None:
        return cast("V | None", self.content.get(key.path))

    def list(self, folder: Folder[V]) -> dict[str, V]:
        head, _, tail = folder.pattern.partition("*")
        chosen = {p: v for p, v in self.content.items() if p.startswith(head) and p.endswith(tail)}
        return cast("dict[str, V]", {p: chosen[p] for p in sorted(chosen)})


def run_with(budget: BudgetSettings, name: str = "r-aaaaaa") -> Run:
    return Run(
        id=name,
        plan_id="p-aaaaaa",
        plan_version="1",
        budget=budget,
        task_ids=NAMES,
        base_commit="",
        target_branch="",
        integration_branch="",
        created_at=NOON,
        created_by=PERSON,
    )


def call(key: str = "r-aaaaaa/a/1/execute", **more: Any) -> AgentCall:
    """Return a call that took three minutes."""
    common = AgentCall(
        key=key,
        agent="claude",
        role=Role.EXECUTOR,
        outcome=Outcome.COMPLETED,
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=3),
    )
    return common.model_copy(update=more)


@pytest.mark.promise("G11.unpriced", "G11.subscription")
def test_an_unknown_price_is_counted_apart_and_a_subscription_is_no_money() -> None:
    metered = call(usage=Usage(input_tokens=10, cost_usd=0.5), billing=Billing.METERED)
    unknown = call(usage=Usage(cost_usd=0.25))
    unpriced = call(usage=Usage(output_tokens=7), billing=Billing.METERED)
    flat = call(usage=Usage(cost_usd=2.0), billing=Billing.SUBSCRIPTION)
    reused = call(cache=CacheUse.HIT)
    spent = total(map(spent_by, [metered, unknown, unpriced, flat, reused]))
    assert spent == Spent(
        calls=4,
        input_tokens=10,
        output_tokens=7,
        minutes=12,
        usd=0.75,
        unpriced=1,
        subscription_calls=1,
        subscription_usd=2.0,
    )
    assert cost_text(spent) == "0.75 USD, 1 call unpriced, 1 call by subscription (worth 2.00 USD)"
    assert cost_text(spent_by(unpriced)) == "1 call unpriced"
    assert cost_text(spent_by(flat)) == "1 call by subscription (worth 2.00 USD)"
    assert cost_text(spent_by(call(usage=Usage(cost_usd=0.0)))) == "0.00 USD"
    assert cost_text(Spent()) == ""
    assert scaled(spent, 0.5).calls == 2


LIMITS: dict[Scope, Callable[[Any], BudgetSettings]] = {
    Scope.CALL: lambda limits: BudgetSettings(call=limits),
    Scope.TASK: lambda limits: BudgetSettings(task=limits),
    Scope.RUN: lambda limits: BudgetSettings(run=limits),
    Scope.DAY: lambda limits: BudgetSettings(day=limits),
}
PAIRS = [(s, m) for s in Scope for m in Measure if (s, m) != (Scope.CALL, Measure.CALLS)]


@pytest.mark.promise("G11.measures", "G11.scopes")
@pytest.mark.parametrize(("scope", "measure"), PAIRS)
def test_each_limit_is_reached_in_its_own_scope(scope: Scope, measure: Measure) -> None:
    """Two calls of `a` and one of `b` in the run; one call in another run of the day."""
    used = Usage(input_tokens=60, output_tokens=40, cost_usd=1.0)
    amounts = {Measure.USD: 1.0, Measure.TOKENS: 100, Measure.CALLS: 1, Measure.MINUTES: 3.0}
    calls_of = {Scope.CALL: 1, Scope.TASK: 2, Scope.RUN: 3, Scope.DAY: 4}
    limit = amounts[measure] * calls_of[scope]
    kind = CallBudget if scope is Scope.CALL else Budget
    over = LIMITS[scope](
        kind.model_validate({measure: limit if scope is not Scope.CALL else limit * 0.9})
    )
    within = LIMITS[scope](kind.model_validate({measure: limit + 1}))
    for budget, expected in ((over, True), (within, False)):
        run, other = run_with(budget), run_with(budget, "r-bbbbbb")
        documents = Documents({layout.run(each.id).path: each for each in (run, other)})
        rows = [(run, "a", 2), (run, "b", 1), (other, "a", 1)]
        for each, task_id, count in rows:
            keys = [f"{each.id}/{task_id}/1/{number}" for number in range(count)]
            attempt = Attempt(
                number=1, branch="", started_at=NOON, tries=tuple(call(k, usage=used) for k in keys)
            )
            record = TaskRun(task_id=task_id, attempts=(attempt,))
            documents.content[layout.task_run(each.id, task_id).path] = record
        reached = first_reached(RunLedger(documents, run, TODAY).uses("a"))
        assert (reached is not None) is expected
        if reached is not None:
            assert (reached.scope, reached.measure) == (scope, measure)


@dataclass
class World:
    """A runner that makes calls of several tasks by chance, and stores how they ended.

    Args:
        run: the run, with one limit.
        width: how many calls may be under way.
        random: where chance comes from.
    """

    run: Run
    width: int
    random: Random
    documents: Documents = field(default_factory=Documents)
    own: OwnCalls = field(default_factory=OwnCalls)
    left: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 3))
    held: str = ""

    def may_start(self, task_id: str) -> bool:
        """Return whether a call may start, as the runner decides it."""
        use = first_reached(RunLedger(self.documents, self.run, TODAY, self.own).uses(task_id))
        self.held = use.sentence(task_id, TODAY) if use else ""
        return use is None

    def start(self, task_id: str) -> None:
        self.left[task_id] -= 1
        self.own.under_way.add(f"{self.run.id}/{task_id}/1/{self.left[task_id]}")

    def end(self, key: str, *, stored: bool) -> None:
        """End a call; it may take a while until its record is stored."""
        cost, tokens = self.random.uniform(0, 3), self.random.randrange(500)
        self.own.end(key, call(key, usage=Usage(cost_usd=cost, output_tokens=tokens)))
        if stored:
            self.store_all()

    def store_all(self) -> None:
        for key, ended in self.own.ended.items():
            path = layout.task_run(self.run.id, key.split("/")[1]).path
            found = self.documents.content.get(path)
            before = found if isinstance(found, TaskRun) else TaskRun(task_id=key.split("/")[1])
            tries = before.attempts[0].tries if before.attempts else ()
            if all(each.key != key for each in tries):
                attempt = Attempt(number=1, branch="", started_at=NOON, tries=(*tries, ended))
                self.documents.content[path] = before.model_copy(update={"attempts": (attempt,)})

    def used(self, measure: Measure) -> float:
        """Return what all calls used that have ended."""
        own = OwnCalls(ended=self.own.ended)
        return RunLedger(self.documents, self.run, TODAY, own).totals("a").run.amount(measure)

    def raise_limit(self, measure: Measure) -> None:
        """Answer the question at the limit as a person would."""
        name = f"q-{len(self.documents.content)}"
        key = question_key(Scope.RUN, measure, TODAY)
        asked = Question(id=name, kind="budget", about=self.run.id, key=key, text="", asked_at=NOON)
        answered = asked.model_copy(update={"answer": RAISE, "ended_at": NOON})
        self.documents.content[layout.question(name).path] = sign_answer(answered)


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.promise("G11.hold", "G11.measures")
@hypothesis.settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    seed=st.integers(0, 2**32),
    width=st.integers(1, 4),
    measure=st.sampled_from(Measure),
    limit=st.integers(1, 8),
    raises=st.integers(0, 2),
)
def test_a_limit_is_never_exceeded_by_more_than_the_calls_under_way(
    seed: int, width: int, measure: Measure, limit: int, raises: int
) -> None:
    size = limit * 100 if measure is Measure.TOKENS else limit
    run = run_with(BudgetSettings(run=Budget.model_validate({measure: size})))
    world = World(run, width, Random(seed))
    hard = float(size)
    while True:
        open_tasks = [each for each, left in world.left.items() if left]
        running = {key.split("/")[1] for key in world.own.under_way}
        free = [each for each in open_tasks if each not in running]
        can_start = len(running) < width and bool(free)
        if can_start and world.random.random() < 0.6 and world.may_start(free[0]):
            before = world.used(measure)
            assert before < hard, "a call started although the limit was reached"
            if measure is Measure.CALLS:
                assert before + len(running) < hard, "calls under way count at once"
            world.start(free[0])
        elif running:
            keys = sorted(world.own.under_way)
            world.end(world.random.choice(keys), stored=world.random.random() < 0.5)
        elif can_start and not world.may_start(free[0]):
            assert world.held.startswith("the run has used "), "a wait states its reason"
            if not raises:
                break
            raises -= 1
            hard += size
            world.raise_limit(measure)
        elif not open_tasks:
            break
    assert not world.own.under_way
    spent = RunLedger(world.documents, run, TODAY, world.own).totals("a").run
    assert spent.calls == sum(3 - left for left in world.left.values())


def test_only_an_answer_given_here_raises_a_limit(clean_environment: object) -> None:
    del clean_environment
    world = World(run_with(BudgetSettings(run=Budget(calls=1))), 1, Random(0))
    world.raise_limit(Measure.CALLS)
    pair = (Scope.RUN, Measure.CALLS)
    assert RunLedger(world.documents, world.run, TODAY).raised("a")[pair] == 1
    for path, each in list(world.documents.content.items()):
        world.documents.content[path] = each.model_copy(update={"seal": "forged"})
    assert RunLedger(world.documents, world.run, TODAY).raised("a")[pair] == 0


@pytest.mark.promise("G11.hold")
@hypothesis.given(
    step=st.floats(0.01, 1e6),
    raised=st.integers(0, 50),
    beyond=st.floats(0, 1e4),
    scope=st.sampled_from(Scope),
)
def test_the_answer_that_raises_a_limit_is_enough(
    step: float, raised: int, beyond: float, scope: Scope
) -> None:
    limit = step * (1 + raised)
    use = BudgetUse(scope, Measure.USD, step, limit, limit + beyond * step)
    steps = raised_by(raise_answer(steps_beyond(use)))
    assert steps == steps_beyond(use)
    assert not replace(use, limit=step * (1 + raised + steps)).is_reached


@pytest.mark.parametrize("answer", ["finish", "stop", "", "raise-", "raise-x", "raises"])
def test_other_answers_raise_nothing(answer: str) -> None:
    assert raised_by(answer) == 0


@pytest.mark.usefixtures("clean_environment")
@hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(seed=st.integers(0, 2**32), width=st.integers(1, 4))
def test_a_ledger_without_a_call_is_as_before_it(seed: int, width: int) -> None:
    run = run_with(BudgetSettings(run=Budget(usd=5), day=Budget(tokens=100)))
    world = World(run, width, Random(seed))
    for name in NAMES[:2]:
        world.start(name)
        world.end(next(iter(world.own.under_way)), stored=True)
    before = RunLedger(world.documents, run, TODAY)
    world.start("a")
    (key,) = world.own.under_way
    world.end(key, stored=True)
    after = RunLedger(world.documents, run, TODAY)
    assert [after.without({key}).uses(each) for each in NAMES] == [*map(before.uses, NAMES)]
    assert after.uses("a") != before.uses("a")
