"""What a person sees of a command that changes something: one line."""

from typing import Any

import pytest

from tests.editors.modules import run_module
from tests.support.editor_tools import NODE

SCRIPT = """
const [command, title, answer] = told;
await module.show(undefined, command, title, undefined, answer);
result = (await import('vscode')).said;
"""

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(not NODE.is_there, reason="no node; `make editors` installs it"),
]


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    # A request is carried out later: the answer shows the state of before.
    ("run.start", "Run Plan", {"state": "pending"}, "Run Plan: started"),
    (
        "run.pause",
        "Pause Run",
        {"state": "running"},
        "Pause Run: requested; tasks in progress are finished first",
    ),
    ("run.resume", "Resume Run", {"state": "paused"}, "Resume Run: requested"),
    ("run.cancel", "Cancel Run", {"state": "running"}, "Cancel Run: requested"),
    ("run.cancel", "Cancel Run", {"done": False, "reason": "not confirmed"}, "not confirmed"),
    ("plan.reject", "Reject Plan", {"state": "rejected"}, "Reject Plan: rejected"),
    (
        "plan.approve",
        "Approve Plan",
        {"state": "approved", "plan": {"tasks": [{}, {}]}},
        "Approve Plan: approved, 2 tasks | Run",
    ),
    (
        "audit.run",
        "Audit Project",
        {"found": [{}]},
        "Audit Project: 1 finding | Show Problems",
    ),
    ("store.gc", "Clean Up", {}, "Clean Up: done"),
]


@pytest.mark.parametrize(("command", "title", "answer", "said"), CASES)
def test_a_change_is_reported_in_one_line(
    command: str, title: str, answer: dict[str, Any], said: str
) -> None:
    told = [f"podium.{command}", title, answer]
    assert run_module("showing", SCRIPT, told) == [f"Podium: {said}"]
