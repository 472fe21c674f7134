"""How commands are confined, and what they can reach."""

from podium.model.base import Frozen
from podium.model.sandbox.settings import CommandKind, SandboxSettings, SandboxTool


class Sandbox(Frozen):
    """How commands are confined: the settings, and what this machine can do.

    Each run keeps a copy from its start.
    """

    settings: SandboxSettings = SandboxSettings()
    tool: SandboxTool | None = None
    """The tool in use; None if commands are not confined."""
    program: str = ""
    """The path of the tool's program."""
    problem: str = ""
    """Why no sandbox works although the settings want one, as a clause."""
    hint: str = ""
    """What to do about the problem."""
    limiter: str = ""
    """The path of the program that limits memory and processor time."""
    linked: tuple[str, ...] = ()
    """Paths in the checkout to which worktrees are linked; commands can change them."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is not in force, one sentence each, without a full stop."""
        found: list[str] = []
        if self.tool is None:
            why = self.problem or f"sandbox.mode is {self.settings.mode}"
            found.append(f"Commands are not confined: {why}")
        if self.settings.has_limits and not self.is_limited:
            found.append("Memory and processor time are not limited: there is no prlimit")
        return tuple(found)

    @property
    def summary(self) -> str:
        """Return the tool and what has the network, as text for people; "" without a tool."""
        if self.tool is None:
            return ""
        named = ", ".join(each for each in CommandKind if each in self.settings.network)
        return f"{self.tool}, {f'network for {named}' if named else 'no network'}"

    @property
    def is_limited(self) -> bool:
        """Return whether the limits on memory and processor time are in force."""
        is_container = self.tool is SandboxTool.CONTAINER
        return self.settings.has_limits and bool(self.limiter or is_container)


class Confinement(Frozen):
    """What the commands in one folder can reach; paths are absolute and without symlinks.

    Of two paths that contain each other, the deeper one decides; of the same path, that it is
    writable before that it is hidden, and that before read-only.
    """

    tool: SandboxTool | None = None
    """None if there are only limits."""
    program: str = ""
    folder: str
    """The working folder."""
    writable: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    """Read-only, although a path above is writable, hidden or private."""
    hidden_folders: tuple[str, ...] = ()
    hidden_files: tuple[str, ...] = ()
    network: bool = False
    own_temporary: bool = False
    """Whether commands use the private `/tmp` instead of the folder that `TMPDIR` names."""
    image: str = ""
    limiter: str = ""
    memory_megabytes: int = 0
    processor_seconds: int = 0
