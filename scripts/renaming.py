"""Applies the table of names to a tree, and decides which differences it allows.

An entry may already have been carried out in the older tree. So it is applied to a name only if it
leads from a name in the older tree to one in the newer tree.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from scripts.code_tree import CodeTree
from scripts.flatten import NAME, NAMES, PROSE, REFERENCE, TEXT
from scripts.names_table import Names

_PIECES = re.compile(r"[\w.:/-]+|[^\w.:/-]+")
_DOTTED = re.compile(r"\w+(\.\w+)+(:\w+)?")
_LONGEST_CHAIN = 10


class Renaming:
    """Maps the names of an older tree to those of a newer one.

    Args:
        names: the table.
        old: the older tree, which is renamed.
        new: the newer tree to compare it with.
    """

    def __init__(self, names: Names, old: CodeTree, new: CodeTree) -> None:
        self._names = names
        self._old = old
        self._new = new
        self._modules: dict[str, str] = {}
        self._old_places = _places(old)
        self._new_places = _places(new)
        self._identifiers = _closure(names.identifiers.items())
        self._words = _closure(
            [
                *names.identifiers.items(),
                *((_last(a), _last(b)) for a, b in names.symbols.items()),
                *((_last(a), _last(b)) for a, b in names.modules.items()),
            ]
        )
        self._rules: dict[str, Callable[[str, str], bool]] = {
            NAME: lambda a, b: b in self._identifiers.get(a, ()),
            REFERENCE: self._same_reference,
            TEXT: lambda a, b: self._same_text(a, b, words=False),
            NAMES: lambda a, b: self._same_text(a, b, words=True),
            PROSE: lambda a, b: self._same_text(_flowing(a), _flowing(b), words=True),
        }

    def keeps(self, module: str) -> bool:
        """Return whether a module keeps its name."""
        return self.module(module) == module

    def module(self, name: str) -> str:
        """Return the name in the newer tree of a module or package in the older one."""
        if name not in self._modules:
            self._modules[name] = self._follow_module(name)
        return self._modules[name]

    def symbol(self, module: str, name: str) -> tuple[str, str]:
        """Return the place in the newer tree where a global name of the older tree is defined."""
        at = f"{module}:{name}"
        for _ in range(_LONGEST_CHAIN):
            after = self._names.symbols.get(at)
            if after is None or self._is_done(at, after, CodeTree.defines):
                where, _, what = at.partition(":")
                after = f"{self.module(where)}:{what}"
            if after == at or self._new.defines(after):
                at = after
                break
            at = after
        where, _, what = at.partition(":")
        return where, what

    def identifier(self, name: str) -> str:
        """Return the new spelling of an identifier."""
        return self._names.identifiers.get(name, name)

    def same(self, kind: str, old: str, new: str) -> bool:
        """Return whether the table maps `old` to `new`, two token values of one kind."""
        if old == new and kind != REFERENCE:
            return True
        rule = self._rules.get(kind)
        return rule is not None and rule(old, new)

    def _follow_module(self, name: str) -> str:
        at = name
        for _ in range(_LONGEST_CHAIN):
            after = self._one_step(at)
            if after == at or self._new.has(after):
                return after
            at = after
        return at

    def _one_step(self, name: str) -> str:
        prefix, rest = name, ""
        while prefix:
            if target := self._names.modules.get(prefix):
                after = f"{target}{rest}"
                if not self._is_done(name, after, CodeTree.has):
                    return after
            prefix, _, last = prefix.rpartition(".")
            rest = f".{last}{rest}"
        return name

    def _is_done(self, name: str, after: str, has: Callable[[CodeTree, str], bool]) -> bool:
        """Return whether the older tree already has the new name, so that the entry no longer
        applies."""
        return has(self._new, name) and (has(self._old, after) or not has(self._new, after))

    def _same_reference(self, old: str, new: str) -> bool:
        module, _, rest = old.partition(":")
        if not module:
            return old == new
        first, _, more = rest.partition(".")
        where, what = self.symbol(module, first) if first else (self.module(module), "")
        there, _, whole = new.partition(":")
        parts = [*what.split("."), *(more.split(".") if more else ())]
        others = whole.split(".")
        return (
            where == there
            and len(parts) == len(others)
            and all(self.same(NAME, a, b) for a, b in zip(parts, others, strict=True))
        )

    def _same_text(self, old: str, new: str, *, words: bool) -> bool:
        ours, theirs = _PIECES.findall(old), _PIECES.findall(new)
        return len(ours) == len(theirs) and all(
            self._same_piece(mine, other, words=words)
            for mine, other in zip(ours, theirs, strict=True)
        )

    def _same_piece(self, old: str, new: str, *, words: bool) -> bool:
        if old == new:
            return True
        tail = len(old) - len(old.rstrip(".:/-"))
        if tail and old[-tail:] == new[-tail:]:
            old, new = old[:-tail], new[:-tail]
        return (
            self._same_dotted(old, new)
            or self._same_path(old, new)
            or (words and self._same_words(old.split("."), new.split(".")))
        )

    def _same_words(self, old: list[str], new: list[str]) -> bool:
        return len(old) == len(new) and all(
            a == b or b in self._words.get(a, ()) for a, b in zip(old, new, strict=True)
        )

    def _same_dotted(self, old: str, new: str) -> bool:
        if not _DOTTED.fullmatch(old) or not _DOTTED.fullmatch(new):
            return False
        module, rest = self._old.resolve(old.replace(":", "."))
        there, other = self._new.resolve(new.replace(":", "."))
        first = rest.partition(".")[0]
        known = not first or self._old.defines(f"{module}:{first}")
        return known and self._same_reference(f"{module}:{rest}", f"{there}:{other}")

    def _same_path(self, old: str, new: str) -> bool:
        """Return whether two paths, in full or in part, refer to the file of one module.

        A path may continue below a package, to a file that is not a module.
        """
        while old and new:
            for module in self._old_places.get(old, ()):
                if self.module(module) in self._new_places.get(new, ()):
                    return True
            old, _, mine = old.rpartition("/")
            new, _, other = new.rpartition("/")
            if mine != other:
                return False
        return False


def _places(tree: CodeTree) -> Mapping[str, set[str]]:
    """Return every suffix of module paths, with and without extension, with its modules."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in tree.modules.values():
        path = module.path.removesuffix("/__init__.py")
        for form in {path, path.removesuffix(".py")}:
            parts = form.split("/")
            for start in range(len(parts)):
                found["/".join(parts[start:])].add(module.name)
    return found


def _closure(pairs: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    """Return all possible new names of every old name, after any number of renames."""
    steps: dict[str, set[str]] = defaultdict(set)
    for old, new in pairs:
        steps[old].add(new)
    found = dict[str, set[str]]()
    for old in steps:
        reached, ahead = set[str](), [old]
        while ahead:
            ahead += [each for each in steps.get(ahead.pop(), ()) if each not in reached]
            reached.update(ahead)
        found[old] = reached
    return found


def _last(name: str) -> str:
    return re.split(r"[.:]", name)[-1]


def _flowing(text: str) -> str:
    return " ".join(text.split())
