"""The settings of the sandbox."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from podium.model.base import Frozen, SetBy


class SandboxMode(StrEnum):
    """Whether commands are confined."""

    OFF = "off"
    """They are not."""
    AUTO = "auto"
    """They are, if a sandbox works on this machine."""
    REQUIRE = "require"
    """Nothing is run without a sandbox."""


class SandboxTool(StrEnum):
    """A program that confines commands."""

    BUBBLEWRAP = "bubblewrap"
    """The default on Linux."""
    SANDBOX_EXEC = "sandbox-exec"
    """The default on macOS."""
    CONTAINER = "container"
    """Podman or Docker."""


class CommandKind(StrEnum):
    """The commands that are confined in the same way."""

    AGENTS = "agents"
    """Agents, and the commands that they run."""
    GATES = "gates"
    """Gates, criteria and evidence."""
    SETUP = "setup"
    """Commands that prepare or tear down a worktree."""


def _placed(path: str) -> str:
    if not path.startswith(("/", "~")):
        raise ValueError("must be an absolute path, or start with ~/")
    return path


Place = Annotated[str, AfterValidator(_placed)]
"""A file or folder of this machine; `~` is the user's home folder."""


class SandboxSettings(Frozen):
    """Keeps commands of agents and gates away from the rest of the machine."""

    mode: Annotated[SandboxMode, SetBy("PODIUM_SANDBOX")] = SandboxMode.OFF
    """`auto` confines commands if a sandbox works here, and reports if none does; `require` refuses
    to run anything without one."""
    network: tuple[CommandKind, ...] = (CommandKind.AGENTS,)
    """Which commands can use the network; agents need it to reach their models."""
    writable: tuple[Place, ...] = ()
    """Files and folders that commands can change besides their worktree, such as `~/.cargo`."""
    hidden: tuple[Place, ...] = ()
    """Files and folders that commands cannot read, besides the usual places of secrets."""
    tool: SandboxTool | None = None
    """The program that confines commands; by default `bubblewrap`, on macOS `sandbox-exec`."""
    image: str = ""
    """The image for the tool `container`; it must contain every program that commands need."""
    memory_megabytes: int = Field(default=0, ge=0)
    """The most memory that each process of an agent or gate can allocate; 0 for no limit."""
    processor_seconds: int = Field(default=0, ge=0)
    """The most processor time of each process of an agent or gate; 0 for no limit."""

    @property
    def has_limits(self) -> bool:
        """Return whether memory or processor time is limited."""
        return bool(self.memory_megabytes or self.processor_seconds)
