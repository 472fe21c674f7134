"""What a task says about losing code."""

import pytest

from podium.gates.task_intent import intent_for, removals_allowed_by, sentence_about
from podium.model.doubts import Doubt
from podium.model.plans import Task
from podium.syntax import ANYTHING, Intent

SAID = {
    "Add a parser": None,
    "Remove the old parser": {ANYTHING},
    "Delete `parse_old` and `Lexer::next`. Keep `parse`.": {"parse_old", "Lexer.next"},
    "Add `a()`. Drop `b()`.": {"b"},
    "Write a dropdown": None,
    "Clean up `util.py`": {"util.py"},
}


@pytest.mark.promise("V2.definitions")
@pytest.mark.parametrize("title", SAID)
def test_what_may_go_is_what_the_task_says(title: str) -> None:
    names = SAID[title]
    expected = Intent(removes=frozenset(names)) if names else None
    assert removals_allowed_by(Task(id="one", title=title)) == expected
    assert (
        removals_allowed_by(Task(id="one", title="Work", description=f"First.\n{title}"))
        == expected
    )


@pytest.mark.promise("V2.definitions")
def test_what_a_task_defines_is_expected_of_that_file_alone() -> None:
    defines = {"./src//a.py": ("total", "Ledger::add"), "b.py": ("f",)}
    task = Task(id="one", title="Remove `old`", defines=defines)
    removes = frozenset({"old"})
    expected = Intent(removes=removes, expects=frozenset({"total", "Ledger.add"}))
    assert intent_for(task, "src/a.py") == expected
    assert intent_for(task, "c.py") == Intent(removes=removes)
    assert intent_for(Task(id="one", title="Add", defines=defines), "c.py") is None


STUB = ("stub", "`Ledger.total` is a stub: its body is `raise NotImplementedError`")
GONE = ("definition-lost", "`total` is no longer defined")
CUT = ("stops-early", "the end of the file is missing")


@pytest.mark.promise("V6.task")
@pytest.mark.parametrize(
    ("code", "message", "said", "is_meant"),
    [
        (*STUB, "Add a stub of `total`.", True),
        (*STUB, "Add a skeleton of `src/a.py`.", True),
        (*STUB, "Add a skeleton of a.py.", True),
        (*STUB, "Add a stub of `count`.", False),
        (*STUB, "Add a stub in `b.py`.", False),
        (*STUB, "Write `total`. Other files are stubs.", False),
        (*STUB, "Remove `total`.", False),
        (*GONE, "Empty `src/a.py`.", True),
        (*GONE, "Rewrite a.py from scratch.", True),
        (*GONE, "Rewrite data.py from scratch.", False),
        (*GONE, "Keep a.py as it is.", False),
        (*CUT, "Empty `src/a.py`.", False),
    ],
)
def test_a_doubt_is_answered_by_a_sentence_about_it(
    code: str, message: str, said: str, *, is_meant: bool
) -> None:
    doubt = Doubt(code=code, path="src/a.py", line=1, message=message)
    task = Task(id="one", title="Work", description=f"Do it.\n{said}")
    found = sentence_about(task, doubt)
    assert bool(found) is is_meant
    assert found in said
