"""Finds the places where a change weakens tests or checks."""

from collections import Counter
from collections.abc import Sequence

from podium.gates.gate import ChangedTree
from podium.gates.weakened.code import new_test_lines, weakened_code
from podium.gates.weakened.languages import language_of_tests
from podium.gates.weakened.settings import is_only_settings, is_settings, weakened_settings
from podium.gates.weakened.task_words import not_intended
from podium.gates.weakened.values import ChangedText, Way, Weakened
from podium.model.plans import Task
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile, ChangeKind

CATEGORY = "tests.weakened"
"""The category of findings, and the code of doubts."""
_MOST_BYTES = 1024 * 1024


async def weakened_in_commit(
    repository: Repository, base: str, commit: str, files: Sequence[ChangedFile], task: Task
) -> tuple[Weakened, ...]:
    """Return the places where the change of a task weakens what the task is not about.

    Args:
        repository: the repository of both commits.
        base: the commit before the change.
        commit: the commit with the change.
        files: the changed files.
        task: the task.
    """
    looked = [each for each in files if not (each.is_link or each.is_submodule) and _looks(each)]
    before = [(base, each.old_path or each.path) for each in looked]
    after = [(commit, each.path) for each in looked]
    texts = await repository.files_at([*before, *after])
    changes = [
        ChangedText(
            each.path,
            None if each.kind is ChangeKind.ADDED else texts.get(old),
            None if each.kind is ChangeKind.DELETED else texts.get(new),
        )
        for each, old, new in zip(looked, before, after, strict=True)
    ]
    return not_intended(task, weakened_in_change(changes))


async def weakened_in_tree(tree: ChangedTree, task: Task) -> tuple[Weakened, ...]:
    """Return the places where the change in a tree weakens what the task is not about."""
    return await weakened_in_commit(tree.repository, tree.base, tree.commit, tree.files, task)


def _looks(file: ChangedFile) -> bool:
    paths = [each for each in (file.path, file.old_path) if each]
    return any(language_of_tests(each) is not None or is_settings(each) for each in paths)


def weakened_tests(path: str, base: bytes | None, new: bytes | None) -> tuple[Weakened, ...]:
    """Return the places where the change of one file weakens tests or checks.

    Args:
        path: the file, relative to the top.
        base: the text before the change; None if the file is new, so that nothing is weakened.
        new: the text after it; None if the file was deleted.
    """
    return weakened_in_change([ChangedText(path, base, new)])


def weakened_in_change(files: Sequence[ChangedText]) -> tuple[Weakened, ...]:
    """Return the places where a change weakens tests or checks.

    A test that moved to another file of the change is not weakened.
    """
    read = [each for each in files if _is_readable(each)]
    moved = sum((new_test_lines(each) for each in read), Counter[str]())
    found = [
        row for each in read for row in (*weakened_code(each, moved), *weakened_settings(each))
    ]
    return (*found, *_deleted_settings(read))


def _is_readable(file: ChangedText) -> bool:
    texts = [each for each in (file.base, file.new) if each is not None]
    return all(len(each) <= _MOST_BYTES and b"\0" not in each[:8000] for each in texts)


def _deleted_settings(files: Sequence[ChangedText]) -> list[Weakened]:
    """Return the deleted settings files, unless the change may have moved the settings."""
    if any(each.new is not None and is_settings(each.path) for each in files):
        return []
    gone = [each for each in files if each.base is not None and is_only_settings(each.path)]
    message = "the settings of a check were deleted"
    return [Weakened(each.path, 1, Way.SWITCHED_OFF, each.path, message) for each in gone]
