"""Landing changes the user's checkout as previewed, or refuses and changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from podium.errors import MergeConflict
from podium.workspace.repository import Repository
from podium.workspace.values import Landed, LandingKind, LandingPreview
from tests.core.workspace.projects import BRANCH, added, dirty, opened
from tests.support.repositories import Files, commit_files, files_of, git, whole_state, write_files

pytestmark = [pytest.mark.anyio, pytest.mark.promise("R4.untouched", "R10.unasked")]
USERS_SETTINGS = {
    "alias.merge": "!false",
    "branch.main.mergeOptions": "--squash --no-ff",
    "color.ui": "always",
    "core.autocrlf": "input",
    "core.logAllRefUpdates": "false",
    "core.quotePath": "true",
    "core.safecrlf": "true",
    "core.splitIndex": "true",
    "diff.noprefix": "true",
    "diff.orderFile": "missing",
    "diff.renames": "false",
    "feature.manyFiles": "true",
    "merge.autoStash": "true",
    "merge.conflictStyle": "zdiff3",
    "merge.ff": "false",
    "merge.verifySignatures": "true",
    "status.showStash": "true",
    "status.showUntrackedFiles": "all",
    "submodule.recurse": "true",
}
WORK = {"a.txt": "landed\n", "new/file.txt": "landed\n"}


async def ready(root: Path, files: Files, *, gone: tuple[str, ...] = ()) -> Repository:
    """Return the repository with `files` committed on a branch of Podium's."""
    repository = await opened(root)
    worktree = await added(repository)
    for name in gone:
        (worktree.folder / name).unlink()
    write_files(worktree.folder, files)
    await repository.commit_all(worktree, "Work")
    return repository


async def land(repository: Repository, expected: LandingPreview | None = None) -> Landed:
    expected = expected or await repository.preview_landing(BRANCH)
    return await repository.land(BRANCH, message="Land the work", expected=expected)


async def check_refused(
    repository: Repository, why: str, expected: LandingPreview | None = None
) -> MergeConflict:
    """Check that landing refuses for a reason and changes nothing."""
    before = whole_state(repository.root)
    with pytest.raises(MergeConflict, match=why) as caught:
        await land(repository, expected)
    assert whole_state(repository.root) == before
    assert caught.value.hints
    return caught.value


async def test_a_branch_ahead_lands_by_fast_forward(root: Path) -> None:
    repository = await ready(root, WORK)

    preview = await repository.preview_landing(BRANCH)
    landed = await land(repository, preview)

    tip = await repository.resolve(BRANCH)
    assert (preview.kind, preview.target, preview.tip) == (LandingKind.FAST_FORWARD, "main", tip)
    assert [file.path for file in preview.stat.files] == ["a.txt", "new/file.txt"]
    assert (preview.stat.added, preview.stat.deleted) == (2, 1)
    assert [commit.message for commit in preview.commits] == ["Work"]
    assert landed == Landed(LandingKind.FAST_FORWARD, "main", preview.head, tip)
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "rev-parse", "main") == tip
    assert (root / "new/file.txt").read_text() == "landed\n"


async def test_a_branch_that_went_apart_lands_as_a_merge_commit(root: Path) -> None:
    repository = await ready(root, WORK)
    mine = commit_files(root, {"b.txt": "mine\n"})

    preview = await repository.preview_landing(BRANCH)
    landed = await land(repository, preview)

    assert preview.kind is LandingKind.MERGE
    assert [file.path for file in preview.stat.files] == ["a.txt", "new/file.txt"]
    merge = (await repository.log(mine, landed.commit))[0]
    assert (merge.id, merge.parents) == (landed.commit, (mine, preview.tip))
    assert merge.message == "Land the work"
    assert git(root, "rev-parse", "main") == landed.commit
    assert git(root, "status", "--porcelain") == ""
    assert (root / "b.txt").read_text() == "mine\n"


async def test_a_branch_that_has_landed_is_up_to_date(root: Path) -> None:
    repository = await ready(root, WORK)
    await land(repository)
    before = whole_state(root)

    preview = await repository.preview_landing(BRANCH)
    landed = await land(repository, preview)

    assert preview.kind is LandingKind.UP_TO_DATE
    assert (preview.stat.files, preview.commits, preview.overwritten) == ((), (), ())
    assert landed.commit == preview.head
    assert whole_state(root) == before


async def test_a_preview_changes_nothing(root: Path) -> None:
    repository = await ready(root, WORK)
    commit_files(root, {"b.txt": "mine\n"})
    dirty(root)
    before = whole_state(root)

    await repository.preview_landing(BRANCH)

    assert whole_state(root) == before


@pytest.mark.parametrize("apart", [False, True])
async def test_local_changes_of_other_files_stay_as_they_are(root: Path, apart: bool) -> None:
    repository = await ready(root, {"landed.txt": "landed\n", "debug/x": "landed\n"})
    if apart:
        commit_files(root, {"mine.txt": "mine\n"})
    dirty(root)
    before = whole_state(root)

    await land(repository)

    after = whole_state(root)
    for part in ("unstaged", "staged", "stash", "settings"):
        assert after[part] == before[part]
    brought = {"landed.txt", "debug/x"}
    assert {name: each for name, each in files_of(root).items() if name not in brought} == before[
        "files"
    ]
    untracked = git(root, "ls-files", "--others", "--exclude-standard")
    assert untracked.splitlines() == ["folder/also.txt", "untracked file.txt"]


async def test_conflicts_are_previewed_and_refused_by_name(root: Path) -> None:
    repository = await ready(root, WORK)
    commit_files(root, {"a.txt": "mine\n"})

    preview = await repository.preview_landing(BRANCH)

    assert (preview.kind, preview.conflicts) == (LandingKind.CONFLICTS, ("a.txt",))
    assert [file.path for file in preview.stat.files] == ["a.txt", "new/file.txt"]
    await check_refused(repository, "does not merge into main: both changed a.txt", preview)


def staged_change(root: Path) -> None:
    write_files(root, {"a.txt": "mine\n"})
    git(root, "add", "a.txt")


def unstaged_change(root: Path) -> None:
    write_files(root, {"a.txt": "mine\n"})


def local_deletion(root: Path) -> None:
    (root / "a.txt").unlink()


def untracked_file(root: Path) -> None:
    write_files(root, {"new/file.txt": "mine\n"})


def staged_new_file(root: Path) -> None:
    write_files(root, {"new/file.txt": "mine\n"})
    git(root, "add", "--all")


def ignored_file(root: Path) -> None:
    write_files(root, {".git/info/exclude": "new/\n", "new/file.txt": "mine\n"})


def file_where_a_folder_lands(root: Path) -> None:
    write_files(root, {"new": "mine\n"})


def folder_where_a_file_lands(root: Path) -> None:
    write_files(root, {"new/file.txt/deep/mine.log": "ignored, mine\n"})


def link_where_a_folder_lands(root: Path) -> None:
    (root / "new").symlink_to("src")


@pytest.mark.parametrize(
    ("change", "named", "apart"),
    [
        (staged_change, "a.txt", False),
        (staged_change, "a.txt", True),
        (unstaged_change, "a.txt", False),
        (local_deletion, "a.txt", False),
        (untracked_file, "new/file.txt", False),
        (untracked_file, "new/file.txt", True),
        (staged_new_file, "new/file.txt", False),
        (ignored_file, "new/file.txt", False),
        (ignored_file, "new/file.txt", True),
        (file_where_a_folder_lands, "new", False),
        (folder_where_a_file_lands, "new/file.txt/deep/mine.log", False),
        (link_where_a_folder_lands, "new", False),
    ],
)
async def test_local_changes_in_the_way_are_named_and_never_overwritten(
    root: Path, change: Callable[[Path], None], named: str, apart: bool
) -> None:
    repository = await ready(root, WORK)
    if apart:
        commit_files(root, {"b.txt": "mine\n"})
    change(root)

    preview = await repository.preview_landing(BRANCH)

    assert preview.overwritten == (named,)
    await check_refused(repository, f"would be overwritten in {named}$", preview)


async def test_a_changed_file_that_the_branch_deletes_is_in_the_way(root: Path) -> None:
    repository = await ready(root, {}, gone=("a.txt",))
    write_files(root, {"a.txt": "mine\n"})

    await check_refused(repository, "would be overwritten in a.txt")


async def test_a_folder_becomes_a_file_and_a_file_a_folder(root: Path) -> None:
    files = {"src": "a file now\n", "a.txt/inside": "a folder now\n"}
    repository = await opened(root)
    worktree = await added(repository)
    (worktree.folder / "a.txt").unlink()
    (worktree.folder / "src" / "c.py").unlink()
    (worktree.folder / "src").rmdir()
    write_files(worktree.folder, files)
    await repository.commit_all(worktree, "Work")

    await land(repository)

    assert files_of(root) == files_of(worktree.folder)


@pytest.mark.parametrize("change", [staged_change, unstaged_change, untracked_file, ignored_file])
async def test_a_change_in_the_way_that_came_after_the_check_is_refused_by_git_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    repository = await ready(root, WORK)
    preview = await repository.preview_landing(BRANCH)
    change(root)

    async def too_early(*_: object) -> LandingPreview:
        return preview

    monkeypatch.setattr("podium.workspace.landing.preview", too_early)

    await check_refused(repository, "was not landed", preview)


async def test_a_detached_head_is_refused(root: Path) -> None:
    repository = await ready(root, WORK)
    git(root, "checkout", "--quiet", "--detach")

    assert (await repository.preview_landing(BRANCH)).target is None
    await check_refused(repository, "HEAD is detached")


async def test_a_checkout_that_moved_since_the_preview_is_refused(root: Path) -> None:
    repository = await ready(root, WORK)
    preview = await repository.preview_landing(BRANCH)
    commit_files(root, {"b.txt": "mine\n"})

    await check_refused(repository, "moved since the preview", preview)


async def test_another_branch_at_the_same_commit_is_refused(root: Path) -> None:
    repository = await ready(root, WORK)
    preview = await repository.preview_landing(BRANCH)
    git(root, "switch", "--quiet", "--create", "another")

    await check_refused(repository, "moved since the preview", preview)


async def test_a_branch_that_moved_since_the_preview_is_refused(root: Path) -> None:
    repository = await ready(root, WORK)
    preview = await repository.preview_landing(BRANCH)
    worktree = await added(repository)
    write_files(worktree.folder, {"later.txt": "later\n"})
    await repository.commit_all(worktree, "More")

    await check_refused(repository, "moved since the preview", preview)


async def test_a_merge_in_progress_is_refused(root: Path) -> None:
    repository = await ready(root, WORK)
    git(root, "switch", "--quiet", "--create", "feature")
    commit_files(root, {"b.txt": "theirs\n"})
    git(root, "switch", "--quiet", "main")
    commit_files(root, {"b.txt": "ours\n"})
    with pytest.raises(AssertionError, match="git"):
        git(root, "merge", "feature")

    await check_refused(repository, "a merge is in progress")


async def test_a_rebase_in_progress_is_refused(root: Path) -> None:
    repository = await ready(root, WORK)
    commit_files(root, {"b.txt": "mine\n"})
    git(root, "rebase", "--quiet", "--interactive", "HEAD~", GIT_SEQUENCE_EDITOR="sed -i 1ibreak")

    await check_refused(repository, "a rebase is in progress")


async def test_the_users_settings_do_not_change_how_it_lands(root: Path) -> None:
    for key, value in USERS_SETTINGS.items():
        git(root, "config", key, value)
    repository = await ready(root, WORK | {"ü ü": "odd\n", "dos.txt": "1\r\n2\r\n"})
    write_files(root, {"staged.txt": "mine\n"})
    git(root, "add", "staged.txt")
    write_files(root, {"b.txt": "mine\n"})

    landed = await land(repository)

    assert landed.kind is LandingKind.FAST_FORWARD
    assert git(root, "rev-parse", "main") == await repository.resolve(BRANCH)
    assert git(root, "diff-index", "--name-status", "HEAD") == "M\tb.txt\nA\tstaged.txt"
    assert git(root, "diff-files", "--name-status") == "M\tb.txt"
    assert git(root, "stash", "list") == ""


async def test_it_lands_in_a_linked_worktree_of_the_user(root: Path) -> None:
    mine = root.parent / "mine"
    git(root, "worktree", "add", "--quiet", "-b", "feature", str(mine))
    repository = await ready(mine, WORK)
    before = whole_state(root)

    landed = await land(repository)

    assert landed.target == "feature"
    assert (mine / "a.txt").read_text() == "landed\n"
    assert whole_state(root)["files"] == before["files"]
    assert git(root, "status", "--porcelain") == ""
