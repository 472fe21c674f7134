"""The site is built, every link in it is checked, and nothing in it comes from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.goldens import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run(
        [*build, str(folder)],
        cwd=ROOT,
        # Without a network whatever would be fetched fails the build.
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "HTTPS_PROXY": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    pages = [path for path in ROOT.glob("docs/**/*.md") if path.name != "README.md"]
    missing = [
        path.name
        for path in pages
        if not (site / path.relative_to(ROOT / "docs")).with_suffix(".html").is_file()
    ]
    assert missing == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"<(?:script|img|iframe)[^>]*\bsrc=\"?https?:|<link[^>]*\bhref=\"?https?:")
    found = {
        path.name: match[0]
        for path in site.rglob("*.html")
        if (match := loads.search(path.read_text()))
    }
    assert found == {}
