"""What agents may do, by role: a table."""

from pathlib import Path

import pytest

from podium.model.agents import ROLE_PERMISSIONS, Permissions, Role
from podium_adapters.acp.policy import Action, decide

ALL = Permissions(write=True, commands=True)
WRITES = Permissions(write=True)
COMMANDS = Permissions(commands=True)
NOTHING = Permissions()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    (work / ".git").mkdir(parents=True)
    (work / "out").symlink_to(tmp_path)
    return work


# kind, paths, permissions -> allowed, and what the reason holds
TABLE: list[tuple[str, tuple[str, ...], Permissions, str]] = [
    ("edit", ("a.py",), ALL, ""),
    ("edit", ("{work}/new/a.py",), WRITES, ""),
    ("edit", ("a.py", "b.py"), WRITES, ""),
    ("delete", ("a.py",), WRITES, ""),
    ("move", ("a.py", "b.py"), WRITES, ""),
    ("edit", ("a.py",), NOTHING, "may not change files"),
    ("edit", ("a.py",), COMMANDS, "may not change files"),
    ("delete", ("a.py",), NOTHING, "may not change files"),
    ("edit", (), ALL, "does not say which file"),
    ("edit", ("a.py", "../b.py"), ALL, "'../b.py' leads out of the working folder"),
    ("edit", ("/etc/passwd",), ALL, "leads out of the working folder"),
    ("edit", ("out/x",), ALL, "leads out of the working folder"),
    ("move", ("a.py", "out/x"), ALL, "leads out of the working folder"),
    ("edit", (".git/hooks/pre-commit",), ALL, "belongs to git or Podium"),
    ("edit", (".podium/plan.json",), ALL, "belongs to git or Podium"),
    ("execute", (), ALL, ""),
    ("execute", (), COMMANDS, ""),
    ("execute", ("{work}",), COMMANDS, ""),
    ("execute", ("{work}/..",), COMMANDS, "leads out of the working folder"),
    ("execute", (), WRITES, "may not run commands"),
    ("execute", (), NOTHING, "may not run commands"),
    ("read", ("a.py",), NOTHING, ""),
    ("read", (".git/config",), NOTHING, ""),
    ("search", ("{work}",), NOTHING, ""),
    ("read", ("out/secret",), ALL, "leads out of the working folder"),
    ("read", (), ALL, "does not say which file"),
    ("fetch", (), ALL, "of the kind 'fetch'"),
    ("switch_mode", (), ALL, "of the kind 'switch_mode'"),
    ("other", ("a.py",), ALL, "of the kind 'other'"),
    ("", ("a.py",), ALL, "of the kind 'unknown'"),
    ("brand-new", ("a.py",), ALL, "of the kind 'brand-new'"),
]


@pytest.mark.promise("X1.paths", "X2.least")
@pytest.mark.parametrize(("kind", "paths", "permissions", "reason"), TABLE)
def test_a_question_is_answered_by_the_roles_policy(
    folder: Path, kind: str, paths: tuple[str, ...], permissions: Permissions, reason: str
) -> None:
    named = tuple(path.format(work=folder) for path in paths)
    decision = decide(Action(kind, "title", named), permissions, folder)
    assert decision.allowed is (reason == "")
    assert reason in decision.reason


@pytest.mark.promise("X2.least", "X2.auditors")
@pytest.mark.parametrize(
    ("role", "may_write", "may_run"),
    [
        (Role.ARCHITECT, False, False),
        (Role.EXECUTOR, True, True),
        (Role.AUDITOR, False, False),
        (Role.CONSULTANT, True, False),
    ],
)
def test_each_role_may_do_the_least_it_needs(
    folder: Path, role: Role, may_write: bool, may_run: bool
) -> None:
    permissions = ROLE_PERMISSIONS[role]
    assert decide(Action("edit", "", ("a",)), permissions, folder).allowed is may_write
    assert decide(Action("execute", ""), permissions, folder).allowed is may_run
