"""Reads the settings: user file, project file, environment variables; later ones win."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from podium.app.settings_files import settings_files
from podium.errors import InvalidConfig
from podium.model.base import SetBy
from podium.model.config import Config, ConfigOrigin, LoadedConfig
from podium.model.rules.validation import sentences
from podium.platform.filesystem import LocalFileSystem
from podium.platform.yaml_text import YamlSource, read_yaml

_ORIGINS = (ConfigOrigin.USER, ConfigOrigin.PROJECT)
"""In the same order as `settings_files`."""

_ADDED = frozenset({"agents.ask"})
"""Settings whose values in both files count."""

MAX_BYTES = 256 * 1024
_HINTS = ("correct the file; it may be empty", "docs/configuration.md lists every setting")


def _variables(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each environment variable of a field, with the setting's dotted name."""
    for name, field in model.model_fields.items():
        dotted = f"{prefix}{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _variables(inner, f"{dotted}.")
        yield from ((each.variable, dotted) for each in field.metadata if isinstance(each, SetBy))


ENVIRONMENT: Mapping[str, str] = dict(_variables(Config))
"""Variables that each set one value."""


def load_settings(root: Path | None, environment: Mapping[str, str] = os.environ) -> LoadedConfig:
    """Return the settings that apply in a project, or outside any project.

    Raises:
        InvalidConfig: a file or variable is invalid; the message lists every problem with its line.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, ConfigOrigin] = {}
    files: list[str] = []
    project = Config()
    files_by_origin = zip(_ORIGINS, settings_files(root), strict=False)
    for origin, path in files_by_origin:
        if (values := _read(path)) is not None:
            files.append(str(path))
            if origin is ConfigOrigin.PROJECT:
                project = Config.model_validate(values)
            _merge(merged, values, origins, origin, "")
    for variable, name in ENVIRONMENT.items():
        if (text := environment.get(variable, "")) != "":
            _put(merged, name, text)
            origins[name] = ConfigOrigin.ENVIRONMENT
    try:
        config = Config.model_validate(merged)
    except ValidationError as error:
        # Each file has been validated on its own, so the remaining problems come from variables.
        why = "; ".join(sentences(error))
        hints = [f"unset or correct {name}" for name in ENVIRONMENT if environment.get(name)]
        raise InvalidConfig("A PODIUM_ variable is invalid", why=why, hints=hints) from error
    return LoadedConfig(config=config, project=project, origins=origins, files=tuple(files))


def _read(path: Path) -> dict[str, Any] | None:
    """Return a file's values, validated on their own so that messages can name lines.

    Returns None if the file or one of its parent folders does not exist.
    """
    try:
        content = _read_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InvalidConfig(f"{path} cannot be read", why=error.strerror or "") from error
    if len(content) > MAX_BYTES:
        raise InvalidConfig(f"{path} is too large", why=f"at most {MAX_BYTES} bytes", hints=_HINTS)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1}"
        raise InvalidConfig(f"{path} is not UTF-8", why=why, hints=_HINTS) from error
    read = read_yaml(text, YamlSource(str(path), "settings file", _HINTS))
    read.validated(Config)
    values: dict[str, Any] = read.value
    return values


def _read_file(path: Path) -> bytes:
    """Return at most `MAX_BYTES` + 1 bytes of a regular file.

    Raises:
        PathOutsideWorkspace: the project's settings file is a symlink.
        OSError: it is unreadable, or is not a regular file.
    """
    fd = LocalFileSystem().open(str(path), os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return file.read(MAX_BYTES + 1)


def _merge(
    into: dict[str, Any],
    values: Mapping[str, Any],
    origins: dict[str, ConfigOrigin],
    origin: ConfigOrigin,
    prefix: str,
) -> None:
    for name, value in values.items():
        inner = cast("dict[str, Any]", value) if isinstance(value, dict) else None
        dotted = f"{prefix}{name}"
        if inner is not None:
            _merge(into.setdefault(name, {}), inner, origins, origin, f"{dotted}.")
        else:
            given = values[name]
            into[name] = _added(into.get(name), given) if dotted in _ADDED else given
            origins[dotted] = origin


def _added(former: object, value: object) -> object:
    """Return two lists as one; a project must not be able to take something from the user's."""
    lists = [cast("list[object]", each) for each in (former, value) if isinstance(each, list)]
    return list(dict.fromkeys(each for found in lists for each in found))


def _put(into: dict[str, Any], dotted: str, value: str) -> None:
    *folders, last = dotted.split(".")
    for folder in folders:
        into = into.setdefault(folder, {})
    into[last] = value
