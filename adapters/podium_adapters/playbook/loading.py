"""Reads playbooks and reports their problems with line numbers."""

import json
from pathlib import Path
from typing import Any

from podium.errors import InvalidConfig
from podium.model.files.playbook import Playbook
from podium.platform.yaml_text import YamlSource, read_yaml

MAX_BYTES = 4 * 1024 * 1024

_HINTS = ("docs/playbook.md describes the format", "docs/schemas/playbook.schema.json validates it")


def load_playbook(path: Path) -> Playbook:
    """Read a playbook from a file.

    Raises:
        InvalidConfig: it cannot be read or is invalid; lists every problem with its file and line.
    """
    return parse_playbook(read_playbook(path), path.name)


def parse_playbook(text: str, name: str) -> Playbook:
    """Parse a playbook from YAML.

    Args:
        text: the YAML.
        name: the file's name, for messages.

    Raises:
        InvalidConfig: it is invalid; lists every problem with its file and line.
    """
    return _from_json(text) or read_yaml(text, YamlSource(name, "playbook", _HINTS)).validated(
        Playbook
    )


def _from_json(text: str) -> Playbook | None:
    """Parse the playbook as JSON if its YAML is also valid JSON, which parses much faster.

    None if it is not JSON, or has any problem: the YAML parser then finds the line.
    """
    try:
        return Playbook.model_validate(json.loads(text, object_pairs_hook=_without_duplicates))
    except (ValueError, RecursionError):
        return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def read_playbook(path: Path) -> str:
    """Return the text of a playbook.

    Raises:
        InvalidConfig: it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidConfig(
                f"The playbook {path.name} is too large",
                why=f"the limit is {MAX_BYTES:,} bytes",
                hints=_HINTS,
            )
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidConfig(
            f"The playbook {path} cannot be read",
            why=str(why),
            hints=["the option `playbook` names the file"],
        ) from error
