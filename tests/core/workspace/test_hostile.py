"""Nothing that a repository's own configuration names is ever run; what the user chose still is."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from podium.errors import GitError
from podium.workspace.plumbing.programs import BUILT_IN_MERGE, switches
from podium.workspace.plumbing.settings import Setting
from podium.workspace.repository import Repository
from podium.workspace.values import Conflicts, LandingKind, WorkTreeStatus
from tests.core.workspace.projects import BRANCH, OTHER_BRANCH, added, opened
from tests.support.repositories import commit_files, git, make_repository, write_files

pytestmark = pytest.mark.anyio
HOOKS = (
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-rewrite",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "reference-transaction",
)


def trap(root: Path) -> Path:
    """Write a program that leaves a file when it is run."""
    program = root.parent / "trap"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{root.parent}/sprung'\ncat\n")
    program.chmod(0o755)
    return program


def own_hooks(root: Path) -> None:
    for name in HOOKS:
        (root / ".git" / "hooks" / name).unlink(missing_ok=True)
        (root / ".git" / "hooks" / name).symlink_to(trap(root))


def hooks_elsewhere(root: Path) -> None:
    own_hooks(root)
    (root / ".git" / "hooks").rename(root.parent / "hooks")
    git(root, "config", "core.hooksPath", str(root.parent / "hooks"))


def users_hooks(root: Path) -> None:
    own_hooks(root)
    git(root, "config", "--global", "core.hooksPath", str(root / ".git" / "hooks"))


def signing(root: Path) -> None:
    for key in ("commit.gpgSign", "tag.gpgSign", "log.showSignature", "merge.verifySignatures"):
        git(root, "config", key, "true")
    git(root, "config", "gpg.program", str(trap(root)))


def diff_programs(root: Path) -> None:
    git(root, "config", "diff.external", str(trap(root)))
    git(root, "config", "diff.evil.command", str(trap(root)))
    git(root, "config", "diff.evil.textconv", str(trap(root)))


def monitor_pager_and_editor(root: Path) -> None:
    for key in ("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.sshCommand"):
        git(root, "config", key, str(trap(root)))


def filters(root: Path) -> None:
    for name in ("evil", "ev=il.x"):
        for key in ("clean", "smudge", "process"):
            git(root, "config", f"filter.{name}.{key}", str(trap(root)))
        git(root, "config", f"filter.{name}.required", "true")


def merge_driver(root: Path) -> None:
    git(root, "config", "merge.evil.driver", f"{trap(root)} %A")


def settings_of_one_worktree(root: Path) -> None:
    git(root, "config", "extensions.worktreeConfig", "true")
    git(root, "config", "--worktree", "filter.evil.clean", str(trap(root)))
    git(root, "config", "--worktree", "core.fsmonitor", str(trap(root)))


def included_settings(root: Path) -> None:
    extra = root.parent / "extra"
    extra.write_text(f'[filter "evil"]\n\tclean = {trap(root)}\n\tsmudge = {trap(root)}\n')
    git(root, "config", "include.path", str(extra))


async def do_everything(repository: Repository) -> None:
    """Use the whole door once; files change on both sides of every merge."""
    root = repository.root
    await repository.status()
    worktree = await added(repository, base="HEAD~")
    other = await added(repository, OTHER_BRANCH, base="HEAD~")
    write_files(worktree.folder, {"a.txt": "1\n2\n3\nours\n", "new.txt": "n\n"})
    write_files(other.folder, {"a.txt": "theirs\n1\n2\n3\n"})
    saved = await repository.checkpoint(worktree.folder, "refs/podium/x/1", "Before")
    await repository.checkpoint(root, "refs/podium/x/2", "Before")
    await repository.commit_all(worktree, "Work")
    await repository.commit_all(other, "Other work")
    assert not isinstance(await repository.merge(BRANCH, OTHER_BRANCH), Conflicts)
    await repository.restore(other, saved.commit)
    await repository.reset_worktree(other, BRANCH)
    await repository.diff_text("HEAD", BRANCH)
    await repository.diff_stat("HEAD", BRANCH)
    await repository.changed_files("HEAD", BRANCH)
    await repository.log("HEAD", BRANCH)
    preview = await repository.preview_landing(BRANCH)
    assert preview.kind is LandingKind.MERGE
    await repository.land(BRANCH, message="Land", expected=preview)
    await repository.remove_worktree(worktree)
    await repository.delete_branch(BRANCH, expected_old=preview.tip)


@pytest.mark.promise("R4.worktree", "X5")
@pytest.mark.parametrize(
    "hostility",
    [
        own_hooks,
        hooks_elsewhere,
        users_hooks,
        signing,
        diff_programs,
        monitor_pager_and_editor,
        filters,
        merge_driver,
        settings_of_one_worktree,
        included_settings,
    ],
)
async def test_nothing_runs(root: Path, hostility: Callable[[Path], None]) -> None:
    files = {"a.txt": "1\n2\n3\n", ".gitattributes": "*.txt filter=evil diff=evil merge=evil\n"}
    commit_files(root, files | {"b.txt": "b\n"})
    commit_files(root, {"mine.txt": "mine\n"})
    hostility(root)
    # A file whose time changed is read again, and would go through a filter.
    (root / "b.txt").write_text("b\n")

    await do_everything(await opened(root))

    assert not (root.parent / "sprung").exists(), (root.parent / "sprung").read_text()
    assert (root / "a.txt").read_text() == "1\n2\n3\nours\n"


@pytest.mark.promise("R4.filters")
async def test_the_users_own_filter_still_works(root: Path) -> None:
    git(root, "config", "--global", "filter.rot.clean", "tr a-m n-z")
    git(root, "config", "--global", "filter.rot.smudge", "tr n-z a-m")
    git(root, "config", "filter.rot.clean", "false")
    commit_files(root, {".gitattributes": "*.rot filter=rot\n"})
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"x.rot": "abc\n"})

    commit = await repository.commit_all(worktree, "Work")

    assert commit
    assert await repository.file_at(commit, "x.rot") == b"nop\n"
    await repository.reset_worktree(worktree, "main")
    await repository.reset_worktree(worktree, commit)
    assert (worktree.folder / "x.rot").read_text() == "abc\n"


def check_switches(configured: list[Setting], expected: dict[str, str]) -> None:
    assert switches(configured) == expected


@pytest.mark.promise("X5")
def test_what_the_repository_names_is_off_and_what_the_user_names_stays() -> None:
    lfs = "git-lfs filter-process"
    check_switches([], {})
    check_switches([Setting("global", "filter.lfs.process", lfs)], {})
    check_switches([Setting("system", "merge.npm.driver", "npm-merge")], {})
    check_switches([Setting("local", "filter.a.b.clean", "evil")], {"filter.a.b.clean": ""})
    check_switches([Setting("local", "filter.a.required", "yes")], {"filter.a.required": "false"})
    check_switches(
        [Setting("global", "filter.lfs.process", lfs), Setting("local", "filter.lfs.process", "x")],
        {"filter.lfs.process": lfs},
    )
    check_switches(
        [Setting("worktree", "merge.x.driver", "evil")], {"merge.x.driver": BUILT_IN_MERGE}
    )


@pytest.mark.promise("X5")
def test_configured_hooks_are_off_whoever_configured_them() -> None:
    for scope in ("system", "global", "local", "worktree", "command"):
        check_switches([Setting(scope, "hook.a.b.command", "evil")], {"hook.a.b.enabled": "false"})


async def test_conflicts_are_found_where_a_repository_names_its_own_merge_driver(
    root: Path,
) -> None:
    merge_driver(root)
    commit_files(root, {"a.txt": "1\n", ".gitattributes": "*.txt merge=evil\n"})
    repository = await opened(root)
    for number, branch in zip(itertools.count(1), (BRANCH, OTHER_BRANCH), strict=False):
        worktree = await added(repository, branch)
        write_files(worktree.folder, {"a.txt": f"{number} changed\n"})
        await repository.commit_all(worktree, branch)

    merged = await repository.merge(BRANCH, OTHER_BRANCH)

    assert isinstance(merged, Conflicts)
    assert merged.files == ("a.txt",)


@pytest.mark.promise("X5")
async def test_a_submodule_is_not_looked_into(root: Path) -> None:
    inner = make_repository(root.parent / "inner", {"x": "x\n", ".gitattributes": "x filter=evil"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    commit_files(root, {})
    git(root / "sub", "config", "filter.evil.clean", str(trap(root)))
    git(root / "sub", "config", "core.fsmonitor", str(trap(root)))
    git(root, "config", "submodule.recurse", "true")
    (root / "sub" / "x").write_text("y\n")
    repository = await opened(root)

    assert await repository.status() == WorkTreeStatus((), (), (), (), None)
    await repository.checkpoint(root, "refs/podium/x/1", "Before")
    worktree = await added(repository)
    git(worktree.folder, "rm", "--quiet", "--cached", "sub")
    await repository.commit_all(worktree, "Work")
    preview = await repository.preview_landing(BRANCH)
    await repository.land(BRANCH, message="Land", expected=preview)

    assert not (root.parent / "sprung").exists(), (root.parent / "sprung").read_text()
    assert (root / "sub" / "x").read_text() == "y\n"


async def test_missing_objects_are_an_error_and_are_not_fetched_by_a_program(root: Path) -> None:
    commit_files(root, {"big.bin": "gone\n"})
    blob = git(root, "rev-parse", "HEAD:big.bin")
    repository = await opened(root)
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", "extensions.partialClone", "origin")
    git(root, "config", "remote.origin.url", str(root.parent / "nowhere"))
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "remote.origin.uploadpack", f"{trap(root)} </dev/null; :")
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(GitError, match="transport 'file' not allowed"):
        await repository.file_at("HEAD", "big.bin")

    assert not (root.parent / "sprung").exists()
