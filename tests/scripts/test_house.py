"""The shape of the product is no worse than the ratchet says."""

import tomllib
from pathlib import Path

import pytest
from scripts import house
from scripts.code_tree import CodeTree
from scripts.imports import circles, python_graph
from scripts.layers import Layers, read_layers
from scripts.words import WORDS, places_of

Files = dict[str, str]

CONTRACTS = read_layers(
    tomllib.loads(
        """
        [[tool.importlinter.contracts]]
        type = "layers"
        containers = ["podium"]
        layers = ["app", "(runs)", "store | syntax", "model"]
        ignore_imports = ["podium.store.a -> podium.app"]
        [[tool.importlinter.contracts]]
        type = "forbidden"
        """
    )
)


def test_the_product_is_no_worse_than_the_ratchet() -> None:
    contracts = read_layers(tomllib.loads((house.ROOT / "pyproject.toml").read_text("utf-8")))
    now = house.measure(house.read_files(), contracts)
    assert now.folders["core/podium"]
    assert not "\n".join(house.worse(now, house.read_ratchet()))


# Files to the circles in them.
GRAPHS: dict[str, tuple[Files, list[tuple[str, ...]]]] = {
    "none": ({"core/podium/a.py": "import os, podium.b", "core/podium/b.py": ""}, []),
    "at the top": (
        {"core/podium/a.py": "from podium import b", "core/podium/b.py": "import podium.a"},
        [("podium.a", "podium.b")],
    ),
    "inside a function": (
        {
            "core/podium/a.py": "def f():\n    from podium.b import x",
            "core/podium/b.py": "from podium.c import a",
            "core/podium/c.py": "from podium.a import f",
        },
        [("podium.a", "podium.b", "podium.c")],
    ),
    "for the type checker": (
        {
            "core/podium/a.py": "if TYPE_CHECKING:\n    from podium.b import X",
            "core/podium/b.py": "from podium.a import Y",
        },
        [("podium.a", "podium.b")],
    ),
    "two": (
        {
            "core/podium/a.py": "import podium.b, podium.c",
            "core/podium/b.py": "import podium.a",
            "core/podium/c.py": "import podium.d",
            "core/podium/d.py": "import podium.c",
        },
        [("podium.a", "podium.b"), ("podium.c", "podium.d")],
    ),
    "a package and its module": (
        {
            "core/podium/x/__init__.py": "from podium.x import a",
            "core/podium/x/a.py": "from podium.x import NAME",
        },
        [("podium.x", "podium.x.a")],
    ),
}


@pytest.mark.parametrize(("files", "expected"), GRAPHS.values(), ids=GRAPHS)
def test_circles_are_found_however_the_import_is_written(
    files: Files, expected: list[tuple[str, ...]]
) -> None:
    assert sorted(circles(python_graph(CodeTree(files)))) == expected


def test_circles_of_typescript_are_found() -> None:
    files = {
        "editors/vscode/src/a.ts": 'import { b } from "./deep/b";',
        "editors/vscode/src/deep/b.ts": 'import type { C } from "../c.js";\nimport "vscode";',
        "editors/vscode/src/c.ts": 'const a = await import("./a");',
        "editors/vscode/src/d.ts": 'import * as a from "./a";',
    }
    (found,) = house.measure(files).circles
    assert [each.removeprefix("editors/vscode/src/") for each in found] == ["a", "c", "deep/b"]


# An import, as importer and imported module, to whether it leads up.
ARROWS = {
    ("podium.app", "podium.model.x"): False,
    ("podium.store.a", "podium.model"): False,
    ("podium.store.a", "podium.store.b"): False,
    ("podium.model.x", "podium.store.a"): True,
    ("podium.model.x", "podium.runs"): True,
    ("podium.store.b", "podium.app"): True,
    ("podium.store.a", "podium.app"): False,
    ("podium.store.a", "podium.syntax"): True,
    ("podium.elsewhere", "podium.app"): False,
}


@pytest.mark.parametrize(("arrow", "up"), ARROWS.items(), ids=map(" to ".join, ARROWS))
def test_an_import_against_the_order_of_the_layers_is_found(
    arrow: tuple[str, str], up: bool
) -> None:
    paths = [f"core/{each.replace('.', '/')}.py" for each in arrow]
    files = {paths[0]: f"import {arrow[1]}", paths[1]: ""}
    assert house.measure(files, CONTRACTS).arrows == ((" -> ".join(arrow),) if up else ())


def test_only_layers_contracts_are_read() -> None:
    floors = {"app": 0, "runs": 1, "store": 2, "syntax": 2, "model": 3}
    ignored = frozenset({"podium.store.a -> podium.app"})
    assert [Layers("podium", floors, frozenset({2}), ignored)] == CONTRACTS


def test_a_folder_is_crowded_by_its_own_modules_alone() -> None:
    many = {f"core/podium/x/m{each}.py": "" for each in range(house.MOST_MODULES)}
    special = {"core/podium/x/__init__.py": "", "core/podium/x/__main__.py": ""}
    below = {"core/podium/x/y/a.py": "", "core/podium/x/data.json": "{}"}
    assert not house.measure(many | special | below).crowded
    assert house.measure(many | {"core/podium/x/last.py": ""}).crowded == {"core/podium/x": 16}
    operations = {path.replace("/x/", "/operations/x/"): "" for path in many}
    assert not house.measure(operations | {"core/podium/operations/x/last.py": ""}).crowded


SAID = {
    "(SPEC": ("a (SPEC K3)\nSPEC R17; SPEC.md", [1, 2]),
    "told": ("tells whether\nretold toldness tells\nis_told\nTold.", [1, 3, 4]),
    "held against": ("x\nheld against it", [2]),
    "What is asked.": ("What is asked.\nWhat is asked for", [1]),
}


@pytest.mark.parametrize(("word", "text", "lines"), [(k, *v) for k, v in SAID.items()], ids=SAID)
def test_words_are_found_in_texts_and_identifiers(word: str, text: str, lines: list[int]) -> None:
    assert word in WORDS
    assert list(places_of(word, text)) == lines


# What was, and what is: files each; and how each complaint begins.
CROWD = {f"core/podium/x/m{each}.py": "" for each in range(16)}
CIRCLE = {"core/podium/a.py": "import podium.b", "core/podium/b.py": "import podium.a"}
UP = {"core/podium/model.py": "import podium.app", "core/podium/app.py": ""}
RATCHET: dict[str, tuple[Files, Files, list[str]]] = {
    "a crowd": ({}, CROWD, ["core/podium/x has 16 modules; at most 15 are allowed, so split it"]),
    "a larger crowd": (
        CROWD,
        CROWD | {"core/podium/x/n.py": ""},
        ["core/podium/x has 17 modules; at most 16 are allowed, so split it"],
    ),
    "a crowd that is known": (CROWD, CROWD, []),
    "a crowd that is gone": (CROWD, {}, []),
    "a circle": ({}, CIRCLE, ["podium has 2 modules in import cycles, at most 0"]),
    "a circle that is known": (CIRCLE, CIRCLE, []),
    "a circle that moved": (
        CIRCLE,
        {"core/podium/c.py": "import podium.d", "core/podium/d.py": "import podium.c"},
        [],
    ),
    "an arrow": ({}, UP, ["podium.model -> podium.app violates the order"]),
    "an arrow that is known": (UP, UP, []),
    "a word": (
        {"core/podium/a.py": "# told"},
        {"core/podium/a.py": "# told", "core/podium/x/b.py": "# tells how"},
        ['podium has "told" 2 times, at most 1'],
    ),
    "a word that moved": ({"core/podium/a.py": "# told"}, {"core/podium/x/b.py": "# told"}, []),
    "a word of a page": ({}, {"README.md": "anew"}, ['docs has "anew" 1 times, at most 0']),
}


@pytest.mark.parametrize(("before", "after", "expected"), RATCHET.values(), ids=RATCHET)
def test_only_what_is_worse_is_refused(
    before: Files, after: Files, expected: list[str], tmp_path: Path
) -> None:
    kept = tmp_path / "house.json"
    kept.write_text(house.ratchet_text(house.measure(before, CONTRACTS)))
    found = list(house.worse(house.measure(after, CONTRACTS), house.read_ratchet(kept)))
    assert [each.startswith(begin) for each, begin in zip(found, expected, strict=True)] == [
        True
    ] * len(expected)
