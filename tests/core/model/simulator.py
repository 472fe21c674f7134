"""A world in which runs are carried out by chance: a runner that crashes, agents that fail.

It applies what `decide` says exactly as a runner would and asserts the rules at every step; it
must not know how `decide` comes to its actions.
"""

import itertools
from dataclasses import dataclass, field
from random import Random

from podium.model.plans import Task
from podium.model.rules.decide import (
    Action,
    Begin,
    Block,
    Cancel,
    CleanUp,
    Continue,
    Fail,
    Finish,
    Pause,
    RunView,
    decide,
)
from podium.model.runs import ACTIVE_PHASES, END_PHASES, Attempt, RequestedState, TaskRun
from podium.model.states import PHASE_MACHINE, RUN_MACHINE, Phase, RunState
from tests.core.model.builders import NOON

NEXT_PHASE = {
    Phase.PREPARING: Phase.WORKING,
    Phase.WORKING: Phase.MERGING,
    Phase.MERGING: Phase.DONE,
}
DONE = Phase.DONE
BAD_ENDS = {Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED}


@dataclass(frozen=True)
class Chances:
    """How likely things are in one round, from 0 to 1."""

    failure: float = 0.2
    hopeless: float = 0.1
    crash: float = 0.1
    pause: float = 0.05
    cancel: float = 0.0


@dataclass
class World:
    """One run of some tasks.

    Args:
        tasks: the run's tasks.
        already_done: tasks outside of the run that are done.
        max_parallel: as in a run.
        max_attempts: as in a run.
        chances: what may go wrong.
        random: where chance comes from.
    """

    tasks: tuple[Task, ...]
    already_done: frozenset[str]
    max_parallel: int
    max_attempts: int
    chances: Chances
    random: Random
    task_runs: dict[str, TaskRun] = field(default_factory=dict[str, TaskRun])
    want: RequestedState = RequestedState.RUN
    state: RunState = RunState.RUNNING
    under_way: set[str] = field(default_factory=set[str])
    delays: int = 0
    """Rounds that crashes and wishes may have cost."""

    def live(self) -> RunState:
        """Go on until the run has ended and return how it did."""
        for turn in itertools.count():
            most = 12 * len(self.tasks) * (self.max_attempts + 1) + 4 * self.delays + 4
            assert turn < most, "the run does not end"
            self.act(self.decided())
            if RUN_MACHINE.is_end(self.state):
                return self.state
            self.something_happens()
        raise AssertionError

    def decided(self) -> tuple[Action, ...]:
        """Ask what to do, twice: the same state has the same answer."""
        actions = decide(self.view())
        assert decide(self.view()) == actions
        self.check_nothing_idles(actions)
        return actions

    def view(self) -> RunView:
        """Return what the runner shows to `decide`."""
        return RunView(
            tasks=self.tasks,
            task_runs=self.task_runs,
            want=self.want,
            max_parallel=self.max_parallel,
            max_attempts=self.max_attempts,
            already_done=self.already_done,
        )

    def act(self, actions: tuple[Action, ...]) -> None:
        """Carry the actions out; a crash may come after any of them."""
        for action in actions:
            self.carry_out(action)
            self.check_limits()
            if self.happens(self.chances.crash):
                self.delays += 1
                self.under_way.clear()
                return

    def carry_out(self, action: Action) -> None:
        """Carry one action out as the runner does."""
        match action:
            case Begin():
                self.begin(action)
            case Continue():
                assert self.phase(action.task_id) is action.phase
                assert action.phase in ACTIVE_PHASES
                self.under_way.add(action.task_id)
            case CleanUp():
                assert self.phase(action.task_id) is Phase.DONE
                self.under_way.add(action.task_id)
            case Fail():
                run = self.task_runs[action.task_id]
                assert run.attempt.hopeless or len(run.attempts) == self.max_attempts
                assert action.reason == run.attempt.problem
                self.become(action.task_id, Phase.FAILED)
            case Block():
                assert self.lost_requirements(action.task_id)
                assert any(each in action.reason for each in self.lost_requirements(action.task_id))
                self.become(action.task_id, Phase.BLOCKED)
            case Cancel():
                assert self.want is RequestedState.CANCEL
                self.under_way.discard(action.task_id)
                self.become(action.task_id, Phase.CANCELLED)
            case Pause():
                assert self.want is RequestedState.PAUSE
                assert not self.active()
                self.state = RUN_MACHINE.check("r", self.state, RunState.PAUSED)
            case Finish():
                assert all(self.phase(each.id) in END_PHASES for each in self.tasks)
                assert all(each.cleaned for each in self.task_runs.values() if each.phase is DONE)
                self.state = RUN_MACHINE.check("r", self.state, action.state)

    def begin(self, action: Begin) -> None:
        """Open an attempt, having checked that it may be opened."""
        assert self.want is RequestedState.RUN
        for each in self.task(action.task_id).requires:
            assert self.phase(each) is Phase.DONE, f"{action.task_id} begins before {each}"
        former = self.task_runs.get(action.task_id, TaskRun(task_id=action.task_id))
        assert action.attempt == len(former.attempts) + 1 <= self.max_attempts
        opened = Attempt(number=action.attempt, branch="b", started_at=NOON)
        self.task_runs[action.task_id] = former.model_copy(
            update={"attempts": (*former.attempts, opened)}
        )
        self.become(action.task_id, Phase.PREPARING)
        self.under_way.add(action.task_id)

    def check_limits(self) -> None:
        """Assert what must hold between any two actions."""
        active = self.active()
        assert len(active) <= self.max_parallel
        for one, two in itertools.combinations(active, 2):
            assert not same_file(one, two), f"{one.id} and {two.id} share a file"

    def check_nothing_idles(self, actions: tuple[Action, ...]) -> None:
        """Assert that a task that could begin now does."""
        if self.want is not RequestedState.RUN or any(isinstance(a, Fail | Block) for a in actions):
            return
        begun = {action.task_id for action in actions if isinstance(action, Begin)}
        busy = [each for each in self.tasks if each.id in begun or each in self.active()]
        for each in self.tasks:
            waits = self.phase(each.id) in {Phase.WAITING, Phase.RETRYING} and each.id not in begun
            if waits and all(self.phase(r) is Phase.DONE for r in each.requires):
                full = len(busy) >= self.max_parallel
                assert full or any(same_file(each, other) for other in busy), f"{each.id} idles"

    def something_happens(self) -> None:
        """Let agents end, the person wish and the machine crash."""
        self.wish()
        ended = [each for each in sorted(self.under_way) if self.happens(0.5)]
        for task_id in ended or sorted(self.under_way)[:1]:
            self.end_phase(task_id)

    def wish(self) -> None:
        """Let the person pause, resume or cancel."""
        if self.state is RunState.PAUSED:
            self.state = RUN_MACHINE.check("r", self.state, RunState.RUNNING)
            self.want = RequestedState.RUN
        elif self.happens(self.chances.pause) and self.want is RequestedState.RUN:
            self.want = RequestedState.PAUSE
            self.delays += 1
        if self.happens(self.chances.cancel):
            self.want = RequestedState.CANCEL

    def end_phase(self, task_id: str) -> None:
        """Let what is under way succeed or fail."""
        self.under_way.discard(task_id)
        run = self.task_runs[task_id]
        if run.phase is Phase.DONE:
            self.task_runs[task_id] = run.model_copy(update={"cleaned": True})
            return
        if not self.happens(self.chances.failure):
            has_more_steps = run.phase is Phase.WORKING and self.happens(0.5)
            self.become(task_id, Phase.WORKING if has_more_steps else NEXT_PHASE[run.phase])
            return
        update = {"problem": "it fell", "hopeless": self.happens(self.chances.hopeless)}
        fallen = run.attempt.model_copy(update=update)
        self.task_runs[task_id] = run.model_copy(update={"attempts": (*run.attempts[:-1], fallen)})
        self.become(task_id, Phase.RETRYING)

    def become(self, task_id: str, phase: Phase) -> None:
        """Move a task along its table."""
        run = self.task_runs.get(task_id, TaskRun(task_id=task_id))
        if phase is not run.phase:
            PHASE_MACHINE.check(task_id, run.phase, phase)
        self.task_runs[task_id] = run.model_copy(update={"phase": phase})

    def phase(self, task_id: str) -> Phase:
        """Return where a task stands."""
        if task_id in self.already_done:
            return Phase.DONE
        return self.task_runs.get(task_id, TaskRun(task_id=task_id)).phase

    def task(self, task_id: str) -> Task:
        """Return a task of the run."""
        return next(each for each in self.tasks if each.id == task_id)

    def active(self) -> list[Task]:
        """Return the tasks that are being worked on."""
        return [each for each in self.tasks if self.phase(each.id) in ACTIVE_PHASES]

    def lost_requirements(self, task_id: str) -> list[str]:
        """Return the requirements that will never be done."""
        inside = {each.id for each in self.tasks}
        return [
            each
            for each in self.task(task_id).requires
            if self.phase(each) in BAD_ENDS or (each not in inside | self.already_done)
        ]

    def happens(self, chance: float) -> bool:
        """Throw the dice."""
        return self.random.random() < chance


def same_file(one: Task, two: Task) -> bool:
    """Tell whether two tasks declare one file, in whatever spelling, or a folder and its file."""
    here, there = ([plain(path) for path in each.files.all] for each in (one, two))
    return any(a == b or a.startswith(b) or b.startswith(a) for a in here for b in there)


def plain(path: str) -> str:
    """Spell a path in one way, with `/` at its end."""
    return path.removeprefix("./").replace("//", "/").rstrip("/").lower() + "/"
