"""A repository is found, or it is said why not; and questions are answered exactly."""

import os
from pathlib import Path

import pytest

from podium.errors import GitError, NotARepository
from podium.workspace.plumbing.discovery import git_version
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile, ChangeKind, FileStat, Operation, WorkTreeStatus
from tests.core.workspace.projects import dirty, opened
from tests.support.repositories import commit_files, git, make_repository, write_files

pytestmark = pytest.mark.anyio


async def test_a_repository_is_found_from_any_folder_in_it(root: Path) -> None:
    (root.parent / "link").symlink_to(root / "src")

    for folder in (root, root / "src", root.parent / "link"):
        repository = await opened(folder)
        assert (repository.root, repository.git_common_dir) == (root, root / ".git")


async def test_a_folder_name_may_hold_anything(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "odd \n ü -name", {"a": "a\n"})
    repository = await opened(root)

    worktree = await repository.add_worktree(
        repository.worktree_folder("p", "t"), "podium/p/t", "HEAD"
    )

    assert repository.root == root
    assert (worktree.folder / "a").read_text() == "a\n"


async def check_not_found(folder: Path, error: type[GitError], words: str, hint: str) -> None:
    with pytest.raises(error, match=words) as caught:
        await Repository.discover(folder)
    assert any(hint in each for each in caught.value.hints)


async def test_a_folder_without_a_repository_is_told_about_git_init(tmp_path: Path) -> None:
    await check_not_found(tmp_path, NotARepository, "not in a git repository", "git init")


async def test_a_bare_repository_is_told_about_a_clone(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")

    await check_not_found(tmp_path / "bare.git", NotARepository, "not in a working tree", "a clone")


async def test_gits_own_folder_is_not_a_work_tree(root: Path) -> None:
    await check_not_found(root / ".git", NotARepository, "not in a working tree", "a clone")


async def test_a_repository_without_a_commit_is_told_how_to_make_one(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "project")

    await check_not_found(tmp_path / "project", GitError, "no commit yet", "git commit")


async def test_a_missing_git_is_told_where_to_get_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(root))

    await check_not_found(root, GitError, "no program named git", "install git")


async def test_an_old_git_is_told_which_one_is_needed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"bin/git": "#!/bin/sh\necho git version 2.37.9 '(Apple Git-1)'\n"})
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    await check_not_found(root, GitError, "needs git 2.38", "install a newer git")


async def test_the_version_of_git_is_told_in_numbers(tmp_path: Path) -> None:
    version = await git_version(tmp_path)

    assert git(tmp_path, "version").startswith(f"git version {version}")


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="No such folder"):
        await Repository.discover(tmp_path / "nowhere")


async def test_head_is_a_branch_or_detached(root: Path) -> None:
    repository = await opened(root)

    assert (await repository.head()).branch == "main"
    git(root, "checkout", "--quiet", "--detach")
    assert (await repository.head()).branch is None


async def test_an_unknown_revision_is_an_error(root: Path) -> None:
    repository = await opened(root)

    for revision in ("nothing", "--all", "", "HEAD..HEAD", "HEAD:a.txt"):
        with pytest.raises(GitError, match="There is no commit"):
            await repository.resolve(revision)
        assert await repository.find_commit(revision) is None
    with pytest.raises(GitError):
        await repository.diff_text("nothing", "HEAD")
    with pytest.raises(GitError):
        await repository.diff_stat("--output=x", "HEAD")


async def test_local_changes_are_told_apart(root: Path) -> None:
    repository = await opened(root)
    assert await repository.status() == WorkTreeStatus((), (), (), (), None)

    dirty(root)

    status = await repository.status()
    assert status.staged == ("a.txt", "new-staged.txt")
    assert status.unstaged == ("a.txt", "b.txt", "src/c.py")
    assert status.untracked == ("folder/", "untracked file.txt")


async def test_an_operation_in_progress_is_noticed(root: Path) -> None:
    repository = await opened(root)
    git(root, "bisect", "start")

    status = await repository.status()

    assert status.operation is Operation.BISECT


async def test_changes_between_two_commits_are_told_with_kind_and_mode(root: Path) -> None:
    git(root, "mv", "src/c.py", "src/new\tname.py")
    (root / "b.txt").unlink()
    (root / "link").symlink_to("a.txt")
    write_files(root, {"run": "#!/bin/sh\n", "binary": b"\0\1\2", "a.txt": "a\nb\n", "-x": "x"})
    (root / "run").chmod(0o755)
    inner = make_repository(root.parent / "inner", {"x": "x\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    tip = commit_files(root, {})
    repository = await opened(root)

    changes = await repository.changed_files("HEAD~", tip)

    assert {change.path: change for change in changes if change.path != ".gitmodules"} == {
        "-x": ChangedFile("-x", ChangeKind.ADDED, "100644"),
        "a.txt": ChangedFile("a.txt", ChangeKind.MODIFIED, "100644"),
        "b.txt": ChangedFile("b.txt", ChangeKind.DELETED, "100644"),
        "binary": ChangedFile("binary", ChangeKind.ADDED, "100644"),
        "link": ChangedFile("link", ChangeKind.ADDED, "120000"),
        "run": ChangedFile("run", ChangeKind.ADDED, "100755"),
        "src/new\tname.py": ChangedFile(
            "src/new\tname.py", ChangeKind.RENAMED, "100644", "src/c.py"
        ),
        "sub": ChangedFile("sub", ChangeKind.ADDED, "160000"),
    }
    assert [change.path for change in changes if change.is_link] == ["link"]
    assert [change.path for change in changes if change.is_submodule] == ["sub"]
    stat = await repository.diff_stat("HEAD~", tip)
    assert FileStat("binary", None, None, None) in stat.files
    assert FileStat("src/new\tname.py", "src/c.py", 0, 0) in stat.files
    assert FileStat("a.txt", None, 1, 0) in stat.files
    assert stat.deleted == 1


async def test_a_diff_is_cut_with_a_note(root: Path) -> None:
    tip = commit_files(root, {"a.txt": "a\n" + "x" * 100_000 + "\n"})
    repository = await opened(root)

    whole = await repository.diff_text("HEAD~", tip)
    cut = await repository.diff_text("HEAD~", tip, max_bytes=100)

    assert whole.startswith("diff --git a/a.txt b/a.txt\n")
    assert whole.endswith("x\n")
    assert cut == whole[:100] + "\n… (truncated at 100 bytes)\n"


async def test_a_file_of_a_commit_is_read_by_its_exact_path(root: Path) -> None:
    tip = commit_files(root, {"new\nline": "1\n", "*": "star\n", "-": "dash\n"})
    (root / "link").symlink_to("a.txt")
    tip = commit_files(root, {})
    repository = await opened(root)

    for path, content in {
        "a.txt": b"a\n",
        "src/c.py": b"c = 1\n",
        "new\nline": b"1\n",
        "*": b"star\n",
        "-": b"dash\n",
        "link": b"a.txt",
        "src": None,
        "src/": None,
        "nothing": None,
    }.items():
        assert await repository.file_at(tip, path) == content
    with pytest.raises(GitError):
        await repository.file_at(tip, "../project/a.txt")


async def test_a_log_is_newest_first_and_bounded(root: Path) -> None:
    for number in range(3):
        commit_files(root, {"a.txt": f"{number}\n"}, f"Commit {number}\n\nBody ü\x01{number}")
    repository = await opened(root)

    commits = await repository.log("HEAD~3", "HEAD")

    assert [commit.subject for commit in commits] == ["Commit 2", "Commit 1", "Commit 0"]
    assert commits[0].message == "Commit 2\n\nBody ü\x012"
    assert commits[0].parents == (commits[1].id,)
    assert commits[0].authored_at.tzinfo is not None
    assert await repository.log("HEAD~3", "HEAD", limit=1) == commits[:1]
    assert await repository.log("HEAD", "HEAD~3") == ()


async def test_a_commit_is_described_with_what_it_changed(root: Path) -> None:
    repository = await opened(root)
    start = git(root, "rev-parse", "HEAD")
    (root / "a.txt").unlink()
    message = "feat: change\n\nPodium-Task: one\n"
    git(root, "rm", "--quiet", "--cached", "a.txt")
    git(root, "commit", "--quiet", "--cleanup=verbatim", "--message", message)
    changed = await repository.change_of("HEAD")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    empty = await repository.change_of("HEAD")
    git(root, "switch", "--quiet", "--create", "side", start)
    commit_files(root, {"side.txt": "s\n"})
    git(root, "merge", "--quiet", "--message", "merged", "main")
    merge = await repository.change_of("HEAD")

    assert (changed.parents, changed.message) == ((start,), message)
    assert changed.files == (ChangedFile("a.txt", ChangeKind.DELETED, "100644"),)
    assert (len(empty.parents), empty.message, empty.files) == (1, "nothing\n", ())
    assert (len(merge.parents), merge.files) == (2, ())
    assert (await repository.change_of(start)).parents == ()


async def test_many_files_are_read_with_one_command(root: Path) -> None:
    repository = await opened(root)
    odd = "odd\nname ü.txt"
    (root / "link").symlink_to("a.txt")
    commit_files(root, {odd: b"\0\n\n", "empty": "", "folder/file": "f\n"})
    wanted = [("HEAD", name) for name in (odd, "gone", "empty", "folder", "link", "folder/file")]

    found = await repository.files_at([*wanted, ("HEAD~1", "empty")])

    assert found == {
        ("HEAD", odd): b"\0\n\n",
        ("HEAD", "empty"): b"",
        ("HEAD", "link"): b"a.txt",
        ("HEAD", "folder/file"): b"f\n",
    }
    assert await repository.files_at([]) == {}


async def test_many_revisions_are_resolved_with_one_command(root: Path) -> None:
    repository = await opened(root)
    head = git(root, "rev-parse", "HEAD")
    blob = git(root, "rev-parse", "HEAD:a.txt")

    found = await repository.find_commits(["HEAD", "gone", blob, "refs/heads/main", "0" * 40])

    assert found == (head, None, None, head, None)
    assert await repository.find_commits([]) == ()


@pytest.mark.parametrize(
    ("case", "adds_nothing"),
    [
        ("the tip", True),
        ("before the tip", True),
        ("an empty commit on the tip", True),
        ("an empty commit on what the tip contains", True),
        ("an empty commit on another commit", False),
        ("another commit", False),
        ("a merge of the tip and another commit, with the tip's files", True),
    ],
)
async def test_a_commit_that_adds_nothing_to_a_branch_is_recognised(
    case: str, adds_nothing: bool, root: Path
) -> None:
    repository = await opened(root)
    first = git(root, "rev-parse", "HEAD").strip()
    tip = commit_files(root, {"more.txt": "more\n"})
    git(root, "checkout", "--quiet", "--detach", first)
    other = commit_files(root, {"other.txt": "other\n"})

    async def empty(*parents: str) -> str:
        return await repository.commit_tree(f"{parents[0]}^{{tree}}", parents, "Empty")

    commits = {
        "the tip": tip,
        "before the tip": first,
        "an empty commit on the tip": await empty(tip),
        "an empty commit on what the tip contains": await empty(first),
        "an empty commit on another commit": await empty(other),
        "another commit": other,
        "a merge of the tip and another commit, with the tip's files": await empty(tip, other),
    }
    assert await repository.adds_nothing_to(commits[case], tip) is adds_nothing
