"""Finds the places where a change weakens tests or checks."""

from collections import Counter
from collections.abc import Sequence

from podium.gates.gate import ChangedTree
from podium.gates.weakened.code import new_test_lines, weakened_code
from podium.gates.weakened.languages import language_of_tests
from podium.gates.weakened.settings import is_only_settings, is_settings, weakened_settings
from podium.gates.weakened.values import ChangedText, Way, Weakened
from podium.workspace.values import ChangedFile, ChangeKind

CATEGORY = "tests.weakened"
"""The category of findings, and the code of doubts."""
_MOST_BYTES = 1024 * 1024


async def weakened_in_tree(tree: ChangedTree) -> tuple[Weakened, ...]:
    """Return the places where the change in a tree weakens tests or checks."""
    looked = [each for each in tree.files if may_weaken(each)]
    before = [(tree.base, each.old_path or each.path) for each in looked]
    after = [(tree.commit, each.path) for each in looked]
    texts = await tree.repository.files_at([*before, *after])
    changes = [
        ChangedText(
            each.path,
            None if each.kind is ChangeKind.ADDED else texts.get(old),
            None if each.kind is ChangeKind.DELETED else texts.get(new),
        )
        for each, old, new in zip(looked, before, after, strict=True)
    ]
    return weakened_in_change(changes)


def may_weaken(file: ChangedFile) -> bool:
    """Return whether a changed file contains tests or settings that existed before."""
    if file.is_link or file.is_submodule:
        return False
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
