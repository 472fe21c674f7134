"""The words before a command that confine it."""

import os
from collections.abc import Iterable

from podium.model.sandbox import Confinement, SandboxTool
from podium.platform.sandbox.bubblewrap import bubblewrap_prefix
from podium.platform.sandbox.container import container_prefix
from podium.platform.sandbox.sandbox_exec import sandbox_exec_prefix

_MEGABYTE = 1024 * 1024


def confining_prefix(
    confinement: Confinement | None, variables: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the words before a command; none if it is not confined.

    Args:
        confinement: what the command can reach; None for everything.
        variables: the names of its environment variables.
    """
    if confinement is None:
        return ()
    match confinement.tool:
        case SandboxTool.BUBBLEWRAP:
            return (*_limits(confinement), *bubblewrap_prefix(confinement))
        case SandboxTool.SANDBOX_EXEC:
            return (*_limits(confinement), *sandbox_exec_prefix(confinement))
        case SandboxTool.CONTAINER:
            return container_prefix(confinement, variables, f"{os.getuid()}:{os.getgid()}")
        case None:
            return _limits(confinement)


def _limits(confinement: Confinement) -> tuple[str, ...]:
    """Return the command that limits each process.

    `--data` and not `--as`: programs such as Node reserve far more addresses than they use.
    """
    memory, seconds = confinement.memory_megabytes, confinement.processor_seconds
    words = (
        *((f"--data={memory * _MEGABYTE}",) if memory else ()),
        *((f"--cpu={seconds}",) if seconds else ()),
    )
    return (confinement.limiter, *words, "--") if words and confinement.limiter else ()
