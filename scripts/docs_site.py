"""Adds the pages at the top of the repository, and the examples, to the site.

mkdocs calls these functions while it builds. Links are written for code hosts, where `docs/` is a
folder; here they are adapted to the site.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
AT_THE_TOP = ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
SHOWN_AS = {"README.md": "index.md"}
"""The front page on a code host; the site has its own."""

LEFT_OUT = "tests/"
"""Link targets that are not part of the site."""

_LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in `docs/`."""
    for name in AT_THE_TOP:
        files.append(File.generated(config, name, content=(ROOT / name).read_text()))
    for path in sorted(ROOT.glob("examples/**/*.md")):
        name = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, name, content=path.read_text()))
    # Other files of the examples are linked to, so the site includes them unchanged.
    for path in sorted(ROOT.glob("examples/**/*")):
        if path.is_file() and path.suffix != ".md" and "__pycache__" not in path.parts:
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, content=path.read_bytes()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt the links of a page to the site."""
    del config, files
    source = page.file.src_uri
    lives_at = source if _is_added(source) else f"docs/{source}"
    return _LINK.sub(lambda found: _fitted(found, lives_at, source), markdown)


def _is_added(source: str) -> bool:
    return source in AT_THE_TOP or source.startswith("examples/")


def _fitted(found: re.Match[str], lives_at: str, source: str) -> str:
    target, anchor = found["target"], found["anchor"] or ""
    if "://" in target:
        return found[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(lives_at), target))
    if path.startswith(LEFT_OUT):
        return found["words"]
    shown = SHOWN_AS.get(path, path.removeprefix("docs/"))
    if shown == "index.md" and anchor:
        anchor = ""
    start = posixpath.dirname(source)
    return f"[{found['words']}]({posixpath.relpath(shown, start or '.')}{anchor})"
