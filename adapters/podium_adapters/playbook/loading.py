"""Reads playbooks and reports their problems with line numbers."""

from pathlib import Path

from podium.errors import InvalidConfig
from podium.model.files.playbook import Playbook
from podium.platform.yaml_text import YamlSource, read_yaml

MAX_BYTES = 4 * 1024 * 1024

_HINTS = ("docs/playbook.md describes the format", "docs/schemas/playbook.schema.json validates it")


def load_playbook(path: Path) -> Playbook:
    """Read a playbook from a file.

    Raises:
        InvalidConfig: it cannot be read or is invalid; every problem with file and line.
    """
    return parse_playbook(_read(path), path.name)


def parse_playbook(text: str, name: str) -> Playbook:
    """Parse a playbook from YAML.

    Args:
        text: the YAML.
        name: the file's name, for messages.

    Raises:
        InvalidConfig: it is invalid; every problem with file and line.
    """
    return read_yaml(text, YamlSource(name, "playbook", _HINTS)).validated(Playbook)


def _read(path: Path) -> str:
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
