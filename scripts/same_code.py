"""Verifies that only imports and the names in the table of names changed.

    scripts/same_code BASE

The statements of every module at the git revision BASE are renamed by the table (`scripts/names`)
and compared with those of the working tree. Each difference is printed with its old and new
location; the exit code is 1 if there are any.
"""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from scripts.code_tree import CodeTree, Module, is_import, tree_at, working_tree
from scripts.flatten import PROSE, TEXT, Flattener, Token, docstring
from scripts.names_table import Names, TableError, read_names
from scripts.renaming import Renaming

ROOT = Path(__file__).resolve().parents[1]

_DOCUMENTATION = "its docstring"
_UNNAMED = "a statement"


@dataclass(frozen=True)
class Difference:
    """One difference.

    Args:
        product: whether it is in the product rather than in tests and scripts.
        what: a description.
        old: the old `path:line`; empty if it is new.
        new: the new `path:line`; empty if it was removed.
    """

    product: bool
    what: str
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        return f"{self.old or '(nothing)'} -> {self.new or '(nothing)'}: {self.what}"


@dataclass
class _Entry:
    """A top-level statement, with the strings that document it."""

    tree: CodeTree
    module: Module
    statements: list[ast.stmt]
    _tokens: list[Token] | None = field(default=None, init=False)

    @property
    def place(self) -> str:
        return f"{self.module.path}:{self.statements[0].lineno}"

    @property
    def name(self) -> str:
        return _name_of(self.statements[0])

    def tokens(self) -> list[Token]:
        if self._tokens is None:
            self._tokens = Flattener(self.tree, self.module).tokens(self.statements)
        return self._tokens


_Key = tuple[str, str]


def differences(old: CodeTree, new: CodeTree, names: Names) -> list[Difference]:
    """Return all differences between two trees, by location."""
    renaming = Renaming(names, old, new)
    before: dict[_Key, list[_Entry]] = defaultdict(list)
    after: dict[_Key, list[_Entry]] = defaultdict(list)
    for module in new.modules.values():
        for each in _entries(new, module):
            after[module.name, each.name].append(each)
    for module in old.modules.values():
        for each in _entries(old, module):
            before[_key_after(renaming, each, after)].append(each)
    pairs, gone, added = _paired(before, after)
    found = [each for pair in pairs for each in _compare(renaming, *pair)]
    found += [
        Difference(each.module.is_product, f"{_shown(each)} is gone", old=each.place)
        for each in gone
        if not _may_go(renaming, each, new)
    ]
    images = {renaming.module(each) for each in old.modules}
    found += _additions([each for each in added if each.module.name in images])
    found += _new_modules([each for each in added if each.module.name not in images])
    found += _out_of_order(pairs)
    return sorted(found, key=lambda each: (each.old or each.new, each.what))


def _entries(tree: CodeTree, module: Module) -> Iterator[_Entry]:
    entry: _Entry | None = None
    for position, node in enumerate(module.tree.body):
        if is_import(node) or _name_of(node) == "__all__":
            entry = None
        elif position and entry and docstring(node) is not None:
            entry.statements.append(node)
            continue
        else:
            entry = _Entry(tree, module, [node])
            yield entry


def _name_of(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name), *_]):
            return name
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), *_]), *_]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            return name
        case _:
            return _UNNAMED if docstring(node) is None else _DOCUMENTATION


def _key_after(renaming: Renaming, each: _Entry, after: dict[_Key, list[_Entry]]) -> _Key:
    if not each.name.isidentifier():
        return renaming.module(each.module.name), each.name
    module, name = renaming.symbol(each.module.name, each.name)
    renamed = renaming.identifier(name)
    return (module, renamed if (module, name) not in after else name)


def _paired(
    before: dict[_Key, list[_Entry]], after: dict[_Key, list[_Entry]]
) -> tuple[list[tuple[_Entry, _Entry]], list[_Entry], list[_Entry]]:
    pairs: list[tuple[_Entry, _Entry]] = []
    gone: list[_Entry] = []
    added: list[_Entry] = []
    for key in [*before, *(each for each in after if each not in before)]:
        olds, news = before.get(key, []), after.get(key, [])
        pairs += zip(olds, news, strict=False)
        gone += olds[len(news) :]
        added += news[len(olds) :]
    return pairs, gone, added


def _additions(added: list[_Entry]) -> Iterator[Difference]:
    for each in added:
        yield Difference(each.module.is_product, f"{_shown(each)} is new", new=each.place)


def _new_modules(added: list[_Entry]) -> Iterator[Difference]:
    """Yield modules without moved code; a new module may have a docstring of its own."""
    by_module: dict[str, list[_Entry]] = defaultdict(list)
    for each in added:
        if each.name != _DOCUMENTATION:
            by_module[each.module.name].append(each)
    for rows in by_module.values():
        names = ", ".join(_shown(each) for each in rows[:3]) + (", …" if len(rows) > 3 else "")
        yield Difference(
            rows[0].module.is_product, f"{names} new in a new module", "", rows[0].place
        )


def _may_go(renaming: Renaming, each: _Entry, new: CodeTree) -> bool:
    """Return whether a docstring may be dropped: its module is gone, or has another docstring."""
    target = renaming.module(each.module.name)
    return each.name == _DOCUMENTATION and (target not in new.modules or target != each.module.name)


def _shown(each: _Entry) -> str:
    return f"`{each.name}`" if each.name.isidentifier() else each.name


def _compare(renaming: Renaming, old: _Entry, new: _Entry) -> Iterator[Difference]:
    if old.module == new.module and renaming.keeps(old.module.name):
        return
    ours, theirs = old.tokens(), new.tokens()
    for mine, other in zip(ours, theirs, strict=False):
        if mine.kind != other.kind or not renaming.same(mine.kind, mine.value, other.value):
            break
    else:
        if len(ours) == len(theirs):
            return
        mine, other = ours[-1], theirs[-1]
    common = _common(mine.value, other.value) if mine.kind in (TEXT, PROSE) else 0
    change = " became ".join(_short(each.value, common) for each in (mine, other))
    yield Difference(
        old.module.is_product,
        f"{_shown(old)} differs: {change}",
        f"{old.module.path}:{mine.line}",
        f"{new.module.path}:{other.line}",
    )


def _common(one: str, other: str) -> int:
    equal = (a == b for a, b in zip(one, other, strict=False))
    return sum(1 for _ in takewhile(bool, equal))


def _short(text: str, common: int) -> str:
    """Return the part of a text that differs, with a little context before it."""
    start = max(common - 10, 0)
    piece = ("…" if start else "") + text[start : start + 60]
    return repr(piece + "…" * (len(text) > start + 60))


def _out_of_order(pairs: list[tuple[_Entry, _Entry]]) -> Iterator[Difference]:
    """Yield the modules with the same statements in a different order."""
    by_modules: dict[tuple[str, str], list[tuple[_Entry, _Entry]]] = defaultdict(list)
    for old, new in pairs:
        by_modules[old.module.name, new.module.name].append((old, new))
    for rows in by_modules.values():
        rows.sort(key=lambda row: row[0].statements[0].lineno)
        lines = [new.statements[0].lineno for _, new in rows]
        for (old, new), before, after in zip(rows[1:], lines, lines[1:], strict=False):
            if after < before:
                what = f"{_shown(old)} is in a different position"
                yield Difference(old.module.is_product, what, old.place, new.place)
                break


def main(arguments: list[str]) -> int:
    """Compare and print; return the exit code."""
    if len(arguments) != 1:
        print("usage: scripts/same_code BASE", file=sys.stderr)
        return 2
    try:
        old, names = tree_at(ROOT, arguments[0]), read_names()
    except subprocess.CalledProcessError as error:
        print(f"git cannot read {arguments[0]}: {error.stderr!s}", file=sys.stderr)
        return 2
    except TableError as error:
        print(error, file=sys.stderr)
        return 2
    found = differences(old, working_tree(ROOT), names)
    for title, product in (("product", True), ("tests and scripts", False)):
        rows = [each for each in found if each.product is product]
        print(f"{title}: {len(rows) or 'no'} difference{'s' * (len(rows) != 1)}")
        for each in rows:
            print(f"  {each}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
