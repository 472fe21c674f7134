"""Which language a file is in is known from its name, else from its first line."""

import subprocess
import sys

import pytest

from podium.syntax import Status, language_of
from tests.core.syntax.conftest import Check


@pytest.mark.parametrize(
    ("path", "first_line", "expected"),
    [
        ("a.py", "", "python"),
        ("deep/folder/a.pyi", "", "python"),
        ("windows\\folder\\A.PY", "", "python"),
        ("a.mjs", "", "javascript"),
        ("a.cts", "", "typescript"),
        ("a.d.ts", "", "typescript"),
        ("a.tsx", "", "tsx"),
        ("package.json", "", "json"),
        ("Cargo.lock", "", "toml"),
        ("composer.lock", "", "json"),
        ("a.h", "", "c"),
        ("a.hpp", "", "cpp"),
        (".bashrc", "", "bash"),
        ("a.yml", "", "yaml"),
        ("run", "#!/usr/bin/env python3.11", "python"),
        ("run", "#!/usr/bin/env -S node --title x", "javascript"),
        ("run", "#!/usr/bin/env A=1 bash", "bash"),
        ("run", "#! /bin/sh -e", "bash"),
        ("run.cgi", "#!/usr/local/bin/python2", "python"),
        ("Gemfile", "", "ruby"),
        ("run", "#!/usr/bin/env ruby", "ruby"),
        ("Program.cs", "", "csharp"),
        ("build.gradle.kts", "", "kotlin"),
        ("README.md", "", "markdown"),
        ("App.vue", "", "vue"),
    ],
)
def test_a_language_is_known(path: str, first_line: str, expected: str) -> None:
    language = language_of(path, first_line)
    assert language is not None
    assert language.name == expected


@pytest.mark.parametrize(
    ("path", "first_line"),
    [
        ("README.rst", ""),
        ("a.png", ""),
        ("LICENSE", ""),
        ("py", ""),
        (".py", ""),
        ("", ""),
        ("run", "#!/usr/bin/perl"),
        ("run", "#!"),
        ("run", "# python"),
        ("app_de.ts", '<?xml version="1.0"?>'),
    ],
)
def test_a_language_is_not_known(path: str, first_line: str) -> None:
    assert language_of(path, first_line) is None


@pytest.mark.promise("V5")
@pytest.mark.parametrize(
    ("path", "text"),
    [("notes.txt", b"```\n"), ("a.png", b"\x89PNG\r\n\0\xff"), ("Makefile", b"all:\n")],
)
def test_a_file_of_no_known_language_is_skipped_with_a_reason(
    check: Check, path: str, text: bytes
) -> None:
    report = check(path, text)
    assert (report.status, report.language, report.problems) == (Status.SKIPPED, "", ())
    assert report.reason


def test_a_script_without_ending_is_checked_by_its_first_line(check: Check) -> None:
    report = check("run", "#!/usr/bin/env python3\nx = (\n")
    assert (report.language, len(report.errors)) == ("python", 1)


def test_the_part_is_imported_without_tree_sitter() -> None:
    code = (
        "import sys, podium.syntax as s; assert s.language_of('a.py') is not None;"
        "assert not any(m.startswith('tree_sitter') for m in sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
