"""How a difference between a made text and the kept one is shown."""

import json
from pathlib import Path

import pytest

from tests.support.goldens import ROOT, Goldens


def difference(path: Path, kept: str | None, made: str) -> list[str]:
    if kept is not None:
        path.write_text(kept)
    with pytest.raises(AssertionError) as caught:
        Goldens(update=False).check(path, made)
    hint, *rows = str(caught.value).split("\n")
    assert hint == f"{path} is behind the code: run `pytest --update` and read the diff"
    assert rows[:2] == [f"--- {path} (kept)", f"+++ {path} (made)"]
    return rows[2:]


LINES = "".join(f"{number}\n" for number in range(1, 10))

CASES: dict[str, tuple[str | None, str, list[str]]] = {
    "lines": (
        LINES,
        LINES.replace("5", "five"),
        ["@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"],
    ),
    "no file": (None, "x\n", ["@@ -0,0 +1 @@", "+x"]),
    "a JSON document on one line": (
        '{"a": 1, "b": {"c": "ä"}}\n',
        '{"a": 1, "b": {"c": "ö"}}\n',
        [
            "@@ -1,6 +1,6 @@",
            " {",
            '   "a": 1,',
            '   "b": {',
            '-    "c": "ä"',
            '+    "c": "ö"',
            "   }",
            " }",
        ],
    ),
    "JSON in another form": (
        '{"a": 1}\n',
        '{\n  "a": 1\n}\n',
        ["@@ -1 +1,3 @@", '-{"a": 1}', "+{", '+  "a": 1', "+}"],
    ),
    "no final newline": (
        "a\n",
        "a",
        ["@@ -1 +1 @@", "-a", "+a", "\\ No newline at end of file"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_difference_is_shown_line_by_line_and_field_by_field(name: str, tmp_path: Path) -> None:
    kept, made, expected = CASES[name]
    assert difference(tmp_path / "golden", kept, made) == expected


def test_a_long_difference_is_shortened(tmp_path: Path) -> None:
    rows = difference(tmp_path / "golden", "", json.dumps(list(range(1000))))
    assert len(rows) == 199
    assert rows[-1].startswith("… and ")


def test_what_is_equal_passes_and_an_update_writes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "golden"
    Goldens(update=True).check(path, "ä\n")
    Goldens(update=False).check(path, "ä\n")
    assert path.read_text(encoding="utf-8") == "ä\n"


def test_a_file_of_the_project_is_named_by_its_path_in_the_repository() -> None:
    with pytest.raises(AssertionError, match=r"^pyproject\.toml is behind the code"):
        Goldens(update=False).check(ROOT / "pyproject.toml", "")
