"""Counts what the judge, plain tree-sitter and a language's own checker say about one edit."""

import shutil
import subprocess
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from podium.syntax import Severity, SyntaxReport
from podium.syntax.languages import LANGUAGES
from podium.syntax.source import Source
from podium.syntax.worker.grammars import parse
from podium.syntax.worker.judge import judge
from tests.corpus.damage import Damaged, Kind, damages
from tests.corpus.edits import Edit

Accepts = Callable[[bytes], bool]
OPENER_KINDS = (Kind.BRACKET, Kind.BRACE, Kind.WORD)


def tally(edit: Edit, seed: int, *, own: Accepts | None) -> Counter[str]:
    """Return counts under keys such as `cut at a byte/any`.

    Args:
        edit: two releases of a file.
        seed: for the damage.
        own: the language's own checker, or None where it is not asked.
    """
    language = LANGUAGES[edit.language]
    count: Counter[str] = Counter({"edits": 1})
    clean = judge(edit.path, language, edit.new, edit.old)
    count["false errors"] += bool(clean.errors)
    count["false warnings"] += bool(clean.problems) and not clean.errors
    tree_accepts = not _has_error(edit, edit.new)
    count["tree false"] += not tree_accepts
    own_accepts = own is not None and own(edit.new)
    for kind, damaged in damages(edit, seed):
        report = judge(edit.path, language, damaged.text, edit.old)
        for key in _judged(report, clean, damaged, kind):
            count[f"{kind}/{key}"] += 1
        count[f"{kind}/tree"] += tree_accepts and _has_error(edit, damaged.text)
        if own is not None and own_accepts:
            count[f"{kind}/own asked"] += 1
            count[f"{kind}/own"] += not own(damaged.text)
    return count


def _judged(
    report: SyntaxReport, clean: SyntaxReport, damaged: Damaged, kind: Kind
) -> Iterator[str]:
    yield "all"
    known = Counter((each.code, each.severity) for each in clean.problems)
    new = Counter((each.code, each.severity) for each in report.problems) - known
    if new:
        yield "any"
    if any(severity is Severity.ERROR for _, severity in new):
        yield "error"
    if kind in OPENER_KINDS and report.errors:
        first = report.errors[0]
        if first.start.line == damaged.opener_line:
            yield "opener"


def _has_error(edit: Edit, text: bytes) -> bool:
    return parse(LANGUAGES[edit.language], Source(text)).root_node.has_error


def own_checker(language: str) -> Accepts | None:
    """Return whether the language's own checker, if it is installed, accepts a text."""
    if language == "python":
        return _python_accepts
    command, suffix, only_errors = _COMMANDS.get(language, ((), "", False))
    if not command or shutil.which(command[0]) is None:
        return None

    def accepts(text: bytes) -> bool:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(text)
            file.flush()
            done = subprocess.run(
                [*command, file.name], capture_output=True, timeout=30, cwd=Path(file.name).parent
            )
        refused = b"error" in done.stderr if only_errors else done.returncode != 0
        return not refused

    return accepts


def _python_accepts(text: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "f", "exec")
        except (SyntaxError, ValueError):
            return False
    return True


_COMMANDS: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "javascript": (("node", "--check"), ".js", False),
    "bash": (("bash", "-n"), ".sh", False),
    "go": (("gofmt", "-e"), ".go", False),
    "ruby": (("ruby", "-c"), ".rb", False),
    "php": (("php", "-l"), ".php", False),
    "lua": (("luac", "-p"), ".lua", False),
    # It also ends with code 1 when it would lay a text out otherwise.
    "rust": (("rustfmt", "--check", "--edition", "2021"), ".rs", True),
}
