"""Measures the structure of the product: folders, import cycles, layer violations, disliked words.

    python -m scripts.house            print the results; exit with 1 if something is worse than the
    ratchet
    python -m scripts.house --update   lower the ratchet to the current state; --force also raises
    it
    python -m scripts.house --where told   print every occurrence of a word

The ratchet, `scripts/house.json`, contains the known problems. Counts are per part, not per folder,
so that folders can be moved or split without changing it.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from scripts.code_tree import PARTS, CodeTree
from scripts.imports import Graph, circles, python_graph, typescript_graph
from scripts.layers import Layers, arrows_up, read_layers
from scripts.words import WORDS, places_of

ROOT = Path(__file__).resolve().parents[1]
RATCHET = Path(__file__).resolve().parent / "house.json"

MOST_MODULES = 15
# Folders (with their subfolders) that may contain more modules, with the reason.
MAY_BE_CROWDED = {
    "core/podium/operations": "one module for each operation; its path is the operation's id",
    "core/podium_cli/commands": "one module for each command",
}
_TYPESCRIPT = "editors/vscode/src/"
_PAGES = "docs"

Files = Mapping[str, str]


@dataclass(frozen=True)
class House:
    """The measurements.

    Args:
        folders: the number of modules by folder.
        crowded: the folders with too many modules.
        circles: the modules of each import cycle.
        arrows: imports that violate the order of the layers.
        words: the count of each word by part.
    """

    folders: Mapping[str, int]
    crowded: Mapping[str, int]
    circles: tuple[tuple[str, ...], ...]
    arrows: tuple[str, ...]
    words: Mapping[str, Mapping[str, int]]


def measure(files: Files, contracts: Iterable[Layers] = ()) -> House:
    """Measure `files`, given as texts by path."""
    roots = _roots(PARTS)
    product = {path: text for path, text in files.items() if path.startswith(roots)}
    scripts = {path: text for path, text in files.items() if path.startswith(_TYPESCRIPT)}
    tree = CodeTree(product)
    code: Graph = python_graph(tree)
    paths = [*(each.path for each in tree.modules.values()), *scripts]
    folders = Counter(str(PurePosixPath(each).parent) for each in paths if _is_counted(each))
    return House(
        folders=dict(sorted(folders.items())),
        crowded={
            folder: count
            for folder, count in sorted(folders.items())
            if count > MOST_MODULES and not _may_be_crowded(folder)
        },
        circles=tuple(sorted([*circles(code), *circles(typescript_graph(scripts))])),
        arrows=tuple(sorted(arrows_up(code, contracts))),
        words=_count_words(files),
    )


def _roots(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{each}/" for each in names)


def _is_counted(path: str) -> bool:
    return PurePosixPath(path).suffix in (".py", ".ts") and PurePosixPath(path).stem not in (
        "__init__",
        "__main__",
    )


def _may_be_crowded(folder: str) -> bool:
    return any(PurePosixPath(folder).is_relative_to(each) for each in MAY_BE_CROWDED)


def _count_words(files: Files) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for path, text in sorted(files.items()):
        part = counts.setdefault(part_of(path), {})
        for word in WORDS:
            if number := sum(1 for _ in places_of(word, text)):
                part[word] = part.get(word, 0) + number
    return {part: dict(sorted(words.items())) for part, words in sorted(counts.items()) if words}


def part_of(path: str) -> str:
    """Return the part that a file belongs to: a package, the editors or the docs."""
    top, *inside = path.split("/")
    if top in PARTS and len(inside) > 1:
        return inside[0]
    return top if top == "editors" else _PAGES


def room_of(path: str) -> str:
    """Return the room of a file: in the engine its folder, otherwise its part."""
    parts = PurePosixPath(path).parts
    inside = parts[:2] == ("core", "podium") and len(parts) > 3
    return ".".join(parts[1:3]) if inside else part_of(path)


def worse(now: House, kept: House) -> Iterator[str]:
    """Yield everything that is worse in `now` than in `kept`."""
    for folder, count in now.crowded.items():
        if count > (most := kept.crowded.get(folder, MOST_MODULES)):
            yield f"{folder} has {count} modules; at most {most} are allowed, so split it"
    for part, count in _in_circles(now).items():
        if count > (most := _in_circles(kept)[part]):
            rows = [each for each in now.circles if _part_of_module(each[0]) == part]
            names = "\n".join(f"    {' <-> '.join(each)}" for each in rows)
            yield f"{part} has {count} modules in import cycles, at most {most}:\n{names}"
    for arrow in sorted({*now.arrows} - {*kept.arrows}):
        yield f"{arrow} violates the order of the layers"
    for part, words in now.words.items():
        for word, count in words.items():
            if count > (most := kept.words.get(part, {}).get(word, 0)):
                yield (
                    f'{part} has "{word}" {count} times, at most {most}: '
                    f"see `make house WHERE='{word}'`"
                )


def _in_circles(house: House) -> Counter[str]:
    return Counter(_part_of_module(each) for circle in house.circles for each in circle)


def _part_of_module(name: str) -> str:
    return part_of(name) if "/" in name else name.partition(".")[0]


def render(house: House, files: Files) -> str:
    """Format the measurements."""
    total = sum(house.folders.values())
    lines = [f"{total} modules in {len(house.folders)} folders"]
    for folder, count in house.folders.items():
        lines.append(f"  {count:4}  {folder}{'  CROWDED' if folder in house.crowded else ''}")
    lines.append(f"{len(house.circles)} import cycles")
    lines += [f"  {len(each):4}  {' '.join(each)}" for each in house.circles]
    lines.append(f"{len(house.arrows)} imports that violate the order of the layers")
    lines += [f"        {each}" for each in house.arrows]
    rooms: Counter[str] = Counter()
    for path, text in files.items():
        rooms[room_of(path)] += sum(1 for word in WORDS for _ in places_of(word, text))
    lines.append(f"{rooms.total()} words to get rid of")
    lines += [f"  {count:4}  {room}" for room, count in rooms.most_common() if count]
    return "\n".join(lines)


def read_files(root: Path = ROOT) -> Files:
    """Return the texts of the product and the docs, without ignored files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    wanted = (*_roots(PARTS), "editors/", "docs/")
    paths = [
        each
        for each in sorted({*done.stdout.split("\0")})
        if each.startswith(wanted) or (each.endswith(".md") and "/" not in each)
    ]
    read = ((each, (root / each).read_bytes()) for each in paths if (root / each).is_file())
    return {each: raw.decode() for each, raw in read if b"\0" not in raw and _has_words(each)}


def _has_words(path: str) -> bool:
    """Return whether people wrote the file; generated pages repeat words counted elsewhere."""
    return not path.startswith("docs/schemas/") and not path.endswith(("lock.json", "CHANGELOG.md"))


def read_ratchet(path: Path = RATCHET) -> House:
    """Read the known problems."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return House(
        folders={},
        crowded=kept["crowded"],
        circles=tuple(tuple(each) for each in kept["circles"]),
        arrows=tuple(kept["arrows"]),
        words=kept["words"],
    )


def ratchet_text(house: House) -> str:
    """Return the content of a ratchet for exactly the current state."""
    kept = asdict(house)
    del kept["folders"]
    return json.dumps(kept, indent=2) + "\n"


def _where(word: str, files: Files) -> int:
    if word not in WORDS:
        print(f"{word} is none of: {', '.join(WORDS)}", file=sys.stderr)
        return 2
    for path, text in files.items():
        for line in places_of(word, text):
            print(f"{path}:{line}: {text.splitlines()[line - 1].strip()}")
    return 0


def main(arguments: list[str]) -> int:
    """Measure, print and compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="house")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="print only what is worse")
    parser.add_argument("--where", metavar="WORD")
    asked = parser.parse_args(arguments)
    files = read_files()
    if asked.where:
        return _where(asked.where, files)
    contracts = read_layers(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))
    house, kept = measure(files, contracts), read_ratchet()
    if not asked.quiet:
        print(render(house, files))
    problems = list(worse(house, kept))
    for each in problems:
        print(f"WORSE: {each}")
    text = ratchet_text(house)
    if asked.update and (asked.force or not problems):
        RATCHET.write_text(text, encoding="utf-8")
        return 0
    if not problems and text != RATCHET.read_text("utf-8"):
        print("Better than the ratchet: tighten it with `python -m scripts.house --update`.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
