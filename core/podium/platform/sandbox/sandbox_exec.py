"""The `sandbox-exec` of macOS: a profile in its own language, in which the last rule decides.

Written from its documentation; not yet tried on a real machine.
"""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath

from podium.model.sandbox import Confinement

_TEMPORARY = ("/private/tmp", "/private/var/tmp", "/private/var/folders", "/dev")
"""Writable for every command: macOS has no private folders for temporary files."""


def sandbox_exec_prefix(confinement: Confinement) -> tuple[str, ...]:
    """Return the words before a command."""
    return confinement.program, "-p", "\n".join(_profile(confinement))


def _profile(confinement: Confinement) -> Iterator[str]:
    yield "(version 1)"
    yield "(allow default)"
    if not confinement.network:
        yield "(deny network*)"
    yield "(deny file-write*)"
    for each in _TEMPORARY:
        yield f"(allow file-write* {_below(each)})"
    rules = {
        **{each: _read_only(each) for each in confinement.read_only},
        **{each: f"(deny file* {_below(each)})" for each in confinement.hidden_folders},
        **{each: f"(deny file* {_exactly(each)})" for each in confinement.hidden_files},
        **{each: f"(allow file* {_below(each)})" for each in confinement.writable},
    }
    for path in sorted(rules, key=_depth):
        yield rules[path]


def _read_only(path: str) -> str:
    return f"(allow file-read* {_below(path)})\n(deny file-write* {_below(path)})"


def _below(path: str) -> str:
    return f"(subpath {json.dumps(path, ensure_ascii=False)})"


def _exactly(path: str) -> str:
    return f"(literal {json.dumps(path, ensure_ascii=False)})"


def _depth(path: str) -> tuple[int, str]:
    return len(PurePosixPath(path).parts), path
