"""Finds the steps of one attempt without parsing a whole playbook for every call.

Each call runs in its own process. The first one to see a playbook checks it and writes the parts
that the others need to the user's cache folder, under the hash of the playbook's content. A project
cannot write there, and cached content is checked again.
"""

import contextlib
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import TypeAdapter, ValidationError

from podium.model.agents import CallPurpose, Role
from podium.model.files.playbook import Attempts, Playbook, script_name
from podium.platform.atomic_write import replace_file
from podium_adapters.playbook.loading import parse_playbook, read_playbook

FORMAT = 2
"""Incremented when files written by an older version can no longer be read."""
KEPT_PLAYBOOKS = 16
_PRIVATE = 0o600
_SCRIPTS = ("tasks", "audits", "fixes", "doubts", "doubt_audits")
_ATTEMPTS: TypeAdapter[Attempts] = TypeAdapter(Attempts)


def load_playbook_for(
    path: Path, role: Role, task_id: str, purpose: CallPurpose = CallPurpose.WORK
) -> Playbook:
    """Return the playbook in a file with the attempts of at least this role, purpose and task.

    Raises:
        InvalidConfig: it cannot be read or is invalid; lists every problem with its file and line.
    """
    text = read_playbook(path)
    cached = _cached_file(text)
    found = _read(cached, role, task_id, purpose)
    if found is not None:
        return found
    playbook = parse_playbook(text, path.name)
    with contextlib.suppress(OSError):  # without the cache, calls are only slower
        _write(cached, playbook)
    return playbook


def _cached_file(text: str) -> Path:
    name = hashlib.sha256(text.encode()).hexdigest()
    return platformdirs.user_cache_path("podium") / "playbooks" / f"{name}.{FORMAT}.json"


def _scripts(playbook: Playbook) -> dict[str, dict[str, Any]]:
    return {name: getattr(playbook, name) for name in _SCRIPTS}


def _write(path: Path, playbook: Playbook) -> None:
    """Write a playbook; each task's attempts are stored as text and parsed only when needed."""
    content = {
        name: {task: _ATTEMPTS.dump_json(each, exclude_none=True).decode() for task, each in rows}
        for name, rows in ((name, found.items()) for name, found in _scripts(playbook).items())
    }
    head = playbook.model_dump(mode="json", include={"version", "objective", "plan"})
    replace_file(path, json.dumps({**head, **content}).encode(), mode=_PRIVATE)
    newest = sorted(path.parent.iterdir(), key=lambda each: each.lstat().st_mtime, reverse=True)
    for each in newest[KEPT_PLAYBOOKS:]:
        each.unlink(missing_ok=True)


def _read(path: Path, role: Role, task_id: str, purpose: CallPurpose) -> Playbook | None:
    wanted = script_name(role, purpose)
    is_required = purpose is CallPurpose.WORK and role not in {Role.ARCHITECT, Role.AUDITOR}
    try:
        content = json.loads(_own_content(path))
        for name in _SCRIPTS:
            rows = content.pop(name)
            content[name] = {}
            if name == wanted and task_id in rows:
                content[name] = {task_id: json.loads(rows[task_id])}
            elif name == wanted and is_required:
                return None
        return Playbook.model_validate(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return None


def _own_content(path: Path) -> bytes:
    """Return a file's content if it is the user's own regular file.

    Raises:
        OSError: the file is not, or cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as file:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise OSError("not the user's own file")
        return file.read()
