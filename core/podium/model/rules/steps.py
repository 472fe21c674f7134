"""The steps of an attempt as a tree of data; independent of how a step is carried out.

An attempt's position is a path in the tree: `execute`, `gates[1]/check`, `review[2]/fix`. A loop
adds the 1-based number of the round. Preparing and merging belong to the runner, before and after
the tree; their results have the paths `prepare` and `merge`, so no step may have these ids.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from podium.model.agents import Role
from podium.model.base import Frozen
from podium.model.doubts import DoubtJudge
from podium.model.runs import GateCommand, Run, RunSettings

PREPARE = "prepare"
MERGE = "merge"

MAX_DOUBT_ROUNDS = 3
"""How many times an attempt's writer and its judge are asked; a repair may cause new doubts."""

StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Condition(StrEnum):
    """When to carry out a step; otherwise it is skipped."""

    ALWAYS = "always"
    CHANGED = "changed"
    """The attempt changed at least one file."""
    REPAIRABLE = "repairable"
    """An agent may repair the problem in the latest result."""
    DOUBTED = "doubted"
    """The latest check failed only because of doubts about which their writer was not asked yet."""
    DISPUTED = "disputed"
    """The latest check failed only because of doubts that their writer left open."""
    TO_CONFIRM = "to-confirm"
    """The task has criteria that only a person can confirm."""


class AgentStep(Frozen):
    """An agent call.

    Args:
        at_most: how many times the step may be carried out in one attempt, across all loops.
    """

    kind: Literal["agent"] = "agent"
    id: StepId
    title: str
    role: Role
    when: Condition = Condition.ALWAYS
    at_most: int | None = None


class GateStep(Frozen):
    """Commits the change and runs the gates on it."""

    kind: Literal["gate"] = "gate"
    id: StepId
    title: str
    when: Condition = Condition.ALWAYS


class RunStep(Frozen):
    """A command in the worktree that must exit with code 0."""

    kind: Literal["run"] = "run"
    id: StepId
    title: str
    command: GateCommand
    when: Condition = Condition.ALWAYS


class WaitStep(Frozen):
    """A question that a person answers or that times out."""

    kind: Literal["wait"] = "wait"
    id: StepId
    title: str
    text: str
    seconds: float | None = None
    """The time after which an unanswered question ends; None to wait for a person."""
    when: Condition = Condition.ALWAYS


class DoubtStep(Frozen):
    """Asks for answers to the doubts in the latest check.

    Args:
        judge: the auditor or a person; None for the agent that wrote the files.
        at_most: how many times the step may be carried out in one attempt, across all loops.
    """

    kind: Literal["doubt"] = "doubt"
    id: StepId
    title: str
    judge: DoubtJudge | None = None
    when: Condition = Condition.DOUBTED
    at_most: int | None = None


class ConfirmStep(Frozen):
    """Asks a person whether the criteria are met that only a person can confirm."""

    kind: Literal["confirm"] = "confirm"
    id: StepId
    title: str
    when: Condition = Condition.TO_CONFIRM


class LoopStep(Frozen):
    """Steps that are repeated until the step `until` passes.

    The steps after `until` are carried out only in rounds in which it failed. The loop fails when
    that step fails in the last round, or when a following step is no longer permitted. A step that
    asks about doubts is skipped if there is nothing to ask.
    """

    kind: Literal["loop"] = "loop"
    id: StepId
    title: str
    steps: "tuple[StepNode, ...]"
    until: StepId
    max_rounds: int = Field(ge=1)
    when: Condition = Condition.ALWAYS


LeafStep = AgentStep | GateStep | RunStep | WaitStep | DoubtStep | ConfirmStep
StepNode = Annotated[LeafStep | LoopStep, Field(discriminator="kind")]
Tree = tuple[LeafStep | LoopStep, ...]


def default_tree(settings: RunSettings, roles: Collection[str]) -> Tree:
    """Return the tree of a run: execute, check with repairs, review with fixes, confirm.

    Args:
        settings: the settings of the run.
        roles: the roles that have an agent.
    """
    can_repair = Role.CONSULTANT in roles
    execute = AgentStep(id="execute", title="executing", role=Role.EXECUTOR)
    gates = _gates(settings.max_recovery_attempts if can_repair else 0, settings.doubts)
    review = _review(gates, settings.max_audit_rounds if can_repair else 1)
    confirm = ConfirmStep(id="confirm", title="waiting for a person")
    return (execute, gates, review, confirm) if settings.audit else (execute, gates, confirm)


def tree_of(run: Run) -> Tree:
    """Return the tree of every attempt of a run."""
    return default_tree(run.settings, run.agents.keys())


def _gates(repairs: int, judge: DoubtJudge) -> LoopStep:
    check = GateStep(id="check", title="checking")
    asked = _doubt_steps(judge)
    repair = AgentStep(
        id="repair",
        title="repairing",
        role=Role.CONSULTANT,
        when=Condition.REPAIRABLE,
        at_most=repairs,
    )
    return LoopStep(
        id="gates",
        title="checking",
        steps=(check, *asked, repair) if repairs else (check, *asked),
        until="check",
        max_rounds=repairs + len(asked) * MAX_DOUBT_ROUNDS + 1,
    )


def _doubt_steps(judge: DoubtJudge) -> tuple[DoubtStep, ...]:
    writer = DoubtStep(id="doubts", title="asking about doubts", at_most=MAX_DOUBT_ROUNDS)
    if judge is DoubtJudge.AGENT:
        return (writer,)
    decide = DoubtStep(
        id="judge",
        title="deciding about doubts",
        judge=judge,
        when=Condition.DISPUTED,
        at_most=MAX_DOUBT_ROUNDS,
    )
    return (writer, decide)


def _review(gates: LoopStep, rounds: int) -> LoopStep:
    return LoopStep(
        id="review",
        title="reviewing",
        when=Condition.CHANGED,
        steps=(
            AgentStep(id="review", title="reviewing", role=Role.AUDITOR),
            AgentStep(id="fix", title="fixing", role=Role.CONSULTANT, when=Condition.REPAIRABLE),
            gates,
        ),
        until="review",
        max_rounds=rounds,
    )


def step_at(tree: Tree, path: str) -> LeafStep | LoopStep | None:
    """Return the step at a path, or None if the tree does not contain the step."""
    steps: Tree = tree
    found: LeafStep | LoopStep | None = None
    for part in path.split("/"):
        found = next((each for each in steps if each.id == part.partition("[")[0]), None)
        if found is None:
            return None
        steps = found.steps if isinstance(found, LoopStep) else ()
    return found


def title_at(tree: Tree, path: str) -> str:
    """Return the title of the step at a path, or the path if the tree does not contain the step."""
    step = step_at(tree, path)
    return path if step is None else step.title
