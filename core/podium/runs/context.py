"""The context that every phase of a task receives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import anyio

from podium.agents.health import HealthStore
from podium.agents.replies.cache import ReplyCache
from podium.entities.kept.commits import KeptCommits
from podium.entities.ledger import OwnCalls
from podium.errors import MachineRefuses
from podium.gates.gate import ChangedTree
from podium.model.agents import Role
from podium.model.doubts import DoubtJudge
from podium.model.ids import ALPHABET, LENGTH
from podium.model.plans import Plan, Task
from podium.model.rules.steps import AgentStep, DoubtStep, Tree, step_at, tree_of
from podium.model.runs import Attempt, Run, TaskRun
from podium.model.sandbox import CommandKind, Confinement
from podium.model.states import Phase
from podium.platform.sandbox.places import confine_command
from podium.platform.sandbox.probe import sandbox_problem
from podium.ports.clock import Clock
from podium.ports.dispatcher import Dispatcher
from podium.runs.known_commits import KnownCommits
from podium.runs.runner_lock import RunnerLock
from podium.store import Store
from podium.syntax.client.checker import SyntaxChecker
from podium.workspace.names import branch_name
from podium.workspace.repository import Repository
from podium.workspace.values import CommitChange, PreparedFiles, Worktree
from podium.workspace.warm.own_places import TEMP_VARIABLE, variables_of
from podium.workspace.warm.pool import WorktreePool, about_files

_ATTEMPT = re.compile(
    rf"podium/[^/]+/(?P<task>.+)-(?P<run>r-[{ALPHABET}]{{{LENGTH}}})-(?P<number>[0-9]+)"
)
_RUN_AND_NUMBER = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}-[0-9]+")


class Preparations:
    """Tracks which tasks are about to call their agents, so that less urgent work can wait.

    Args:
        most_waiting: how much work may wait at a time; any further work starts at once, so that it
            does not pile up.
    """

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._waiting = 0
        self._tasks: set[str] = set()
        self._changed = anyio.Event()

    def begin(self, task_id: str) -> None:
        """Remember a task that is being prepared."""
        self._tasks.add(task_id)

    def end(self, task_id: str) -> None:
        """Remember that a task's agent has started, or that the task will not continue."""
        self._tasks.discard(task_id)
        self._changed.set()
        self._changed = anyio.Event()

    async def wait_for_none(self) -> None:
        """Wait until no task is being prepared, unless too much work is already waiting."""
        self._waiting += 1
        try:
            while self._tasks and self._waiting <= self._most_waiting:
                await self._changed.wait()
        finally:
            self._waiting -= 1


@dataclass
class EndedTasks:
    """The tasks that ended in this runner.

    Args:
        unpacked: those whose documents are still to be packed.
        packed: how many have been packed.
    """

    unpacked: list[str] = field(default_factory=list[str])
    packed: int = 0

    def take(self) -> tuple[str, ...]:
        """Return the tasks to pack; they count as packed from now on."""
        taken = tuple(self.unpacked)
        self.unpacked.clear()
        self.packed += len(taken)
        return taken


@dataclass
class SeenWorktrees:
    """What a runner has seen of its attempts' worktrees.

    Args:
        folders: their paths, by branch; each is checked before it is used.
        most_files: about how many files the largest one had.
    """

    folders: dict[str, Path] = field(default_factory=dict[str, Path])
    most_files: int = 0

    def note_end(self, worktree: Worktree) -> None:
        """Remember the size of a worktree that is about to be released."""
        self.folders.pop(worktree.branch or "", None)
        self.most_files = max(self.most_files, about_files(worktree.git_dir))


@dataclass(frozen=True)
class RunContext:
    """The data of one run and the services that it uses.

    Args:
        merging: held while a result is merged into the integration branch.
        places: the folders that must be writable: project, cache, temporary files.
        lock: the lock of this runner.
        ended_calls: the keys of ended tasks' calls that have not been packed yet.
        ended_tasks: how far the documents of the ended tasks are packed.
        known: a cache of facts about commits.
        releasing: locks by worktree folder, each held while the worktree is released.
        health: the health of the user's agents.
        seen: what is known of the attempts' worktrees.
        own_calls: the calls that count towards the budgets, but are not stored yet.
    """

    run: Run
    plan: Plan
    store: Store
    repository: Repository
    dispatcher: Dispatcher
    checker: SyntaxChecker
    clock: Clock
    merging: anyio.Lock
    places: tuple[Path, ...] = ()
    lock: RunnerLock | None = None
    ended_calls: list[str] = field(default_factory=list[str])
    ended_tasks: EndedTasks = field(default_factory=EndedTasks)
    known: KnownCommits = field(default_factory=KnownCommits)
    health: HealthStore = field(default_factory=HealthStore)
    seen: SeenWorktrees = field(default_factory=SeenWorktrees)
    releasing: dict[Path, anyio.Lock] = field(default_factory=dict[Path, anyio.Lock])
    own_calls: OwnCalls = field(default_factory=OwnCalls)

    @cached_property
    def cache(self) -> ReplyCache:
        """The replies that may be reused."""
        return ReplyCache(self.run.cache, self.clock)

    @cached_property
    def preparations(self) -> Preparations:
        """The tasks that are being prepared."""
        return Preparations(self.run.settings.max_parallel)

    @cached_property
    def recorded(self) -> KeptCommits:
        """The commits that the store has recorded for the plan's done tasks."""
        return KeptCommits(self.store, self.run.plan_id)

    @cached_property
    def tree(self) -> Tree:
        """The steps of every attempt."""
        return tree_of(self.run)

    def check_lock(self) -> None:
        """Check that this is the only runner; called before any action that must not happen twice.

        Raises:
            RunnerReplaced: the lock file was deleted or replaced.
        """
        if self.lock is not None:
            self.lock.check()

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """The plan's tasks by id."""
        return {task.id: task for task in self.plan.tasks}

    def worktree_folder(self, task_id: str, attempt: Attempt) -> Path:
        """Return the path of an attempt's worktree."""
        folders, branch = self.seen.folders, attempt.branch
        known = folders.get(branch)
        if known is None or not self.repository.has_worktree(known, branch):
            known = attempt_folder(self.repository, self.run.id, task_id, attempt.number)
            folders[branch] = known
        return known

    def has_worktree(self, task_id: str, attempt: Attempt) -> bool:
        """Return whether an attempt's worktree still exists."""
        return (self.worktree_folder(task_id, attempt) / ".git").exists()

    async def changed_tree(self, folder: Path, base: str, change: CommitChange) -> ChangedTree:
        """Return the tree for the gates: the changes between a commit and its base."""
        files = change.files
        if change.parents != (base,):
            files = await self.repository.changed_files(base, change.id)
        now = self.clock.now()
        tree = ChangedTree(
            self.repository, self.checker, folder, base, change.id, files, checked_at=now
        )
        confinement = self.confine(CommandKind.GATES, folder)
        return replace(tree, variables=self.variables(folder), confinement=confinement)

    def confine(self, kind: CommandKind, folder: Path) -> Confinement | None:
        """Return what commands in a worktree can reach; None for everything.

        Raises:
            MachineRefuses: the sandbox does not work any more.
        """
        self.check_sandbox()
        temporary = self.variables(folder).get(TEMP_VARIABLE, "")
        return confine_command(self.run.sandbox, kind, folder, filter(None, [temporary]))

    def check_sandbox(self) -> None:
        """Check that the sandbox with which the run was started still works.

        Raises:
            MachineRefuses: it does not; nothing is run without it.
        """
        if problem := sandbox_problem(self.run.sandbox):
            raise MachineRefuses(f"commands cannot be confined any more: {problem}")

    def variables(self, folder: Path) -> dict[str, str]:
        """Return the environment variables that belong to a worktree."""
        return dict(variables_of(self.repository.open_worktree(folder)))

    async def state_at(self, attempt: Attempt, commit: str) -> str:
        """Return the contents of an attempt's worktree at a commit: a commit or a tree.

        This is more than the commit if set-up commands made changes.
        """
        made = setup_files_of(attempt)
        if made is None or commit == attempt.checkpoint:
            return commit
        return await self.repository.tree_with(commit, made)

    @cached_property
    def kept_pool(self) -> WorktreePool:
        """The repository's pool, which may have worktrees of earlier runs."""
        kept = frozenset(self.run.worktree.keep)
        return WorktreePool(self.repository, self.run.settings.max_parallel + 1, kept)

    @property
    def pool(self) -> WorktreePool | None:
        """The pool that provides the attempts' worktrees; None if new ones are just as quick."""
        settings, setup = self.run.worktree, self.run.setup
        files = max(self.seen.most_files, about_files(self.repository.git_dir))
        is_slow = files >= settings.warm_from_files
        if is_slow or settings.keep or any(each.lock_files for each in setup):
            return self.kept_pool
        return None

    async def tip(self, branch: str) -> str:
        """Return a branch's commit, by the full ref because a tag may have the same name."""
        return await self.repository.resolve(f"refs/heads/{branch}")


def attempt_folder(repository: Repository, run_id: str, task_id: str, number: int) -> Path:
    """Return the path of an attempt's worktree, which may be in the pool."""
    wanted = (task_id, run_id, number)
    found = repository.list_worktrees(lambda branch: parse_attempt_branch(branch) == wanted)
    return found[0].folder if found else repository.worktree_folder(run_id, f"{task_id}-{number}")


def setup_files_of(attempt: Attempt) -> PreparedFiles | None:
    """Return the set-up commands' changes in an attempt's worktree; None if git sees none."""
    if not attempt.checkpoint or attempt.checkpoint == attempt.base_commit:
        return None
    return PreparedFiles(attempt.base_commit, attempt.checkpoint)


def call_key(
    run: Run, task_id: str, attempt: Attempt, path: str, *, again: bool = False, number: int = 1
) -> str:
    """Return the permanent key of a step's agent call.

    Args:
        run: the run.
        task_id: the task.
        attempt: the attempt.
        path: the step's path in the tree; the key contains it without brackets and slashes.
        again: whether the call asks for a better reply.
        number: the number of the call in its step; above 1 if earlier calls failed.
    """
    wanted = f"{path}/again" if again else path
    wanted = wanted if number == 1 else f"{wanted}/{number}"
    if (chosen := attempt.call_keys.get(wanted)) is not None:
        return chosen
    name = wanted.replace("[", "-").replace("]", "").replace("/", ".")
    return f"{run.id}/{task_id}/{attempt.number}/{name}"


def call_keys(run: Run, record: TaskRun) -> tuple[str, ...]:
    """Return the keys of the calls that a task's current step may be making."""
    return step_call_keys(run, record) if record.phase is Phase.WORKING else ()


def step_call_keys(run: Run, record: TaskRun) -> tuple[str, ...]:
    """Return the keys of the calls of the step at which a task is or was when it ended."""
    step = step_at(tree_of(run), record.attempt.at) if record.attempts else None
    if isinstance(step, DoubtStep) and step.judge is DoubtJudge.PERSON:
        return ()
    if not isinstance(step, AgentStep | DoubtStep):
        return ()
    at = record.attempt.at
    number = len(record.attempt.tries) + 1
    first = call_key(run, record.task_id, record.attempt, at, number=number)
    if isinstance(step, DoubtStep) or step.role is not Role.AUDITOR:
        return (first,)
    again = call_key(run, record.task_id, record.attempt, at, again=True, number=number)
    return (first, again)


def is_attempt_branch(branch: str, plan_id: str, task_id: str) -> bool:
    """Return whether a branch belongs to an attempt at a task, in any run of the plan."""
    prefix = branch_name(plan_id, f"{task_id}-r-")
    return branch.startswith(prefix) and bool(_RUN_AND_NUMBER.fullmatch(branch[len(prefix) :]))


def parse_attempt_branch(branch: str) -> tuple[str, str, int] | None:
    """Return the task, the run and the attempt number that a branch belongs to."""
    match = _ATTEMPT.fullmatch(branch)
    return (match["task"], match["run"], int(match["number"])) if match else None


def attempt_branch(run: Run, task_id: str, number: int) -> str:
    """Return the name of an attempt's branch."""
    return branch_name(run.plan_id, f"{task_id}-{run.id}-{number}")


def checkpoint_ref(run: Run, record: TaskRun) -> str:
    """Return the ref of the state before an attempt."""
    return f"refs/podium/{run.id}/{record.task_id}/{record.attempt.number}"
