"""Counts what a run asks of the machine: git processes and syncs, by command and by caller.

Git writes a line for each of its processes itself, also for those that git starts (`trace2`).
Syncs are counted in this process and, through `sitecustomize`, in every Python process below it.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from podium.platform import sync_all
from tests.support.repositories import git
from tests.support.sync_count import LOG, SYNCS, counted

_COUNTER = Path(__file__).with_name("sync_count.py")
_SITE = f"""\
import importlib.util
spec = importlib.util.spec_from_file_location("sync_count", {str(_COUNTER)!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.count_syncs()
"""
_GLOBAL_OPTIONS = frozenset({"--literal-pathspecs"})
_OPTIONS = frozenset({"--verify", "--is-ancestor", "-d", "--stdin", "--get-regexp", "--others"})


class Costs:
    """The git processes and syncs from now on.

    Args:
        folder: an empty folder for the records.
        patch: sets the environment.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self._git, self._syncs = folder / "git.jsonl", folder / "syncs"
        git(folder, "config", "--global", "trace2.eventTarget", str(self._git))
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(_SITE)
        patch.setenv("PYTHONPATH", str(folder / "site"), prepend=os.pathsep)
        patch.setenv(LOG, str(self._syncs))
        for name in SYNCS:
            patch.setattr(os, name, counted(os, name))
        patch.setattr(sync_all, "sync_file_system", counted(sync_all, "sync_file_system"))

    def git(self) -> Counter[str]:
        """Return the git processes so far, by command."""
        events = [json.loads(line) for line in _lines(self._git)]
        return Counter(_command(each["argv"]) for each in events if each["event"] == "start")

    def syncs(self) -> Counter[str]:
        """Return the syncs so far, by caller."""
        return Counter(_lines(self._syncs))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _command(argv: list[str]) -> str:
    words = argv[1:]
    while words and words[0] == "-C":
        words = words[2:]
    words = [each for each in words if each not in _GLOBAL_OPTIONS]
    return " ".join([words[0], *(each for each in words[1:] if each in _OPTIONS)])
