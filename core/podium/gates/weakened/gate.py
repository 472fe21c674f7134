"""The gate that stops a change that weakens tests, until that is answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from podium.gates.gate import MAX_PROBLEMS, ChangedTree
from podium.gates.weakened.change import CATEGORY, may_weaken, weakened_in_tree
from podium.gates.weakened.task_words import sentence_about
from podium.gates.weakened.values import Weakened
from podium.model.doubts import AnsweredDoubt, Doubt, TaskAnswer
from podium.model.doubts.settling import confirmed, numbered
from podium.model.plans import Task
from podium.model.runs import GateResult
from podium.words import counted
from podium.workspace.values import ChangedFile, ChangeKind


@dataclass(frozen=True)
class WeakenedTestsGate:
    """Raises a doubt about each test or check that a change weakens."""

    name: str = CATEGORY
    can_be_repaired: bool = True

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Compare tests and settings with the base."""
        began = anyio.current_time()
        found = await weakened_in_tree(tree)
        doubts, answers = _settled(found, tree, task)
        summary = counted(len(doubts), "doubt") if doubts else _passed(found)
        return GateResult(
            gate=self.name,
            passed=not doubts,
            summary=summary,
            doubts=doubts[:MAX_PROBLEMS],
            answers=answers,
            seconds=anyio.current_time() - began,
        )


def changes_tests(files: Sequence[ChangedFile]) -> bool:
    """Return whether the gate has anything to check in a change."""
    return any(each.kind is not ChangeKind.ADDED and may_weaken(each) for each in files)


def _settled(
    found: Sequence[Weakened], tree: ChangedTree, task: Task
) -> tuple[tuple[Doubt, ...], tuple[AnsweredDoubt, ...]]:
    """Return the open doubts, and those that the task or a known answer settles."""
    doubts = numbered(map(_doubt, found))
    by_task = [
        AnsweredDoubt(doubt=doubt, answer=TaskAnswer(sentence=sentence), at=tree.checked_at)
        for doubt, each in zip(doubts, found, strict=True)
        if (sentence := sentence_about(task, each))
    ]
    explained = {each.doubt.key for each in by_task}
    left = [each for each in doubts if each.key not in explained]
    known = confirmed(left, tree.answers)
    answered = {each.doubt.key for each in known}
    return tuple(each for each in left if each.key not in answered), (*by_task, *known)


def _doubt(found: Weakened) -> Doubt:
    return Doubt(
        code=CATEGORY,
        path=found.path,
        line=found.line,
        message=found.message,
    )


def _passed(found: Sequence[Weakened]) -> str:
    return f"{counted(len(found), 'place')}, all intended" if found else "no test was weakened"
