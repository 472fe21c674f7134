"""What a task says about losing code."""

import pytest

from podium.model.plans import Task
from podium.running.meaning import meant_by
from podium.syntax import ANYTHING, Intent

SAID = {
    "Add a parser": None,
    "Remove the old parser": {ANYTHING},
    "Delete `parse_old` and `Lexer::next`. Keep `parse`.": {"parse_old", "Lexer.next"},
    "Add `a()`. Drop `b()`.": {"b"},
    "Write a dropdown": None,
    "Clean up `util.py`": {"util.py"},
}


@pytest.mark.promise("V2")
@pytest.mark.parametrize("title", SAID)
def test_what_may_go_is_what_the_task_says(title: str) -> None:
    names = SAID[title]
    expected = Intent(removes=frozenset(names)) if names else None
    assert meant_by(Task(id="one", title=title)) == expected
    assert meant_by(Task(id="one", title="Work", description=f"First.\n{title}")) == expected
