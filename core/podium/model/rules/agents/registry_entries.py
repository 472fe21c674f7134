"""Entries of the public ACP registry: how an agent is distributed, and which program it is."""

import json
import re
from collections.abc import Sequence
from typing import Any, cast

from pydantic import ConfigDict, Field, TypeAdapter

from podium.model.base import Frozen

GENERIC = "generic: not tested with Podium"

ENTRY_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_VERSION_MARK = re.compile(r"(?<=.)(?:==|@)")
_UNSAFE_VARIABLE = re.compile(
    r"(PATH|HOME|SHELL|IFS|LD_|DYLD_|NODE_|PYTHON|BASH_|GIT_|PODIUM_)", re.I
)
_ENTRIES = TypeAdapter(list[dict[str, Any]])


class _Lenient(Frozen):
    """A part of an entry; the registry may add fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Package(_Lenient):
    """A package that a package manager installs."""

    package: str = Field(pattern=r"^@?[A-Za-z0-9][\w./-]*(?:(?:==|@)[\w.+-]+)?$", max_length=200)
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)


class Archive(_Lenient):
    """An archive with a program."""

    archive: str = Field(pattern=r"^https://\S+$", max_length=500)
    cmd: str = Field(min_length=1, max_length=200)
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)


class Distribution(_Lenient):
    """The ways to get an agent; the first that is given is used."""

    npx: Package | None = None
    uvx: Package | None = None
    binary: dict[str, Archive] = Field(default_factory=dict)
    """By operating system and processor, such as `linux-x86_64`."""


class RegistryEntry(_Lenient):
    """One agent in the registry, or in a file `agent.json`."""

    id: str = Field(pattern=rf"^{ENTRY_ID.pattern}$")
    name: str = Field(min_length=1, max_length=80)
    version: str = Field(default="", max_length=60)
    description: str = Field(default="", max_length=500)
    repository: str = Field(default="", max_length=300)
    license: str = Field(default="", max_length=100)
    distribution: Distribution


def package_of(entry: RegistryEntry) -> str:
    """Return the name of the package that contains an agent, or ""."""
    package = entry.distribution.npx or entry.distribution.uvx
    return _name(package.package) if package else ""


class Start(Frozen):
    """How an agent is started, and how to get its program."""

    programs: tuple[str, ...]
    """The names that its program may have, the likeliest first."""
    arguments: tuple[str, ...]
    environment: dict[str, str]
    install_hint: str


def read_entries(text: str) -> tuple[RegistryEntry, ...]:
    """Return the entries in a registry (`{"agents": [...]}`), or the one in an `agent.json`.

    Raises:
        ValueError: it is not valid JSON, or an entry is invalid.
    """
    value: object = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    found = cast("dict[str, object]", value)
    listed = _ENTRIES.validate_python(found["agents"]) if "agents" in found else [found]
    return tuple(RegistryEntry.model_validate(each) for each in listed)


def how_to_start(entry: RegistryEntry, platform: str) -> Start:
    """Return how to start an agent.

    Args:
        entry: its entry.
        platform: the operating system and processor, such as `linux-x86_64`.

    Raises:
        ValueError: it is not distributed for this platform, or sets a variable that decides which
            programs run.
    """
    way = entry.distribution
    if way.npx is not None:
        hint = f"npm install -g {_pinned(way.npx.package, entry.version, '@')}"
        start = _start(entry, way.npx, [_name(way.npx.package)], hint)
    elif way.uvx is not None:
        hint = f"pipx install {_pinned(way.uvx.package, entry.version, '==')}"
        start = _start(entry, way.uvx, [_name(way.uvx.package)], hint)
    elif (archive := way.binary.get(platform)) is not None:
        hint = f"Download {archive.archive}, and put its program on the PATH"
        start = _start(entry, archive, [archive.cmd], hint)
    else:
        offered = ", ".join(sorted(way.binary)) or "nothing"
        raise ValueError(f"it is not distributed for {platform}, but for {offered}")
    if unsafe := [name for name in start.environment if _UNSAFE_VARIABLE.match(name)]:
        raise ValueError(f"it sets {unsafe[0]}, which decides which programs run")
    return start


def _start(
    entry: RegistryEntry, way: Package | Archive, programs: Sequence[str], hint: str
) -> Start:
    names = [re.split(r"[/\\]", each)[-1] for each in programs]
    return Start(
        programs=tuple(dict.fromkeys((*names, entry.id))),
        arguments=way.args,
        environment=way.env,
        install_hint=hint,
    )


def _name(package: str) -> str:
    """Return a package's name without its version."""
    return _VERSION_MARK.split(package)[0]


def _pinned(package: str, version: str, mark: str) -> str:
    """Return a package with its version, as an installer writes it."""
    name, *given = _VERSION_MARK.split(package)
    chosen = given[0] if given else version
    return f"{name}{mark}{chosen}" if chosen else name
