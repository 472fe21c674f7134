"""What a worktree needs besides its commit: steps in the order in which they are carried out.

Each step has a key. In a reused worktree, the steps are not repeated if all keys are unchanged
and nothing that they made was touched.
"""

import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from podium.errors import PathOutsideWorkspace
from podium.gates.command_gate import check_command
from podium.model.runs import GateCommand, GateResult, SetupCommand, WorktreeSettings
from podium.model.sandbox import CommandKind, Sandbox
from podium.platform.sandbox.places import confine_command
from podium.words import counted
from podium.workspace.paths import resolve_inside
from podium.workspace.repository import Repository
from podium.workspace.values import Worktree
from podium.workspace.warm import lfs, submodules
from podium.workspace.warm.own_places import TEMP_VARIABLE, variables_of


@dataclass(frozen=True)
class Preparation:
    """A worktree that is being prepared.

    Args:
        repository: the repository of the user's checkout.
        worktree: already at its commit.
        settings: the settings that say what it needs.
        setup: the set-up commands.
        sandbox: how the commands are confined.
    """

    repository: Repository
    worktree: Worktree
    settings: WorktreeSettings
    setup: tuple[SetupCommand, ...]
    sandbox: Sandbox


@dataclass(frozen=True)
class StepReport:
    """The report of a step.

    Args:
        step: the step's name.
        found: what the step did, as text for people.
        warning: what the step could not do; the worktree is usable without it.
        failure: the result of a command that failed.
        is_seen: whether git may see files that the step made.
    """

    step: str
    found: str
    warning: str = ""
    failure: GateResult | None = None
    is_seen: bool = False


@dataclass(frozen=True)
class PreparationStep:
    """One kind of thing that a worktree needs.

    Args:
        name: its name.
        key: returns a value that changes with the step's result; empty if there is nothing to do.
        carry_out: carries out the step, and reports what it did.
    """

    name: str
    key: Callable[[Preparation], Awaitable[str]]
    carry_out: Callable[[Preparation], Awaitable[tuple[StepReport, ...]]]


async def _submodules_key(place: Preparation) -> str:
    found = await submodules.submodules_of(place.repository, place.worktree)
    return repr(found) if found else ""


async def _fill_submodules(place: Preparation) -> tuple[StepReport, ...]:
    found = await submodules.submodules_of(place.repository, place.worktree)
    left = await submodules.fill(place.repository, place.worktree, found)
    text = f"{len(found) - len(left)} of {counted(len(found), 'submodule')} filled"
    if not left:
        return (StepReport("submodules", text),)
    why = "; ".join(f"{each.path}: {each.why}" for each in left)
    warning = f"submodule {why}; git submodule update --init --recursive"
    return (StepReport("submodules", text, warning),)


async def _lfs_key(place: Preparation) -> str:
    found = await lfs.pointers(place.worktree)
    return repr(sorted((each.path, each.object_id) for each in found)) if found else ""


async def _fill_lfs(place: Preparation) -> tuple[StepReport, ...]:
    found = await lfs.pointers(place.worktree)
    left = await anyio.to_thread.run_sync(lfs.fill, place.repository, place.worktree, found)
    text = f"{len(found) - len(left)} of {counted(len(found), 'LFS file')} filled"
    warning = f"{left[0].path} stays an LFS pointer; git lfs fetch" if left else ""
    return (StepReport("lfs", text, warning, is_seen=len(left) < len(found)),)


async def _copies_key(place: Preparation) -> str:
    names = place.settings.copy_ignored
    if not names:
        return ""
    return await anyio.to_thread.run_sync(_source_stamps, place.repository.root, names)


async def _copy(place: Preparation) -> tuple[StepReport, ...]:
    return await anyio.to_thread.run_sync(_bring, place, "copied", place.settings.copy_ignored)


async def _links_key(place: Preparation) -> str:
    names = place.settings.link_ignored
    if not names:
        return ""
    return await anyio.to_thread.run_sync(_present, place.repository.root, names)


async def _link(place: Preparation) -> tuple[StepReport, ...]:
    return await anyio.to_thread.run_sync(_bring, place, "linked", place.settings.link_ignored)


async def setup_key(place: Preparation) -> str:
    """Return the key of the set-up commands: a hash of the commands and their lock files."""
    if not place.setup:
        return ""
    top = place.worktree.folder
    locks = {each: _content(top / each) for command in place.setup for each in command.lock_files}
    commands = [(each.name, each.command) for each in place.setup]
    return hashlib.sha256(repr((commands, locks)).encode()).hexdigest()


async def _set_up(place: Preparation) -> tuple[StepReport, ...]:
    reports: list[StepReport] = []
    for command in place.setup:
        result = await _run(place, command)
        failure = None if result.passed else result
        found = f"{' '.join(command.command)}: {result.seconds:.1f} s"
        name = f"set-up {command.name}"
        reports.append(StepReport(name, found, failure=failure, is_seen=True))
        if failure is not None:
            break
    return tuple(reports)


STEPS = (
    PreparationStep("submodules", _submodules_key, _fill_submodules),
    PreparationStep("lfs", _lfs_key, _fill_lfs),
    PreparationStep("copied", _copies_key, _copy),
    PreparationStep("linked", _links_key, _link),
    PreparationStep("set-up", setup_key, _set_up),
)


async def tear_down(place: Preparation) -> tuple[StepReport, ...]:
    """Run all commands that stop what a task started, even if one of them fails."""
    reports: list[StepReport] = []
    for command in place.settings.teardown:
        result = await _run(place, command)
        failure = None if result.passed else result
        name = f"teardown {command.name}"
        reports.append(StepReport(name, result.summary, failure=failure))
    return tuple(reports)


async def _run(place: Preparation, command: GateCommand) -> GateResult:
    variables = variables_of(place.worktree)
    temporary = filter(None, [variables.get(TEMP_VARIABLE, "")])
    folder = place.worktree.folder
    confinement = confine_command(place.sandbox, CommandKind.SETUP, folder, temporary)
    return await check_command(command, folder, variables, confinement)


def _present(root: Path, names: tuple[str, ...]) -> str:
    return repr([(each, os.path.lexists(root / each)) for each in names])


def _source_stamps(root: Path, names: tuple[str, ...]) -> str:
    """Return a value that changes when any file to copy changes."""
    found: list[object] = []
    for name in names:
        for path in _walk(root / name):
            status = path.lstat()
            found.append((str(path), status.st_mode, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr((names, found)).encode()).hexdigest()


def _walk(path: Path) -> Iterator[Path]:
    if os.path.lexists(path):
        yield path
    if path.is_dir() and not path.is_symlink():
        for each in sorted(path.iterdir()):
            yield from _walk(each)


def _bring(place: Preparation, how: str, names: tuple[str, ...]) -> tuple[StepReport, ...]:
    """Copy or link files of the checkout; never replace files of the commit."""
    reports: list[StepReport] = []
    for name in names:
        found, warning = _bring_one(place, how, name)
        reports.append(StepReport(how, found, warning, is_seen=not warning))
    return tuple(reports)


def _bring_one(place: Preparation, how: str, name: str) -> tuple[str, str]:
    try:
        source = resolve_inside(place.repository.root, name)
        target = resolve_inside(place.worktree.folder, name)
    except PathOutsideWorkspace as error:
        return name, str(error)
    if not source.exists():
        return name, f"{name} is not in the checkout"
    if os.path.lexists(target):
        return name, f"{name} is a file of the commit"
    target.parent.mkdir(parents=True, exist_ok=True)
    if how == "linked":
        target.symlink_to(source)
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=_special_files)
    else:
        shutil.copy2(source, target)
    return name, ""


def _special_files(folder: str, names: list[str]) -> list[str]:
    """Return sockets, pipes and devices, which cannot be copied, and Podium's own folder."""
    paths = {name: Path(folder) / name for name in names}
    return [
        name
        for name, path in paths.items()
        if name in {".git", ".podium"} or not (path.is_symlink() or path.is_file() or path.is_dir())
    ]


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
