"""The agents that a person added from the ACP registry: files in the user's settings folder.

A registry is read when a person adds an agent, never when agents run.
"""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError as InvalidModel

from podium.agents.registry import registry_text
from podium.errors import ToolError, ValidationError
from podium.model.rules.agents.registry_entries import RegistryEntry, read_entries
from podium.model.rules.validation import sentences
from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import remove_file
from podium.platform.user_folders import added_agents, config_folder
from podium.ports.filesystem import PRIVATE_FILE

_SECONDS = 30.0
_MOST_BYTES = 5_000_000
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def find_entry(named: str, registry: str) -> RegistryEntry:
    """Return the entry for an id, or the entry in a file.

    Args:
        named: an id in the registry, or the path of an `agent.json`.
        registry: the path or URL of a registry; "" is the one that comes with Podium.

    Raises:
        ValidationError: there is no such entry, or it is invalid.
        ToolError: the registry cannot be read.
    """
    if "/" in named or named.endswith(".json"):
        return _parse(_read_path(named), named)[0]
    text, place = _registry(registry)
    entries = _parse(text, place)
    for entry in entries:
        if entry.id == named:
            return entry
    raise ValidationError(
        f"There is no agent named {named!r} in {place}",
        why=f"it lists {', '.join(sorted(entry.id for entry in entries)) or 'no agent'}",
        hints=["podium agents add ./agent.json adds one from a file"],
    )


def keep_entry(entry: RegistryEntry) -> Path:
    """Write an entry into the user's settings folder, and return its path."""
    path = added_agents() / f"{entry.id}.json"
    content = entry.model_dump_json(indent=2, exclude_defaults=True)
    replace_file(path, f"{content}\n".encode(), mode=PRIVATE_FILE, root=config_folder())
    return path


def remove_entry(name: str) -> None:
    """Remove an entry from the user's settings folder."""
    remove_file(added_agents() / f"{name}.json", root=config_folder())


def _registry(place: str) -> tuple[str, str]:
    """Return the text of a registry, and what to call it."""
    if not place:
        return registry_text(), "the registry that comes with Podium"
    is_url = "://" in place
    return (_fetch(place) if is_url else _read_path(place)), place


def _read_path(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"{path} cannot be read", why=str(error)) from error


def _fetch(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname in _LOOPBACK) != ("http", True):
        raise ValidationError(
            f"The registry {url} cannot be used",
            why="only https is allowed, because the registry names programs to run",
            hints=["podium config agents shows the setting agents.registry"],
        )
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=_SECONDS) as reply:  # noqa: S310 - the scheme was checked
            place: str = reply.url
            if urlsplit(place).scheme != parts.scheme:
                raise ValueError(f"it redirects to {place}")
            content: bytes = reply.read(_MOST_BYTES)
        return content.decode()
    except (OSError, ValueError) as error:
        raise ToolError(f"The registry {url} cannot be read", why=str(error)) from error


def _parse(text: str, place: str) -> tuple[RegistryEntry, ...]:
    try:
        return read_entries(text)
    except InvalidModel as error:
        why = sentences(error)[0]
    except ValueError as error:
        why = str(error)
    raise ValidationError(
        f"{place} does not contain agents",
        why=why,
        hints=["the format is that of agent.json in the ACP registry"],
    )
