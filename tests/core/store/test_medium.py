"""What a store lies on: network file systems are warned of, full disks are survived."""

import subprocess
import sys
from pathlib import Path

import pytest

from podium.store.disk import filesystem_type
from tests.core.store.samples import new_store, put
from tests.support.goldens import ROOT

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:50 / /mnt/my\\040files rw - nfs4 server:/x rw
31 30 0:51 / /mnt/my\\040files/local rw - btrfs /dev/vdb rw
40 22 0:60 / /mnt/c rw - 9p drvfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/opt/p/.podium", "ext4"),
        ("/mnt/my files/p/.podium", "nfs4"),
        ("/mnt/my files/local/p", "btrfs"),
        ("/mnt/my filesystem", "ext4"),
        ("/mnt/c/p", "9p"),
    ],
)
def test_the_innermost_mount_tells_the_kind(folder: str, kind: str) -> None:
    assert filesystem_type.filesystem_type_of(folder, MOUNTS) == kind


def test_a_store_on_a_network_file_system_warns_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"22 1 0:1 / {tmp_path} rw - nfs4 server:/x rw\n")
    monkeypatch.setattr(filesystem_type, "_MOUNTS", mounts)
    store = new_store(tmp_path)
    put(store, "a", 1)
    (problem,) = store.problems
    assert "network file system (nfs4)" in problem.reason
    mounts.unlink()
    assert not store.problems


FULL_DISK = """
import pathlib, subprocess, sys
sys.path.insert(0, {root!r})
folder = pathlib.Path({folder!r})
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(folder)], check=True)
from podium.errors import StorageError
from tests.core.store.samples import new_store, numbers, put, reopen
store = new_store(folder)
written, refused = {{}}, 0
for number in range(400):
    try:
        put(store, f"n{{number}}", number, text="x" * 2000)
        written[f"n{{number}}"] = number
    except StorageError as error:
        assert "disk is full" in error.why, error
        refused += 1
        assert numbers(store) == written
assert written and refused, (len(written), refused)
assert numbers(reopen(folder)) == written
(folder / ".podium/run/snapshots").mkdir(exist_ok=True)
for path in (folder / ".podium/run/snapshots").iterdir():
    path.unlink()
subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
put(store, "later", 7)
written["later"] = 7
assert numbers(store) == numbers(reopen(folder)) == written
assert store.maintenance.verify().is_intact
store.close()
files = {{p.stem for p in (folder / ".podium/notes").glob("*.json")}}
assert files == set(written), files ^ set(written)
print("survived", len(written), refused)
"""


@pytest.mark.promise("W7.full")
def test_a_disk_that_is_really_full_refuses_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    """A small file system in memory, mounted where only this process sees it."""
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(tmp_path)])
    if probe.returncode:
        pytest.skip("this machine lets nobody mount a file system in a namespace of its own")
    script = FULL_DISK.format(root=str(ROOT), folder=str(tmp_path))
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "survived" in done.stdout
