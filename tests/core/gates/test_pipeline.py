"""Which gates run, and what they look at."""

import pytest

from podium.gates.pipeline import needs_folder
from podium.model.plans import AcceptanceCriterion, Task
from podium.model.runs import GateCommand
from podium.workspace.values import LINK_MODE, ChangedFile, ChangeKind

FILE = ChangedFile("a.txt", ChangeKind.ADDED, "100644")
LINK = ChangedFile("link", ChangeKind.ADDED, LINK_MODE)
TEST = GateCommand(name="test", command=("true",))


@pytest.mark.parametrize(
    ("files", "criteria", "commands", "expected"),
    [
        ((FILE,), (), (), False),
        ((FILE,), (AcceptanceCriterion(id="c1", text="It is right"),), (), False),
        ((FILE, LINK), (), (), True),
        ((FILE,), (), (TEST,), True),
        ((FILE,), (AcceptanceCriterion(id="c1", text="It is right", command=("true",)),), (), True),
    ],
    ids=["built-in gates", "a criterion in words", "a link", "a command", "a criterion's command"],
)
def test_a_folder_is_needed_for_commands_and_links(
    files: tuple[ChangedFile, ...],
    criteria: tuple[AcceptanceCriterion, ...],
    commands: tuple[GateCommand, ...],
    expected: bool,
) -> None:
    task = Task(id="t1", title="Do it", acceptance=criteria)
    assert needs_folder(files, task, commands) is expected
