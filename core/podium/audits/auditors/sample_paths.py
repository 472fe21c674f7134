"""Recognizes tests, examples and the material of tests by their paths."""

import re
from pathlib import PurePosixPath

_SAMPLES = frozenset(
    (
        *("__tests__", "doc", "docs", "example", "examples", "fixtures", "samples", "spec"),
        *("specs", "test", "testdata", "testing", "tests"),
    )
)
_TESTS = frozenset(("__tests__", "spec", "specs", "test", "testdata", "testing", "tests"))
_MATERIAL = frozenset(
    (
        *("__fixtures__", "__snapshots__", "baselines", "cases", "corpus", "data", "examples"),
        *("expected", "files", "fixture", "fixtures", "golden", "goldens", "highlighted", "input"),
        *("inputs", "output", "outputs", "resources", "samples", "snapshots", "source"),
        *("sources", "templates", "test-data", "test_data", "testdata", "vars"),
    )
)
_BROKEN = re.compile(r"(?:^|[^a-z])(?:bad|broken|corrupt|fail|invalid|malformed|syntax.?err)", re.I)
_DATA = frozenset((".csv", ".json", ".json5", ".jsonc", ".toml", ".txt", ".xml", ".yaml", ".yml"))


def is_test_or_example(path: str) -> bool:
    """Return whether a file is a test, an example or documentation."""
    place = PurePosixPath(path)
    name = place.name.lower()
    is_test = name.startswith("test_") or "_test." in name or ".test." in name or ".spec." in name
    return is_test or not _SAMPLES.isdisjoint(part.lower() for part in place.parts[:-1])


def is_test_material(path: str) -> bool:
    """Return whether tests read a file instead of running it, so that it may be broken on purpose.

    Such a file is data among tests, is in a folder for such files, or is called broken.
    """
    place = PurePosixPath(path)
    folders = frozenset(part.lower() for part in place.parts[:-1])
    if _TESTS.isdisjoint(folders):
        return not folders.isdisjoint(("__fixtures__", "fixtures", "testdata"))
    is_material = not _MATERIAL.isdisjoint(folders) or place.suffix.lower() in _DATA
    return is_material or _BROKEN.search(path) is not None
