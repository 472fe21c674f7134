"""Finds documents by path pattern without scanning all of them."""

from collections.abc import Iterable
from itertools import chain
from typing import TypeAlias

from podium.store.disk.layout import compile_pattern

_Node: TypeAlias = "dict[str, _Node]"


class PathIndex:
    """The documents' paths, as a tree of path parts.

    Args:
        paths: the documents' paths.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._root: _Node = {}
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Add a document."""
        node = self._root
        for part in path.split("/"):
            node = node.setdefault(part, {})

    def discard(self, path: str) -> None:
        """Remove a document, and the folders that it leaves empty."""
        nodes = [self._root]
        parts = path.split("/")
        for part in parts:
            if part not in nodes[-1]:
                return
            nodes.append(nodes[-1][part])
        for node, part in zip(reversed(nodes[:-1]), reversed(parts), strict=True):
            if node[part]:
                return
            del node[part]

    def matching(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern whose `*` matches within one part."""
        return _matching(self._root, pattern.split("/"), "")


def _matching(node: _Node, parts: list[str], before: str) -> list[str]:
    wanted, further = parts[0], parts[1:]
    names = _names(node, wanted)
    if not further:
        return [before + name for name in names if not node[name]]
    deeper = (_matching(node[name], further, f"{before}{name}/") for name in names)
    return list(chain.from_iterable(deeper))


def _names(node: _Node, wanted: str) -> list[str]:
    if "*" not in wanted:
        return [wanted] if wanted in node else []
    pattern = compile_pattern(wanted)
    return [name for name in node if pattern.fullmatch(name)]
