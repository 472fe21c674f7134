"""A process knows at once whether anything that it started is left, however it detached."""

import os
import subprocess
import sys

import pytest

from podium.platform.process.descendants import has_no_descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="unknown elsewhere")

# A grandchild whose parent ends at once; it lives until its input ends.
CODE = """
import os, subprocess, sys
from podium.platform.process.descendants import adopt_orphans, has_no_descendants

adopt_orphans()
seen = [has_no_descendants()]
reader, writer = os.pipe()
script = "setsid sh -c 'read x' <&{0} & exit 0".format(reader)
child = subprocess.Popen(["sh", "-c", script], pass_fds=(reader,))
child.wait()
os.close(reader)
seen.append(has_no_descendants())
os.close(writer)
os.waitpid(-1, 0)
seen.append(has_no_descendants())
print(seen)
"""


def test_an_orphan_that_detached_counts_until_its_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "[True, False, True]\n"


def test_nothing_is_known_of_orphans_that_go_elsewhere() -> None:
    assert not has_no_descendants()
