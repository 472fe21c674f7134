"""A snapshot of the Python code, with the definitions that its global names refer to.

References are resolved to their definitions through imports and re-exports, so that they are equal
regardless of how they were imported.
"""

import ast
import io
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

PARTS = ("core", "adapters", "lsp_server", "mcp_server", "board", "http")
SUPPORT = ("tests", "scripts")
_DATA = "tests/data/"
_MOST_HOPS = 20

Statements = list[ast.stmt]


@dataclass(frozen=True)
class Module:
    """One file of code.

    Args:
        name: its dotted name in imports.
        path: relative to the repository, with `/`.
        text: its content.
    """

    name: str
    path: str
    text: str

    @property
    def is_package(self) -> bool:
        """Return whether it is an `__init__`."""
        return self.path.endswith("/__init__.py")

    @property
    def is_product(self) -> bool:
        """Return whether it belongs to the shipped product."""
        return not self.path.startswith(tuple(f"{each}/" for each in SUPPORT))

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed module."""
        return ast.parse(self.text, self.path)

    @cached_property
    def bindings(self) -> Mapping[str, str]:
        """Return every global name with the dotted name that it refers to."""
        return {name: imported or f"{self.name}.{name}" for name, imported in bound(self.tree.body)}


def module_name(path: str) -> str | None:
    """Return the dotted name of the module at `path`, or None if the file is not a module."""
    pure = PurePosixPath(path)
    if pure.suffix != ".py" or path.startswith(_DATA) or len(pure.parts) < 2:
        return None
    if pure.parts[0] not in (*PARTS, *SUPPORT):
        return None
    parts = pure.with_suffix("").parts[pure.parts[0] in PARTS :]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or None


class CodeTree:
    """All modules in a snapshot.

    Args:
        files: texts by path; files that are not modules are ignored.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        named = ((module_name(path), path, text) for path, text in files.items())
        self.modules = {name: Module(name, path, text) for name, path, text in named if name}
        self.packages = {
            ".".join(name.split(".")[:length])
            for name in self.modules
            for length in range(1, name.count(".") + 1)
        }
        self._resolved: dict[str, tuple[str, str]] = {}

    def has(self, name: str) -> bool:
        """Return whether there is a module or package with this name."""
        return name in self.modules or name in self.packages

    def defines(self, symbol: str) -> bool:
        """Return whether `module:name` is a global name of that module, imported or not."""
        module, _, name = symbol.partition(":")
        return module in self.modules and name in self.modules[module].bindings

    def resolve(self, dotted: str) -> tuple[str, str]:
        """Return the module in which `dotted` is defined, and the rest of the name.

        The module is empty for names that are not part of this code.
        """
        if dotted not in self._resolved:
            self._resolved[dotted] = self._follow(dotted)
        return self._resolved[dotted]

    def _follow(self, dotted: str) -> tuple[str, str]:
        for _ in range(_MOST_HOPS):
            module, rest = self._split(dotted)
            first, _, more = rest.partition(".")
            known = self.modules.get(module)
            target = known.bindings.get(first) if known and first else None
            if target is None or target == f"{module}.{first}":
                return module, rest
            dotted = f"{target}.{more}" if more else target
        return self._split(dotted)

    def _split(self, dotted: str) -> tuple[str, str]:
        module = dotted
        while module and not self.has(module):
            module = module.rpartition(".")[0]
        return module, dotted[len(module) :].lstrip(".")


def bound(statements: Iterable[ast.AST]) -> Iterator[tuple[str, str | None]]:
    """Yield the names that `statements` bind in their own scope, and the targets of imports."""
    for node in statements:
        match node:
            case ast.Import(names=names):
                for each in names:
                    top = each.name.partition(".")[0]
                    yield (each.asname, each.name) if each.asname else (top, top)
            case ast.ImportFrom(module=module, names=names):
                for each in names:
                    yield each.asname or each.name, f"{module}.{each.name}"
            case _:
                yield from ((name, None) for name in _bound_here(node))
                yield from bound(_inside(node))


def _bound_here(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
            yield name
        case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
            yield name
        case _:
            pass


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of a node that bind names in the same scope."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            # Only an assignment expression binds outside its comprehension.
            for each in ast.walk(node):
                if isinstance(each, ast.NamedExpr):
                    yield each.target
        case _:
            yield from ast.iter_child_nodes(node)


def is_import(node: ast.stmt) -> bool:
    """Return whether a statement only imports, perhaps only for the type checker."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
            return all(is_import(each) for each in body)
        case _:
            return False


def tree_at(root: Path, revision: str) -> CodeTree:
    """Return the code at a git revision.

    Raises:
        subprocess.CalledProcessError: the revision does not exist.
    """
    listed = ["git", "ls-tree", "--name-only", revision]
    done = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True)
    present = [each for each in (*PARTS, *SUPPORT) if each in done.stdout.splitlines()]
    command = ["git", "archive", "--format=tar", revision, *present]
    packed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return CodeTree(
            {
                member.name: content.read().decode()
                for member in archive
                if module_name(member.name) and (content := archive.extractfile(member))
            }
        )


def working_tree(root: Path) -> CodeTree:
    """Return the code in the working tree, without ignored files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    paths = sorted({each for each in done.stdout.split("\0") if module_name(each)})
    return CodeTree(
        {each: (root / each).read_text("utf-8") for each in paths if (root / each).is_file()}
    )
