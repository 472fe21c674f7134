"""Determines the next steps: `next_steps(tree, results)`; independent of how steps are carried out.

The answer depends on the tree and on the results so far, so a runner that was killed asks again
and gets the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.model.doubts import WhoIsAsked
from podium.model.rules.steps import (
    AgentStep,
    Condition,
    DoubtStep,
    LeafStep,
    LoopStep,
    Tree,
)
from podium.model.runs import GatesResult, StepResult


@dataclass(frozen=True)
class Due:
    """A step to carry out now."""

    path: str
    step: LeafStep


@dataclass(frozen=True)
class Passed:
    """Every step passed or was skipped: the change can be merged."""


@dataclass(frozen=True)
class Failed:
    """The attempt failed.

    Args:
        path: the path of the result that contains the reason.
    """

    path: str


Progress = tuple[Due, ...] | Passed | Failed


def next_steps(tree: Tree, results: Sequence[StepResult]) -> Progress:
    """Return the steps that are due, or how the attempt ended.

    Args:
        tree: the steps.
        results: the results so far, oldest first; results for paths outside the tree are ignored.
    """
    return _Walk(results).sequence(tree, "")


class _Walk:
    """Walks a tree along the results."""

    def __init__(self, results: Sequence[StepResult]) -> None:
        self._by_path: Mapping[str, StepResult] = {each.path: each for each in results}
        self._counts: dict[str, int] = {}
        for path in self._by_path:
            step_id = path.rpartition("/")[2]
            self._counts[step_id] = self._counts.get(step_id, 0) + 1
        self._latest: StepResult | None = None
        checks = [each for each in results if isinstance(each, GatesResult) and each.to_confirm]
        self._to_confirm = checks[-1].to_confirm if checks else ()

    def sequence(self, steps: Tree, prefix: str) -> Progress:
        """Return the progress of a sequence of steps."""
        for step in steps:
            progress = self.step(step, prefix)
            if not isinstance(progress, Passed):
                return progress
        return Passed()

    def step(self, step: LeafStep | LoopStep, prefix: str) -> Progress:
        """Return the progress of one step; a skipped step counts as passed."""
        path = prefix + step.id
        done = self._by_path.get(path)
        if done is None and not self._applies(step.when):
            return Passed()
        if isinstance(step, LoopStep):
            return self.loop(step, path)
        if done is None:
            return (Due(path, step),)
        self._latest = done
        return Passed() if done.passed else Failed(path)

    def loop(self, loop: LoopStep, path: str) -> Progress:
        """Return the progress of a loop."""
        failed = Failed(path)
        for number in range(1, loop.max_rounds + 1):
            progress = self.round(loop, f"{path}[{number}]/", last=number == loop.max_rounds)
            if not isinstance(progress, _NextRound):
                return progress
            failed = progress.failed
        return failed

    def round(self, loop: LoopStep, prefix: str, *, last: bool) -> "Progress | _NextRound":
        """Return the progress of a round, or `_NextRound` if another one follows."""
        failed: Failed | None = None
        asked = followed = False
        for step in loop.steps:
            if failed is not None and not self._may_follow(step, prefix):
                if isinstance(step, DoubtStep) or asked:
                    continue
                return failed
            followed = failed is not None
            asked = asked or isinstance(step, DoubtStep)
            progress = self.step(step, prefix)
            if step.id != loop.until:
                if isinstance(progress, Passed):
                    continue
                return progress
            if last or not isinstance(progress, Failed):
                return progress
            failed = progress
        if failed is None:
            return Passed()
        return _NextRound(failed) if followed else failed

    def _may_follow(self, step: LeafStep | LoopStep, prefix: str) -> bool:
        """Whether a step after a failed one is permitted or has already been carried out."""
        if prefix + step.id in self._by_path:
            return True
        if isinstance(step, AgentStep | DoubtStep) and step.at_most is not None:
            return self._applies(step.when) and self._counts.get(step.id, 0) < step.at_most
        return self._applies(step.when)

    def _applies(self, condition: Condition) -> bool:
        match condition:
            case Condition.ALWAYS:
                return True
            case Condition.CHANGED:
                return self._latest is None or self._latest.changed
            case Condition.REPAIRABLE:
                return self._latest is not None and self._latest.repairable
            case Condition.DOUBTED:
                return self._latest is not None and self._latest.asks is WhoIsAsked.WRITER
            case Condition.DISPUTED:
                return self._latest is not None and self._latest.asks is WhoIsAsked.JUDGE
            case Condition.TO_CONFIRM:
                return bool(self._to_confirm)


@dataclass(frozen=True)
class _NextRound:
    """A round failed, and another one is permitted."""

    failed: Failed
