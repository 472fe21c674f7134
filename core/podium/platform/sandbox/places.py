"""Finds what the commands in a folder need, and what must be hidden from them."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from podium.model.sandbox import CommandKind, Confinement, Sandbox
from podium.platform.sandbox.bubblewrap import PRIVATE
from podium.platform.sandbox.secret_places import AGENT_FOLDERS, AGENT_VARIABLES, SECRETS
from podium.platform.user_folders import cache_folder, config_folder, state_folder

_ENV_FILE = ".env.local"
"""Podium's own file of credentials, in the checkout."""


def confine_command(
    sandbox: Sandbox, kind: CommandKind, folder: Path, writable: Iterable[str] = ()
) -> Confinement | None:
    """Return what a gate's or a set-up command can reach; None if it is not confined.

    Args:
        sandbox: the tool and the settings.
        kind: the kind of the command.
        folder: its working folder, which it can change.
        writable: other files and folders that it can change.
    """
    found = _confine(sandbox, kind, folder, (str(folder), *writable))
    return found and found.model_copy(update={"own_temporary": True})


def confine_agent(
    sandbox: Sandbox,
    folder: Path,
    scratch: Path,
    agent: str,
    *,
    can_write: bool,
    writable: Iterable[str] = (),
) -> Confinement | None:
    """Return what an agent can reach; None if it is not confined.

    Args:
        sandbox: the tool and the settings.
        folder: its working folder.
        scratch: the call's private folder.
        agent: its name; its own settings and logins are writable.
        can_write: whether its role may change the working folder, and what that is linked to.
        writable: other files and folders that it can change.
    """
    own = _folders_of(agent)
    shared = str(cache_folder() / "agents" / agent)
    working = [str(folder)] if can_write else []
    changed = (*working, *writable, str(scratch), shared, *own)
    sandbox = sandbox if can_write else sandbox.model_copy(update={"linked": ()})
    found = _confine(sandbox, CommandKind.AGENTS, folder, changed)
    if found is None or can_write:
        return found
    return found.model_copy(update={"read_only": (*found.read_only, os.path.realpath(folder))})


def _confine(
    sandbox: Sandbox, kind: CommandKind, folder: Path, writable: Sequence[str]
) -> Confinement | None:
    settings = sandbox.settings
    if sandbox.tool is None and not sandbox.is_limited:
        return None
    limited = Confinement(
        folder=os.path.realpath(folder),
        limiter=sandbox.limiter,
        memory_megabytes=settings.memory_megabytes,
        processor_seconds=settings.processor_seconds,
    )
    if sandbox.tool is None:
        return limited
    git = _git_places(folder)
    hidden = [*_hidden(folder, git, writable), *map(os.path.expanduser, settings.hidden)]
    more = [*sandbox.linked, *map(os.path.expanduser, settings.writable)]
    changed = [*writable, *_outermost(more, writable)]
    # Commands could make it a symlink where there is none, and so choose what is shown.
    plans = [] if os.path.islink(folder / ".podium") else [str(folder / ".podium")]
    return limited.model_copy(
        update={
            "tool": sandbox.tool,
            "program": sandbox.program,
            "image": settings.image,
            "network": kind in settings.network,
            "writable": _real(changed),
            "read_only": _real([*git, *plans, *_shown(folder, git)]),
            "hidden_folders": tuple(each for each in _real(hidden) if os.path.isdir(each)),
            "hidden_files": tuple(each for each in _real(hidden) if not os.path.isdir(each)),
        }
    )


def _real(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the existing ones of these paths, without symlinks; only those can be mounted."""
    found = {os.path.realpath(each) for each in paths if os.path.exists(each)}
    return tuple(sorted(found))


def _outermost(paths: Sequence[str], writable: Sequence[str]) -> Iterator[str]:
    """Yield the paths that are not below another one.

    What is below can be changed with what is above: a command could make it a symlink, so that the
    next command could change whatever that leads to.
    """
    known = {os.path.normpath(each) for each in (*paths, *writable)}
    for each in paths:
        if not any(str(above) in known for above in Path(os.path.normpath(each)).parents):
            yield each


def _git_places(folder: Path) -> tuple[str, ...]:
    """Return the folder's `.git`, and the common Git folder if that is elsewhere."""
    entry = folder / ".git"
    if not entry.is_file():
        return (str(entry),) if entry.is_dir() else ()
    try:
        words = entry.read_text("utf-8").strip().removeprefix("gitdir:").strip()
        own = folder / words
        common = own / (own / "commondir").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return (str(entry),)
    return (str(entry), str(common))


def _shown(folder: Path, git: Sequence[str]) -> Iterator[str]:
    """Yield what would be hidden only because it is in a folder like `/tmp`: programs, the user's
    home folder, the checkout."""
    wanted = [*sys.path, sys.prefix, sys.base_prefix, os.path.expanduser("~")]
    wanted += os.environ.get("PATH", "").split(os.pathsep)
    wanted += [str(Path(each).parent) for each in _real(git)]
    working = os.path.realpath(folder)
    for each in map(os.path.realpath, filter(os.path.isabs, wanted)):
        is_private = any(each.startswith(f"{private}/") for private in PRIVATE)
        if is_private and not f"{each}/".startswith(f"{working}/"):
            yield each


def _folders_of(agent: str) -> list[str]:
    """Return where an agent keeps its settings and logins; never the whole home folder."""
    home = os.path.expanduser("~")
    found = [os.path.join(home, each) for each in AGENT_FOLDERS.get(agent, ())]
    variable, below = AGENT_VARIABLES.get(agent, ("", ""))
    if moved := os.environ.get(variable, ""):
        place = os.path.realpath(os.path.join(moved, below))
        is_above = f"{os.path.realpath(home)}/".startswith(f"{place.rstrip('/')}/")
        found += [] if is_above else [place]
    return found


def _hidden(folder: Path, git: Sequence[str], writable: Sequence[str]) -> Iterator[str]:
    """Yield where secrets are: the user's, other agents', and Podium's own."""
    home = os.path.expanduser("~")
    yield from (os.path.join(home, each) for each in SECRETS)
    yield from (place for agent in AGENT_FOLDERS for place in _folders_of(agent))
    yield from map(str, (config_folder(), state_folder(), cache_folder()))
    for each in writable:
        yield from (f"{above}/run" for above in Path(each).parents if above.name == ".podium")
    for each in git:
        checkout = Path(os.path.realpath(each)).parent
        yield str(checkout / ".podium" / "run")
        if checkout != Path(os.path.realpath(folder)):
            yield str(checkout / _ENV_FILE)
