"""`.env.local` gives agents their keys, unless it may have come with a clone."""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from podium.agents.user.credentials import EnvFile, EnvFileProblem
from tests.support.repositories import git, make_repository


@pytest.fixture
def root(isolated_git: Path, tmp_path: Path) -> Path:
    del isolated_git
    return make_repository(tmp_path / "app", {"a.py": "a = 1\n"})


def write(root: Path, text: str = "A_KEY=secret\n", mode: int = 0o600) -> Path:
    path = root / ".env.local"
    path.write_text(text)
    path.chmod(mode)
    return path


def ignore(root: Path) -> None:
    (root / ".git" / "info" / "exclude").write_text(".env.local\n")


def link(root: Path) -> None:
    write(root).rename(root / "elsewhere")
    (root / ".env.local").symlink_to("elsewhere")


def track(root: Path) -> None:
    write(root)
    git(root, "add", "-f", ".env.local")


@pytest.mark.promise("G9.env-file")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A_KEY=secret\n", {"A_KEY": "secret"}),
        ("export B='two words' # why\n\n# c\nC=\n", {"B": "two words", "C": ""}),
        ("D=${HOME}/$HOME\n", {"D": "${HOME}/$HOME"}),
        ("NO_VALUE\nE=1\n", {"E": "1"}),
        ("\ufeff", {}),
    ],
)
def test_variables_are_read_as_everywhere(root: Path, text: str, expected: dict[str, str]) -> None:
    ignore(root)
    write(root, text)
    assert EnvFile(root).variables() == expected


@pytest.mark.promise("G9.env-file", "X5")
@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (
            track,
            EnvFileProblem(
                True, "git tracks .env.local, so it is ignored", "git rm --cached .env.local"
            ),
        ),
        (
            link,
            EnvFileProblem(
                True,
                ".env.local is a symlink, so it is ignored",
                "replace .env.local by a file",
            ),
        ),
    ],
)
def test_a_file_that_may_have_come_with_a_clone_is_ignored(
    root: Path, prepare: Callable[[Path], None], problem: EnvFileProblem
) -> None:
    prepare(root)
    assert EnvFile(root).variables() == {}
    assert anyio.run(EnvFile(root).problems) == [problem]


@pytest.mark.promise("G9.env-file")
def test_a_file_that_git_would_take_or_others_can_read_is_named(root: Path) -> None:
    assert anyio.run(EnvFile(root).problems) == []
    write(root, mode=0o644)
    assert anyio.run(EnvFile(root).problems) == [
        EnvFileProblem(
            False,
            "git would add .env.local to a commit",
            "echo .env.local >> .gitignore",
        ),
        EnvFileProblem(
            False,
            "other users of this machine can read .env.local",
            "chmod 600 .env.local",
        ),
    ]
    ignore(root)
    write(root)
    assert anyio.run(EnvFile(root).problems) == []
    assert EnvFile(root).variables() == {"A_KEY": "secret"}


def test_a_repository_cannot_run_a_program_when_the_file_is_looked_at(root: Path) -> None:
    trace = root.parent / "trace"
    hook = root.parent / "monitor"
    hook.write_text(f"#!/bin/sh\ntouch {trace}\n")
    hook.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(hook))
    write(root)
    EnvFile(root).variables()
    anyio.run(EnvFile(root).problems)
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"A=\x00"])
def test_a_file_that_is_no_text_gives_nothing_harmful(root: Path, content: bytes) -> None:
    ignore(root)
    (root / ".env.local").write_bytes(content)
    variables = EnvFile(root).variables()
    assert all("\0" not in f"{name}{value}" for name, value in variables.items())


def test_outside_of_a_repository_the_file_counts(tmp_path: Path, isolated_git: Path) -> None:
    del isolated_git
    write(tmp_path)
    assert EnvFile(tmp_path).variables() == {"A_KEY": "secret"}
