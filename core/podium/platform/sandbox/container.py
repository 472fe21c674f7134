"""A container of Podman or Docker: commands see an image, and only the folders of their task.

Written from the documentation; not yet tried on a real machine. The processes share the machine's
process ids and get the mark of their tree, because that is how they are found and ended.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from podium.model.sandbox import Confinement

_OF_THE_IMAGE = frozenset({"PATH", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "TMPDIR"})
"""Variables that would be wrong in the image."""


def container_prefix(
    confinement: Confinement, variables: Iterable[str], user: str
) -> tuple[str, ...]:
    """Return the words before a command.

    Args:
        confinement: what the command can reach.
        variables: the names of its environment variables.
        user: the user's and the group's number, as `1000:1000`.
    """
    memory, seconds = confinement.memory_megabytes, confinement.processor_seconds
    names = sorted({*variables} - _OF_THE_IMAGE)
    return (
        confinement.program,
        *("run", "--rm", "--init", "--interactive", "--pid=host", f"--user={user}"),
        *("--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--tmpfs=/tmp"),
        *(() if confinement.network else ("--network=none",)),
        *((f"--memory={memory}m",) if memory else ()),
        *((f"--ulimit=cpu={seconds}",) if seconds else ()),
        *_volumes(confinement),
        *(f"--env={each}" for each in names),
        f"--workdir={confinement.folder}",
        confinement.image,
    )


def _volumes(confinement: Confinement) -> Iterator[str]:
    """Yield what of the machine's files is shown, and what of that is hidden again."""
    writable = confinement.writable
    hidden = {*confinement.hidden_folders, *confinement.hidden_files}
    read_only = [each for each in confinement.read_only if each not in hidden]
    yield from (f"--volume={each}:{each}:ro" for each in read_only)
    yield from (f"--volume={each}:{each}" for each in writable)
    for each in sorted(hidden - {*writable}):
        if any(map(PurePosixPath(each).is_relative_to, (*writable, *read_only))):
            is_folder = each in confinement.hidden_folders
            yield f"--tmpfs={each}" if is_folder else f"--volume=/dev/null:{each}:ro"
