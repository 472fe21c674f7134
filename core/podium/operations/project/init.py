"""project.init: make a git repository a project."""

import json
from pathlib import Path

from pydantic import Field

from podium.agents.registry import load_agent
from podium.entities.upcasts import stored_shapes
from podium.errors import ConflictError, PathOutsideWorkspace, ValidationError
from podium.model.base import Frozen
from podium.model.config import AgentsConfig, Config, GatesConfig
from podium.model.events import Event, EventKind
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.platform.atomic_write import replace_file
from podium.ports.filesystem import PRIVATE_FILE
from podium.projects import trust
from podium.projects.repositories import open_repository
from podium.store import Store
from podium.store.documents.merge_driver import ATTRIBUTES_FILE, ATTRIBUTES_TEXT
from podium.workspace.merge_drivers import install_merge_driver, share_store
from podium.workspace.sharing import home_of

_SETTINGS_NAME = "config.yaml"
_SHELL_OPERATORS = frozenset(("&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"))
_CONFIG = """\
# Podium's settings for this project; `podium config` shows all of them with their origin.
# Commands are lists, never shell lines. After a change, run `podium trust`.

# agents:
#   default: gemini            # `podium agents` lists those that are here
#   roles:
#     architect: {agent: copilot}
# run:
#   max_parallel: 2
#   max_attempts: 3
# budget:
#   run: {usd: 5}              # at a limit the run asks whether to raise it
# gates:
#   test: [pytest, -q]         # must pass before and after every merge
#   setup:
#     - {name: install, command: [npm, ci]}
"""


class InitParams(Frozen):
    """Parameters of `project.init`."""

    test: tuple[str, ...] = Field(default=(), description="the project's test command")
    agent: str = Field(default="", description="the agent for all roles")
    merge_driver: bool = Field(
        default=False,
        description="let git merge Podium's documents by key; sets merge.podium in git's config",
    )
    shared: bool = Field(
        default=False,
        description="use one store for all worktrees of the repository; sets podium.sharedStore in "
        "git's config",
    )


class InitResult(Frozen):
    """The initialized project."""

    root: str
    created: bool
    """False if it was already a project."""
    next: str


@operation("project.init", Effect.WRITE)
async def init(place: Place, params: InitParams) -> InitResult:
    """Make this repository a Podium project.

    Raises:
        NotARepository: the folder is not in a git repository.
        ValidationError: the test command needs a shell.
        AgentUnavailable: there is no such agent.
        ConflictError: settings already exist, so the given ones would have no effect.
        StorageError: the folder is not writable.
    """
    repository = await open_repository(place.folder)
    if params.shared:
        await share_store(repository)
    root = home_of(repository.root)
    folder = root / ".podium"
    if folder.is_symlink():
        raise PathOutsideWorkspace(
            f"{folder} is a symlink",
            why="it could lead outside the repository",
            hints=["remove the symlink, then run podium init"],
        )
    _check(params, folder)
    created = not (folder / "store.json").exists()
    store = Store.create(folder, actor=place.actor, kinds=stored_shapes(), clock=place.clock)
    config_path = folder / _SETTINGS_NAME
    if not config_path.exists():
        replace_file(config_path, _settings_text(params).encode(), mode=PRIVATE_FILE)
        trust.trust(root, _chosen(params))
    if created:
        event = Event(kind=EventKind.PROJECT_INITIALISED, subject="project", message=root.name)
        store.transact(lambda tx: tx.record(event))
    store.close()
    if params.merge_driver:
        replace_file(folder / ATTRIBUTES_FILE, ATTRIBUTES_TEXT.encode(), mode=PRIVATE_FILE)
        await install_merge_driver(repository)
    return InitResult(root=str(root), created=created, next='podium plan "what to do"')


def _check(params: InitParams, folder: Path) -> None:
    if operators := _SHELL_OPERATORS.intersection(params.test):
        raise ValidationError(
            f"The test command contains {' and '.join(sorted(operators))}",
            why="Podium runs commands without a shell",
            hints=["name a script instead, or podium init --test \"sh -c 'first && second'\""],
        )
    if params.agent:
        load_agent(params.agent)
    settings = folder / _SETTINGS_NAME
    if (params.agent or params.test) and settings.exists():
        raise ConflictError(
            f"{settings} exists already",
            why="podium init does not change settings",
            hints=["write agents.default or gates.test in that file, then podium trust"],
        )


def _chosen(params: InitParams) -> Config:
    """Return the settings as they will be loaded; trusted, because the user just chose them."""
    return Config(agents=AgentsConfig(default=params.agent), gates=GatesConfig(test=params.test))


def _settings_text(params: InitParams) -> str:
    lines = [_CONFIG]
    if params.agent:
        lines.append(f"agents:\n  default: {_quoted(params.agent)}\n")
    if params.test:
        command = ", ".join(_quoted(part) for part in params.test)
        lines.append(f"gates:\n  test: [{command}]\n")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Return a YAML double-quoted scalar; JSON strings are valid YAML."""
    return json.dumps(text)
