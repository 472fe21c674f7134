"""Sequential thoughts as a tree."""

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.model.sessions import Thought, ThoughtBranch, thought_tree
from tests.core.model.builders import NOON


def thought(
    number: int, branch: str = "", branch_from: int | None = None, revises: int | None = None
) -> Thought:
    return Thought(
        number=number,
        total=9,
        text=f"thought {number}",
        branch=branch,
        branch_from=branch_from,
        revises=revises,
        at=NOON,
    )


def drawn(line: ThoughtBranch) -> str:
    """Draw a tree in one line: `1 2~4(side: 5 6) 3 | loose: 7`."""
    nodes = " ".join(
        str(node.thought.number)
        + "".join(f"~{number}" for number in node.revised_by)
        + "".join(f"({branch.name}: {drawn(branch)})" for branch in node.branches)
        for node in line.nodes
    )
    return nodes + "".join(f" | {branch.name}: {drawn(branch)}" for branch in line.loose)


@pytest.mark.promise("T1.tree")
@pytest.mark.parametrize(
    ("thoughts", "expected"),
    [
        ([], ""),
        ([thought(1), thought(2), thought(3)], "1 2 3"),
        ([thought(1), thought(2), thought(3, revises=1), thought(4, revises=1)], "1~3~4 2 3 4"),
        (
            [thought(1), thought(2), thought(3, "x", 1), thought(4, "x"), thought(5)],
            "1(x: 3 4) 2 5",
        ),
        # Some clients say it in every thought of the branch.
        ([thought(1), thought(2, "x", 1), thought(3, "x", 1)], "1(x: 2 3)"),
        ([thought(1), thought(2, "x", 1), thought(3, "x", 2)], "1(x: 2 3)"),
        (
            [thought(1), thought(2, "x", 1), thought(3, "y", 1), thought(4, "z", 2)],
            "1(x: 2(z: 4))(y: 3)",
        ),
        ([thought(1), thought(2, "x"), thought(3, "y", 77)], "1 | x: 2 | y: 3"),
        ([thought(1, "x", 1)], " | x: 1"),
        ([thought(1, "a", 2), thought(2, "b", 1)], " | a: 1(b: 2)"),
    ],
)
def test_thoughts_are_drawn_as_a_tree(thoughts: list[Thought], expected: str) -> None:
    assert drawn(thought_tree(tuple(thoughts))) == expected


@st.composite
def anything_said(draw: st.DrawFn) -> tuple[Thought, ...]:
    count = draw(st.integers(0, 10))
    numbers = st.none() | st.integers(1, 11)
    return tuple(
        thought(n, draw(st.sampled_from(["", "x", "y", "z"])), draw(numbers), draw(numbers))
        for n in range(1, count + 1)
    )


def numbers_in(line: ThoughtBranch) -> list[int]:
    here = [node.thought.number for node in line.nodes]
    below = [branch for node in line.nodes for branch in node.branches]
    return here + [each for branch in (*below, *line.loose) for each in numbers_in(branch)]


@pytest.mark.promise("T1.tree")
@hypothesis.given(anything_said())
def test_every_thought_is_in_the_tree_once_whatever_a_client_says(
    thoughts: tuple[Thought, ...],
) -> None:
    tree = thought_tree(thoughts)
    assert sorted(numbers_in(tree)) == [each.number for each in thoughts]
    assert [node.thought.number for node in tree.nodes] == [
        each.number for each in thoughts if not each.branch
    ]
