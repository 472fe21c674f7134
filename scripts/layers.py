"""The order of packages according to import-linter's `layers` contracts in pyproject.toml."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.imports import Graph


@dataclass(frozen=True)
class Layers:
    """One contract.

    Args:
        container: the package whose children are ordered, or empty for top-level packages.
        floors: the numbers of the children, counted from the top.
        apart: numbers of the layers whose children must not import each other.
        ignored: imports that the contract allows, as `importer -> imported`.
    """

    container: str
    floors: Mapping[str, int]
    apart: frozenset[int] = frozenset()
    ignored: frozenset[str] = frozenset()


def read_layers(settings: Mapping[str, Any]) -> list[Layers]:
    """Return every `layers` contract in the content of a pyproject.toml."""
    contracts = settings["tool"]["importlinter"]["contracts"]
    return [
        _contract(container, each)
        for each in contracts
        if each["type"] == "layers"
        for container in each.get("containers", [""])
    ]


def _contract(container: str, settings: Mapping[str, Any]) -> Layers:
    floors: dict[str, int] = {}
    apart: set[int] = set()
    for number, layer in enumerate(settings["layers"]):
        for name in re.split(r"[|:]", layer):
            floors[name.strip(" ()")] = number
        if "|" in layer:
            apart.add(number)
    ignored = frozenset(settings.get("ignore_imports", ()))
    return Layers(container, floors, frozenset(apart), ignored)


def arrows_up(graph: Graph, contracts: Iterable[Layers]) -> Iterator[str]:
    """Yield every direct import of a higher layer or of an independent sibling."""
    for contract in contracts:
        for importer, targets in graph.items():
            for imported in targets:
                arrow = f"{importer} -> {imported}"
                if _is_up(contract, importer, imported) and arrow not in contract.ignored:
                    yield arrow


def _is_up(contract: Layers, importer: str, imported: str) -> bool:
    ours, theirs = _child(contract, importer), _child(contract, imported)
    above, below = contract.floors.get(ours), contract.floors.get(theirs)
    if above is None or below is None or ours == theirs:
        return False
    return below < above or (below == above and above in contract.apart)


def _child(contract: Layers, module: str) -> str:
    inside = f"{contract.container}." if contract.container else ""
    if not module.startswith(inside):
        return ""
    # A layer's name may contain several components below its container.
    name = module.removeprefix(inside)
    while name and name not in contract.floors:
        name = name.rpartition(".")[0]
    return name
