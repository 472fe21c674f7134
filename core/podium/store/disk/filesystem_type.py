"""Detects the type of a store's file system.

On network file systems neither locks between machines nor the order of writes are reliable.
"""

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    {
        *("9p", "afs", "ceph", "cifs", "davfs", "drvfs", "fuse.davfs2", "fuse.glusterfs"),
        *("fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"),
    }
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def network_warning(folder: str) -> str:
    """Return a warning if the folder is on a network file system, otherwise an empty string."""
    try:
        kind = filesystem_type_of(folder, _MOUNTS.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""  # not Linux: unknown
    if kind not in _NETWORK:
        return ""
    return (
        f"it is on a network file system ({kind}), where locks between machines are unreliable"
        ": use it from one machine at a time, or move the project to a local disk"
    )


def filesystem_type_of(folder: str, mounts: str) -> str:
    """Return the type of a folder's file system; empty if unknown.

    Args:
        folder: an absolute path.
        mounts: the content of `/proc/self/mountinfo`.
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        place = _ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4])
        inside = folder == place or folder.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best):
            best, kind = place, right.split(" ")[0]
    return kind
