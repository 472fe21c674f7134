"""The import graph of modules, and its cycles.

Imports inside functions and type-checking imports count, because readers follow them, too.
"""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from scripts.code_tree import CodeTree, Module

Graph = Mapping[str, set[str]]

_TYPESCRIPT_IMPORT = re.compile(r"""(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.[^"']*)["']""")


def python_graph(tree: CodeTree) -> Graph:
    """Return every module with its imports from the same tree."""
    return {
        name: {each for each in _imported(tree, module) if each in tree.modules and each != name}
        for name, module in tree.modules.items()
    }


def _imported(tree: CodeTree, module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str() as source, names=names):
                for each in names:
                    inner = f"{source}.{each.name}"
                    yield inner if inner in tree.modules else source
            case _:
                pass


def typescript_graph(files: Mapping[str, str]) -> Graph:
    """Return every TypeScript file, without its suffix, with the files that it imports."""
    texts = {path.removesuffix(".ts"): text for path, text in files.items() if path.endswith(".ts")}
    return {
        name: {
            target
            for found in _TYPESCRIPT_IMPORT.findall(text)
            if (target := _resolved(name, found)) in texts and target != name
        }
        for name, text in texts.items()
    }


def _resolved(name: str, imported: str) -> str:
    joined = posixpath.normpath(posixpath.join(str(PurePosixPath(name).parent), imported))
    return joined.removesuffix(".js").removesuffix(".ts")


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Return the strongly connected components of more than one module, each in order.

    Uses Tarjan's algorithm with an explicit stack.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    found: list[tuple[str, ...]] = []
    for root in graph:
        work = [(root, iter(sorted(graph[root])))] if root not in index else []
        while work:
            node, ahead = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                open_[node] = None
            for each in ahead:
                if each not in index:
                    work.append((each, iter(sorted(graph[each]))))
                    break
                if each in open_:
                    low[node] = min(low[node], index[each])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found += _closed(open_, node)
    return found


def _closed(open_: dict[str, None], node: str) -> list[tuple[str, ...]]:
    members: list[str] = []
    while node not in members:
        members.append(open_.popitem()[0])
    return [tuple(sorted(members))] if len(members) > 1 else []
