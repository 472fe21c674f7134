"""Turns entries of the ACP registry, which a person added, into profiles.

The registry does not say in which mode an agent asks, or how it reports errors, so a generic
profile uses only what the protocol defines.
"""

import platform
import shutil
import sys
from importlib import resources

from podium.errors import AgentUnavailable
from podium.model.rules.agents.registry_entries import GENERIC, how_to_start, read_entries
from podium.platform.owned_files import read_file
from podium.platform.user_folders import added_agents, config_folder
from podium_adapters.acp.profile import Profile

ASKING_MODE = r"\b(ask|default|manual)"
"""The id or the name of a mode in which an agent asks."""
_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}


def snapshot() -> str:
    """Return the copy of the ACP registry that comes with Podium, as JSON text."""
    return (resources.files("podium_adapters.acp") / "registry.json").read_text("utf-8")


def generic_profile(name: str) -> Profile:
    """Return the profile of an agent that the user added.

    Raises:
        AgentUnavailable: its file is missing or invalid.
    """
    path = added_agents() / f"{name}.json"
    machine = platform.machine().lower()
    here = f"{sys.platform}-{_PROCESSORS.get(machine, machine)}"
    try:
        (entry,) = read_entries(read_file(path, root=config_folder()).decode())
        start = how_to_start(entry, here)
    except (OSError, ValueError) as error:
        raise AgentUnavailable(
            f"The agent {name} cannot be used",
            why=f"{path} is not a valid entry of the ACP registry: {error}",
            hints=[f"podium agents remove {name}", f"podium agents add {name}"],
        ) from error
    program = next(filter(shutil.which, start.programs), start.programs[0])
    return Profile(
        name=name,
        title=f"{entry.name} ({GENERIC})",
        summary=f"{GENERIC}. {entry.description}".strip(),
        install_hint=f"{start.install_hint}, then log in as its documentation says.",
        command=(program,),
        arguments=start.arguments,
        environment=start.environment,
        mode_pattern=ASKING_MODE,
        warning=GENERIC,
    )
