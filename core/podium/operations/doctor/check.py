"""doctor.check: check whether this machine and this project are ready to use."""

import platform
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum

import anyio.to_thread
from pydantic import Field

import podium
from podium.agents.registry import agent_names, load_agent
from podium.agents.user.credentials import EnvFile
from podium.errors import GitError, NotTrusted, PodiumError
from podium.model.base import Frozen
from podium.model.sandbox import SandboxMode
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.platform.sandbox.probe import find_sandbox
from podium.projects.disk_use import measure, over_ceiling
from podium.projects.left_overs import find_left_overs
from podium.projects.missing import diagnose_missing
from podium.projects.open_store import open_store
from podium.projects.repositories import open_repository
from podium.projects.sandbox import sandbox_settings
from podium.projects.trust import is_trusted
from podium.runs.runner_lock import runner_is_alive
from podium.runs.worktrees.steps import StepReport
from podium.runs.worktrees.trial import try_worktree
from podium.store.maintenance.recovery import Diagnosis as Missing
from podium.words import counted
from podium.workspace.plumbing.discovery import git_version


class Health(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Diagnosis(Frozen):
    """One check and its result."""

    name: str
    health: Health
    found: str
    hint: str = ""


class DoctorParams(Frozen):
    """Parameters of `doctor.check`."""

    worktree: bool = Field(
        default=False, description="prepare a worktree as for a task, and remove it again"
    )


class DoctorReport(Frozen):
    """The results of all checks."""

    diagnoses: tuple[Diagnosis, ...]
    healthy: bool
    """Whether there are no errors; there may be warnings."""


@operation("doctor.check", Effect.READ)
async def check(place: Place, params: DoctorParams) -> DoctorReport:
    """Check git, agents, settings and the store, and suggest fixes.

    With `worktree`, also carry out each step that prepares a worktree, if the settings are trusted.
    """
    rows = [
        _program(),
        await _git(place),
        await _repository(place),
        await _store(place),
        *await _left_overs(place),
        *await _disk(place),
        _trust(place),
        await _sandbox(place),
        *_agents(place),
        *(await _credentials(place)),
        *(await _worktree(place) if params.worktree else ()),
    ]
    healthy = all(row.health is not Health.ERROR for row in rows)
    return DoctorReport(diagnoses=tuple(rows), healthy=healthy)


def _program() -> Diagnosis:
    found = f"{podium.__version__}, Python {platform.python_version()} ({sys.platform})"
    if sys.platform == "win32":
        return Diagnosis(name="podium", health=Health.ERROR, found=found, hint="use WSL on Windows")
    return Diagnosis(name="podium", health=Health.OK, found=found)


async def _git(place: Place) -> Diagnosis:
    try:
        return Diagnosis(name="git", health=Health.OK, found=await git_version(place.folder))
    except GitError as error:
        return _bad("git", error)


async def _repository(place: Place) -> Diagnosis:
    try:
        repository = await open_repository(place.folder)
        head = await repository.head()
    except GitError as error:
        return _bad("repository", error)
    branch = head.branch or "detached HEAD"
    return Diagnosis(name="repository", health=Health.OK, found=f"{branch} at {head.commit[:10]}")


async def _store(place: Place) -> Diagnosis:
    if place.home is None:
        return Diagnosis(
            name="project", health=Health.WARNING, found="not a project", hint="podium init"
        )
    try:
        store = open_store(place.home, place.actor, place.clock, lambda: place.config.config)
    except PodiumError as error:
        return _bad("store", error)
    try:
        missing = await diagnose_missing(store, place.home)
    except PodiumError as error:
        return _bad("store", error)
    finally:
        problems = store.problems
        store.close()
    if missing:
        return _missing(missing)
    if problems:
        return Diagnosis(
            name="store", health=Health.WARNING, found=f"{len(problems)}: {problems[0]}"
        )
    shared = f"; shared by all worktrees, in {place.home}" if place.home != place.root else ""
    return Diagnosis(name="store", health=Health.OK, found=f"all documents are readable{shared}")


def _missing(found: Sequence[Missing]) -> Diagnosis:
    first = found[0]
    remedy = next((each.name for each in first.remedies), "")
    command = f"podium recover {first.path} --remedy {remedy}" if remedy else first.commands[0]
    return Diagnosis(
        name="store",
        health=Health.ERROR,
        found=f"{counted(len(found), 'document')} missing: .podium/{first.path} {first.reason}",
        hint=command,
    )


async def _left_overs(place: Place) -> list[Diagnosis]:
    """Report the leftovers of dead processes, with the command that removes them."""
    if place.home is None or place.root is None:
        return []
    rows: list[Diagnosis] = []
    try:
        repository = await open_repository(place.root)
        store = open_store(place.home, place.actor, place.clock, lambda: place.config.config)
        is_running = runner_is_alive(place.home)
        found = await find_left_overs(repository, store, place.home, is_running=is_running)
        store.close()
    except (PodiumError, OSError):
        # The repository and store rows report what is wrong.
        return []
    if found.names:
        shown = f"{counted(len(found.names), 'leftover')} of dead processes: {found.names[0]}"
        rows.append(_warning("left over", shown, "podium gc"))
    rows += [
        _warning("git lock", f"{each.path}: {each.why}", each.hint) for each in found.other_locks
    ]
    return rows


async def _disk(place: Place) -> list[Diagnosis]:
    """Report the disk space used by worktrees, agent calls and the journal."""
    if place.home is None or place.root is None:
        return []
    try:
        repository = await open_repository(place.root)
        found = await measure(repository, place.home)
        megabytes = place.config.config.store.pool_megabytes
        excess = await over_ceiling(repository, megabytes)
    except (PodiumError, OSError):
        return []
    if excess:
        shown = f"{found.shown}; more than store.pool_megabytes, {megabytes:.0f} MB"
        return [_warning("disk", shown, "podium gc")]
    return [Diagnosis(name="disk", health=Health.OK, found=found.shown)]


async def _worktree(place: Place) -> list[Diagnosis]:
    """Prepare a worktree as for a task, and report each step."""
    if not _may_run(place):
        return [_warning("worktree", "not tried: the settings are not trusted", "podium trust")]
    try:
        tried = await try_worktree(await open_repository(place.folder), place.config.config)
    except (PodiumError, OSError) as error:
        return [Diagnosis(name="worktree", health=Health.ERROR, found=str(error))]
    return [_step(each) for each in tried]


def _step(report: StepReport) -> Diagnosis:
    name = f"worktree {report.step}"
    if report.failure is not None:
        last = report.failure.output_tail.splitlines()[-1:]
        found = ": ".join([report.failure.summary, *last])
        return Diagnosis(name=name, health=Health.ERROR, found=found)
    if report.warning:
        found, _, hint = report.warning.partition("; ")
        return _warning(name, found, hint)
    return Diagnosis(name=name, health=Health.OK, found=report.found)


def _warning(name: str, found: str, hint: str) -> Diagnosis:
    return Diagnosis(name=name, health=Health.WARNING, found=found, hint=hint)


def _trust(place: Place) -> Diagnosis:
    if _may_run(place):
        files = ", ".join(place.config.files) or "defaults only"
        return Diagnosis(name="settings", health=Health.OK, found=files)
    return Diagnosis(
        name="settings",
        health=Health.WARNING,
        found="not trusted on this machine",
        hint="podium config, then podium trust",
    )


async def _sandbox(place: Place) -> Diagnosis:
    """Try a sandbox, even if the settings do not want one."""
    try:
        settings = sandbox_settings(place.root, place.config)
    except NotTrusted as error:
        return _warning("sandbox", f"not tried: {error.what}", "podium config, then podium trust")
    is_off = settings.mode is SandboxMode.OFF
    wanted = settings.model_copy(update={"mode": SandboxMode.AUTO}) if is_off else settings
    found = await anyio.to_thread.run_sync(find_sandbox, wanted)
    if found.tool is None:
        is_error = settings.mode is SandboxMode.REQUIRE
        health = Health.ERROR if is_error else Health.OK if is_off else Health.WARNING
        return Diagnosis(name="sandbox", health=health, found=found.problem, hint=found.hint)
    if found.warnings:
        return _warning("sandbox", found.warnings[0], "install util-linux, which has prlimit")
    use = "not used: sandbox.mode is off" if is_off else f"sandbox.mode is {settings.mode}"
    return Diagnosis(name="sandbox", health=Health.OK, found=f"{found.tool} works; {use}")


def _may_run(place: Place) -> bool:
    return place.root is None or is_trusted(place.root, place.config.project)


def _agents(place: Place) -> Iterator[Diagnosis]:
    """Check the installed agents, and those that the settings choose."""
    agents = place.config.config.agents
    chosen = [each.agent for each in agents.roles.values()]
    chosen += [agents.default] if agents.default else []
    for name in sorted({*agent_names(), *chosen}):
        try:
            yield _agent(place, name)
        except PodiumError as error:
            yield _bad(f"agent {name}", error)


def _agent(place: Place, name: str) -> Diagnosis:
    agent = load_agent(name)
    # Querying an agent's version executes a command from the settings.
    options = place.config.config.agents.options.get(name, {}) if _may_run(place) else {}
    if missing := [each for each in agent.describe().required_options if each not in options]:
        found = f"needs the option {', '.join(missing)}"
        return _warning(f"agent {name}", found, agent.describe().install_hint)
    state = agent.available(options)
    if state.available and not state.warning:
        return Diagnosis(name=f"agent {name}", health=Health.OK, found=state.version or "ready")
    return _warning(f"agent {name}", state.reason or state.warning, agent.describe().install_hint)


async def _credentials(place: Place) -> list[Diagnosis]:
    """Report what is wrong with the file of credentials."""
    if place.home is None:
        return []
    found = await EnvFile(place.home).problems()
    return [_warning("credentials", each.found, each.hint) for each in found]


def _bad(name: str, error: PodiumError) -> Diagnosis:
    hint = error.hints[0] if error.hints else ""
    return Diagnosis(name=name, health=Health.ERROR, found=str(error), hint=hint)
