"""config.show: show the settings that apply here, with their origins."""

import json

from pydantic import Field, JsonValue

from podium.model.base import Frozen
from podium.model.config import LoadedConfig
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.projects.trust import is_trusted


class ShowParams(Frozen):
    """Parameters of `config.show`."""

    name: str = Field(default="", description="only settings whose dotted name starts with this")


class Setting(Frozen):
    """One setting."""

    name: str
    value: str
    origin: str


class ConfigView(Frozen):
    """The settings, the files that they were read from, and whether they are trusted."""

    settings: tuple[Setting, ...]
    files: tuple[str, ...]
    trusted: bool


@operation("config.show", Effect.READ)
async def show(place: Place, params: ShowParams) -> ConfigView:
    """Show every setting with its value and origin.

    Raises:
        InvalidConfig: a settings file is invalid; the message names the line.
    """
    rows = [row for row in flatten(place.config) if row.name.startswith(params.name)]
    trusted = place.root is not None and is_trusted(place.root, place.config.project)
    return ConfigView(settings=tuple(rows), files=place.config.files, trusted=trusted)


def flatten(loaded: LoadedConfig) -> list[Setting]:
    """Return the settings by dotted name, sorted."""
    rows: list[Setting] = []

    def visit(prefix: str, value: JsonValue) -> None:
        if isinstance(value, dict) and value:
            for name, inner in value.items():
                visit(f"{prefix}.{name}" if prefix else name, inner)
            return
        origin = next(
            (o for n, o in loaded.origins.items() if prefix == n or prefix.startswith(n + ".")),
            "default",
        )
        rows.append(Setting(name=prefix, value=_shown(value), origin=str(origin)))

    visit("", loaded.config.model_dump(mode="json"))
    return sorted(rows, key=lambda row: row.name)


def _shown(value: JsonValue) -> str:
    if isinstance(value, list) and value:
        return " ".join(each if isinstance(each, str) else json.dumps(each) for each in value)
    if value is None or value in ("", [], {}):
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
