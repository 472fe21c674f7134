"""The gate for the files that a task declares to create or to delete."""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread

from podium.gates.gate import MAX_PROBLEMS, ChangedTree
from podium.model.paths import path_parts, path_problem
from podium.model.plans import Task
from podium.model.runs import GateResult, Problem
from podium.words import counted
from podium.workspace.values import ChangeKind

NAME = "files"


@dataclass(frozen=True)
class DeclaredFilesGate:
    """Rejects a change without a file that the task creates, or with one that it deletes."""

    name: str = NAME
    can_be_repaired: bool = True

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Compare the declaration with the files of the commit."""
        began = anyio.current_time()
        problems = [
            *[await _missing(tree, path) for path in await _absent(tree, task.files.create)],
            *[_still_there(path) for path in await _present(tree, task.files.delete)],
        ]
        declared = counted(len(task.files.create) + len(task.files.delete), "declared file")
        return GateResult(
            gate=self.name,
            passed=not problems,
            summary=problems[0].message if len(problems) == 1 else _summary(declared, problems),
            problems=tuple(problems[:MAX_PROBLEMS]),
            seconds=anyio.current_time() - began,
        )


def declares_files(task: Task) -> bool:
    """Return whether the gate has anything to check for a task."""
    return bool(task.files.create or task.files.delete)


def _summary(declared: str, problems: Sequence[Problem]) -> str:
    return f"{len(problems)} of {declared} differ" if problems else f"{declared} as declared"


async def _absent(tree: ChangedTree, paths: Sequence[str]) -> list[str]:
    present = set(await _present(tree, paths))
    return [path for path in map(_plain, paths) if path not in present]


async def _present(tree: ChangedTree, paths: Sequence[str]) -> list[str]:
    """Return which of the paths are files, or folders with files, in the commit."""
    plain = [path for path in map(_plain, paths) if path_problem(path) is None]
    found = await tree.repository.files_at([(tree.commit, path) for path in plain])
    changed = [file.path for file in tree.files if file.kind is not ChangeKind.DELETED]
    unknown = [path for path in plain if (tree.commit, path) not in found]
    in_change = {path for path in unknown if _holds(path, changed)}
    rest = [path for path in unknown if path not in in_change]
    everything = await tree.repository.list_files(tree.commit) if rest else ()
    in_folder = {path for path in rest if _holds(path, everything)}
    return [p for p in plain if (tree.commit, p) in found or p in in_change or p in in_folder]


def _holds(path: str, files: Sequence[str]) -> bool:
    """Return whether the path is one of the files or a folder of one."""
    return any(each == path or each.startswith(f"{path}/") for each in files)


def _plain(path: str) -> str:
    return "/".join(path_parts(path))


async def _missing(tree: ChangedTree, path: str) -> Problem:
    is_ignored = await anyio.Path(tree.folder / path).exists()
    why = "git ignores it, so it is not part of the result" if is_ignored else "it does not exist"
    return Problem(message=f"the task declares that it creates `{path}`, but {why}", path=path)


def _still_there(path: str) -> Problem:
    message = f"the task declares that it deletes `{path}`, but it still exists"
    return Problem(message=message, path=path)
