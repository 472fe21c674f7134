"""What Podium promises, how much of it is built, and which tests show it.

`promises.toml` lists the promises; tests cite them. How far a promise is built is computed from
both, so no status is written down. Must not know what the tests do, only which ids they cite.
"""

import ast
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

TABLE = Path(__file__).with_suffix(".toml")

_INTRODUCTION = """\
# What Podium promises

Each promise has an id, and tests cite it with `@pytest.mark.promise`. A promise that is not fully
built has clauses, and tests cite those instead. The promise is *built* when tests cite all of its
clauses, *partly built* when they cite some, and marked *later* when they cite none. Under each
promise are the files with the tests that prove it.

`pytest tests/test_promises.py --update` writes this page from `tests/support/promises.toml` and the
tests.
"""


class Status(StrEnum):
    """How far a promise is built."""

    BUILT = "built"
    PARTLY = "partly built"
    LATER = "later"


@dataclass(frozen=True)
class Promise:
    """One promise.

    Args:
        id: a letter for the chapter and a number.
        text: what is promised, in one sentence.
        clauses: text by id (`R5.files`); empty when the promise is built.
    """

    id: str
    text: str
    clauses: Mapping[str, str]

    @property
    def citable(self) -> frozenset[str]:
        """Return the ids that tests cite for it: those of its clauses, else its own."""
        return frozenset(self.clauses or (self.id,))

    def status(self, cited: Iterable[str]) -> Status:
        """Return how far it is built when tests cite these ids."""
        shown = self.citable.intersection(cited)
        if shown == self.citable:
            return Status.BUILT
        return Status.PARTLY if shown else Status.LATER


@dataclass(frozen=True)
class Registry:
    """All promises.

    Args:
        chapters: title by letter, in the order of the page.
        promises: by id, in the order of the page.
    """

    chapters: Mapping[str, str]
    promises: Mapping[str, Promise]

    @classmethod
    def parse(cls, text: str) -> "Registry":
        """Return what a table in TOML says."""
        rows = tomllib.loads(text)
        chapters = rows.pop("chapters")
        return cls(chapters, {name: _promise(name, **row) for name, row in rows.items()})

    def problem(self, cited: str) -> str:
        """Return why no test may cite this id; empty when tests may."""
        promise = self.promises.get(cited.partition(".")[0])
        if promise is None:
            return "there is no such promise"
        if cited in promise.citable:
            return ""
        if cited == promise.id:
            return f"it has clauses: cite {', '.join(promise.clauses)}"
        return "there is no such clause"


def _promise(name: str, *, text: str, clauses: Mapping[str, str] | None = None) -> Promise:
    return Promise(name, text, {f"{name}.{key}": said for key, said in (clauses or {}).items()})


@dataclass(frozen=True)
class Citation:
    """A place where a test cites a promise or a clause.

    Args:
        id: what is cited.
        path: the test file, relative to the repository.
        line: where the marker stands.
    """

    id: str
    path: str
    line: int


def citations(root: Path) -> list[Citation]:
    """Return every id that a marker `pytest.mark.promise(...)` below `root`/tests cites.

    Raises:
        AssertionError: a marker contains something else than literal texts.
    """
    return [
        Citation(cited, path.relative_to(root).as_posix(), line)
        for path in sorted((root / "tests").rglob("*.py"))
        for cited, line in _cited_in(path)
    ]


def _cited_in(path: Path) -> Iterator[tuple[str, int]]:
    text = path.read_text(encoding="utf-8")
    # To parse a file takes longer than to look for the word.
    for node in ast.walk(ast.parse(text, str(path))) if "promise" in text else ():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "promise" and ast.unparse(node.func).endswith("mark.promise"):
            for each in node.args:
                match each:
                    case ast.Constant(value=str() as cited):
                        yield cited, node.lineno
                    case _:
                        raise AssertionError(f"{path}:{node.lineno}: cite by a literal text")


def wrong_citations(registry: Registry, cited: Iterable[Citation]) -> list[str]:
    """Return the citations that the registry does not allow, each with its reason."""
    return [
        f"{each.path}:{each.line} cites {each.id}: {problem}"
        for each in cited
        if (problem := registry.problem(each.id))
    ]


def unproven(registry: Registry, cited: Iterable[Citation]) -> list[str]:
    """Return the ids without clauses that no test cites: nothing shows that they are built."""
    shown = {each.id for each in cited}
    return [
        each.id for each in registry.promises.values() if not each.clauses and each.id not in shown
    ]


def render(registry: Registry, cited: Iterable[Citation]) -> str:
    """Return the page `docs/promises.md`."""
    paths: dict[str, set[str]] = {}
    for each in cited:
        paths.setdefault(each.id, set()).add(each.path)
    statuses = [each.status(paths) for each in registry.promises.values()]
    counts = ", ".join(f"{statuses.count(each)} {each}" for each in Status)
    lines = [_INTRODUCTION, f"{len(statuses)} promises: {counts}."]
    for letter, title in registry.chapters.items():
        lines += ["", f"## {letter} · {title}"]
        for promise in registry.promises.values():
            if promise.id[0] == letter:
                lines += _section(promise, paths)
    return "\n".join(lines) + "\n"


def _section(promise: Promise, paths: Mapping[str, Iterable[str]]) -> Iterator[str]:
    yield from ("", f"### {promise.id} · {promise.status(paths)}", "", promise.text, "")
    if not promise.clauses:
        yield from (f"- `{path}`" for path in sorted(paths.get(promise.id, ())))
    for clause, text in promise.clauses.items():
        yield f"- [{'x' if clause in paths else ' '}] `{clause}`: {text}"
        yield from (f"  - `{path}`" for path in sorted(paths.get(clause, ())))
