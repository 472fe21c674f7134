"""No action of a listed kind happens without a person: rights of roles, and questions."""

from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.agents import ROLE_PERMISSIONS, ActionAnswer, AgentRequest, AskKind, Role
from podium_adapters.acp.policy import Action, Decision, decide
from podium_adapters.acp.rights import LONGEST_CONTENT, Rights, diff_of, exact_input

KINDS = ("read", "search", "edit", "delete", "move", "execute", "fetch", "switch_mode", "other", "")
PATHS = ("a.py", "src/b.py", "other.py", "../out.py", ".git/config")


class Person:
    """Answers every question in the same way, and notes it."""

    def __init__(self, *, allows: bool) -> None:
        self.allows = allows
        self.asked: list[tuple[AskKind, str]] = []

    async def ask(self, kind: AskKind, content: str) -> ActionAnswer:
        self.asked.append((kind, content))
        return ActionAnswer(allowed=self.allows, reason="a person decided")


def request(role: Role, ask: tuple[AskKind, ...], folder: str = "/nowhere") -> AgentRequest:
    return AgentRequest(
        key="r-1/t1/1/execute",
        agent="test",
        role=role,
        prompt="do it",
        folder=folder,
        files=("a.py", "src"),
        permissions=ROLE_PERMISSIONS[role],
        ask=ask,
    )


actions = st.builds(
    Action,
    kind=st.sampled_from(KINDS),
    title=st.just("title"),
    paths=st.lists(st.sampled_from(PATHS), max_size=2).map(tuple),
    content=st.sampled_from(("", "rm -rf x")),
)
asks = st.sets(st.sampled_from(AskKind)).map(lambda kinds: tuple(sorted(kinds)))


def kinds_of(action: Action) -> set[AskKind]:
    """Return every kind that an action is of, independently of the code under test."""
    declared = all(path in ("a.py", "src/b.py") for path in action.paths)
    found: set[AskKind] = set()
    if action.kind == "execute":
        found.add(AskKind.COMMAND)
    if action.kind == "fetch":
        found.add(AskKind.NETWORK)
    if action.kind in ("edit", "delete", "move"):
        found |= {AskKind.EDIT} if declared else {AskKind.EDIT, AskKind.EDIT_UNDECLARED}
    if action.kind in ("delete", "move"):
        found.add(AskKind.DELETE)
    return found


@pytest.mark.promise("X2.per-action", "X2.least", "X2.auditors")
@given(action=actions, ask=asks, role=st.sampled_from(Role), allows=st.booleans())
def test_no_action_of_a_listed_kind_happens_without_an_allow(
    action: Action, ask: tuple[AskKind, ...], role: Role, allows: bool
) -> None:
    person = Person(allows=allows)
    rights = Rights(request(role, ask), person)
    decision = anyio.run(rights.settle, action)
    listed = kinds_of(action) & set(ask)
    by_role = decide(action, ROLE_PERMISSIONS[role], rights.folder)
    assert len(person.asked) <= 1
    if decision.allowed and listed:
        assert allows
        assert person.asked[0][0] in listed
    if person.asked:
        # Roles that may not change anything never even lead to a question.
        assert by_role.allowed or (action.kind == "fetch" and role is Role.EXECUTOR)
        assert decision.allowed is allows
    else:
        assert decision == by_role or not decision.allowed


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ARCHITECT])
@pytest.mark.promise("X2.auditors")
def test_a_role_that_may_only_read_asks_nobody(role: Role) -> None:
    person = Person(allows=True)
    rights = Rights(request(role, tuple(AskKind)), person)
    for kind in ("edit", "delete", "move", "execute", "fetch"):
        assert not anyio.run(rights.settle, Action(kind, "", ("a.py",))).allowed
    assert person.asked == []


def test_the_person_sees_the_command_without_secrets_and_the_title_only_without_one() -> None:
    person = Person(allows=True)
    rights = Rights(
        request(Role.EXECUTOR, (AskKind.COMMAND,)), person, lambda t: t.replace("k", "*")
    )
    anyio.run(rights.settle, Action("execute", "nice title", content="echo k"))
    anyio.run(rights.settle, Action("execute", "nice title"))
    assert [content for _, content in person.asked] == ["echo *", "nice title"]


@pytest.mark.parametrize("content", ["x" * (LONGEST_CONTENT + 1), "x"])
def test_what_nobody_can_judge_is_refused(content: str) -> None:
    person = Person(allows=True) if len(content) > 1 else None
    rights = Rights(request(Role.EXECUTOR, (AskKind.COMMAND,)), person)
    decision = anyio.run(rights.settle, Action("execute", "title", content=content))
    reason = "too long to be shown" if person else "none can be asked here"
    assert decision == Decision(
        allowed=False, reason=f"a person has to allow it, but {'it is ' if person else ''}{reason}"
    )


@pytest.mark.parametrize(
    ("given_input", "shown"),
    [
        ({"command": "ls -l", "description": "List"}, "ls -l"),
        ({"command": ["rm", "a b"]}, "rm 'a b'"),
        ({"command": "make", "cwd": "/work-tree", "timeout": 3}, "make"),
        ({"command": "rm -rf build", "cwd": "src"}, 'rm -rf build\n{\n  "cwd": "src"\n}'),
        ({"command": "ls", "workdir": ["/"]}, 'ls\n{\n  "workdir": [\n    "/"\n  ]\n}'),
        ({"command": "ls", "unsandboxed": True}, 'ls\n{\n  "unsandboxed": true\n}'),
        ({"url": "https://example.org/"}, '{\n  "url": "https://example.org/"\n}'),
        ({}, ""),
    ],
)
def test_what_a_tool_is_given_is_shown_exactly(given_input: dict[str, object], shown: str) -> None:
    assert exact_input(given_input, Path("/work-tree")) == shown


def test_a_change_is_shown_as_a_diff() -> None:
    assert diff_of("a.py", "one\ntwo\n", "one\nthree") == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n"
        " one\n-two\n+three\n\\ No newline at end of file\n"
    )
