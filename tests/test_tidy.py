"""The house rules that no linter knows, over every file that git would commit."""

import ast
import io
import re
import statistics
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import pytest

from tests.support.goldens import ROOT

FILE_CEILING = 500
FUNCTION_CEILING = 80
FUNCTION_MEDIAN = 10
FUNCTION_P90 = 40

# Path to the reason why that file may be longer.
LONG_FILES: dict[str, str] = {}

# Path or folder to the reason why it may catch everything.
CATCH_ALL = {
    "core/podium_cli/run.py": "the outermost handler: our own bug becomes one sentence",
    "adapters/podium_adapters/forked.py": "a forked process ends there, whatever happened",
    "core/podium/agents/fork_server.py": "a forked process ends there, whatever happened",
    "core/podium/agents/shim.py": "a crash barrier around a third party's agent",
    "core/podium/platform/entry_points.py": "a crash barrier around the code of packages",
    "lsp_server/podium_lsp": "the outermost handler of a server that has to go on",
    "mcp_server/podium_mcp": "the outermost handler of a server that has to go on",
}

# Path to the reason why a test may sleep; waiting for a state is nearly always the better way.
SLEEPS: dict[str, str] = {}

# Samples that are data, not code of the project.
DATA = ("tests/data/", "docs/schemas/")

_IGNORE = re.compile(r"#\s*(noqa\b|type:\s*ignore|pyright:\s*ignore)")
_IGNORE_WITH_REASON = re.compile(
    r"#\s*(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|(type|pyright): ignore\[[\w, -]+\])"
    r"\s*(#|-|--|:)?\s*\w+\W+\w+"
)
_MACHINE_PATH = re.compile(
    r"(?<![\w.~/})-])/(?:home|Users)/\w|(?<![\w.~/})-])/(?:root|work)/|\.\./" + "shared"
)


@dataclass(frozen=True)
class Source:
    """A file of the project.

    Args:
        path: relative to the repository, with `/`.
        text: its content.
    """

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed module."""
        return ast.parse(self.text, self.path)

    @property
    def is_test(self) -> bool:
        """Tell whether it belongs to the tests."""
        return self.path.startswith("tests/")


Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> list[Source]:
    """Return every text file that is tracked, or new and not ignored."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [name for name in sorted(set(names.split("\0"))) if (ROOT / name).is_file()]
    read = [(path, (ROOT / path).read_bytes()) for path in paths if not path.startswith(DATA)]
    return [Source(path, raw.decode()) for path, raw in read if b"\0" not in raw]


ALL = sources()
PYTHON = [each for each in ALL if each.path.endswith(".py")]
PRODUCT = [each for each in PYTHON if not each.is_test]


def no_docstring(source: Source) -> Iterator[str]:
    if source.tree.body and not ast.get_docstring(source.tree):
        yield f"{source.path} has no docstring"


def too_long(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > FILE_CEILING and source.path not in LONG_FILES:
        yield f"{source.path} has {lines} lines"


def functions(source: Source) -> Iterator[tuple[Function, int]]:
    """Yield every function with its length, from `def` to its last line."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def long_function(source: Source) -> Iterator[str]:
    for node, lines in functions(source):
        if lines > FUNCTION_CEILING:
            yield f"{source.path}:{node.lineno} {node.name} has {lines} lines"


def ignore_without_reason(source: Source) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        bare = _IGNORE.search(token.string) and not _IGNORE_WITH_REASON.search(token.string)
        if token.type == tokenize.COMMENT and bare:
            yield f"{source.path}:{token.start[0]} ignores a rule without its code and a reason"


def catches_all(source: Source) -> Iterator[str]:
    if any(PurePosixPath(source.path).is_relative_to(each) for each in CATCH_ALL):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _is_catch_all(node):
            yield f"{source.path}:{node.lineno} catches everything"


def _is_catch_all(node: ast.ExceptHandler) -> bool:
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = any(
        each is None or ast.unparse(each).split(".")[-1] in {"Exception", "BaseException"}
        for each in caught
    )
    last = node.body[-1]
    passed_on = isinstance(last, ast.Raise) and last.exc is None
    return broad and not passed_on


def uses_shell(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            by_keyword = any(
                each.arg == "shell" and ast.unparse(each.value) != "False" for each in node.keywords
            )
            if by_keyword or called in {"os.system", "os.popen", "asyncio.create_subprocess_shell"}:
                yield f"{source.path}:{node.lineno} hands a text to a shell"


def sleeps_in_test(source: Source) -> Iterator[str]:
    if not source.is_test or source.path in SLEEPS:
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.ImportFrom(module="time", names=names) if "sleep" in {n.name for n in names}:
                yield f"{source.path}:{node.lineno} imports sleep"
            case ast.Attribute(value=ast.Name(id="time"), attr="sleep"):
                yield f"{source.path}:{node.lineno} sleeps; wait for a state instead"
            case _:
                pass


def machine_path(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), start=1):
        if found := _MACHINE_PATH.search(line):
            yield f"{source.path}:{number} names a place of one machine: {found[0]}"


Rule = Callable[[Source], Iterator[str]]

RULES: dict[Rule, list[Source]] = {
    no_docstring: PYTHON,
    too_long: PYTHON,
    long_function: PYTHON,
    ignore_without_reason: PYTHON,
    catches_all: PRODUCT,
    uses_shell: PYTHON,
    sleeps_in_test: PYTHON,
    machine_path: ALL,
}


@pytest.mark.promise("X1.shell")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_file_breaks_a_house_rule(rule: Rule) -> None:
    problems = [problem for source in RULES[rule] for problem in rule(source)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "part", [PRODUCT, [each for each in PYTHON if each.is_test]], ids=["product", "tests"]
)
def test_most_functions_are_short(part: list[Source]) -> None:
    lengths = [lines for source in part for _, lines in functions(source)]
    assert statistics.median(lengths) <= FUNCTION_MEDIAN
    assert statistics.quantiles(lengths, n=10)[-1] <= FUNCTION_P90


@pytest.mark.parametrize("table", [LONG_FILES, SLEEPS], ids=["LONG_FILES", "SLEEPS"])
def test_an_exception_that_nothing_needs_any_more_is_gone(table: dict[str, str]) -> None:
    excused = {each.path: each for each in PYTHON if each.path in table}
    assert set(excused) == set(table)


@pytest.mark.parametrize("path", CATCH_ALL)
def test_what_may_catch_everything_does(path: str) -> None:
    below = [each for each in PRODUCT if PurePosixPath(each.path).is_relative_to(path)]
    handlers = (node for each in below for node in ast.walk(each.tree))
    assert any(isinstance(node, ast.ExceptHandler) and _is_catch_all(node) for node in handlers)


BAD: list[tuple[Rule, str, str]] = [
    (no_docstring, "core/x.py", "import os\n"),
    (too_long, "core/x.py", "x = 1\n" * 501),
    (long_function, "tests/x.py", "def f():\n" + "    x = 1\n" * 80),
    (ignore_without_reason, "core/x.py", "x = 1  # noqa\n"),
    (ignore_without_reason, "core/x.py", "x = 1  # noqa: E501\n"),
    (ignore_without_reason, "core/x.py", "x = 1  # noqa because it is long\n"),
    (ignore_without_reason, "core/x.py", "x = 1  # type: ignore\n"),
    (ignore_without_reason, "core/x.py", "x = 1  # type: ignore[attr-defined]\n"),
    (ignore_without_reason, "core/x.py", "x = 1  # pyright: ignore[reportUnknown] #\n"),
    (catches_all, "core/x.py", "try: ...\nexcept Exception: ...\n"),
    (catches_all, "core/x.py", "try: ...\nexcept (OSError, BaseException) as e: raise X from e\n"),
    (catches_all, "core/x.py", "try: ...\nexcept: ...\n"),
    (catches_all, "core/x.py", "try: ...\nexcept builtins.Exception: ...\n"),
    (uses_shell, "core/x.py", "run('ls', shell=True)\n"),
    (uses_shell, "tests/x.py", "os.system('ls')\n"),
    (sleeps_in_test, "tests/x.py", "import time\ntime.sleep(1)\n"),
    (sleeps_in_test, "tests/x.py", "from time import sleep\n"),
    (machine_path, "README.md", "cd /" + "home/ada/podium\n"),
    (machine_path, "README.md", "see ../" + "shared/notes.md\n"),
    (machine_path, "core/x.py", "'/" + "root/.ssh'\n"),
    (machine_path, "Makefile", "cp x /" + "work/y\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_every_rule_can_be_broken(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text)))


GOOD: list[tuple[Rule, str, str]] = [
    (no_docstring, "core/x/__init__.py", ""),
    (long_function, "core/x.py", "def f():\n" + "    x = 1\n" * 79),
    (ignore_without_reason, "core/x.py", "x = 1  # noqa: A002 - the base class names it so\n"),
    (ignore_without_reason, "core/x.py", "x = 1  # type: ignore[misc]  # no stubs exist\n"),
    (ignore_without_reason, "core/x.py", "x = '# noqa'\n"),
    (catches_all, "core/x.py", "try: ...\nexcept BaseException:\n    undo()\n    raise\n"),
    (catches_all, "core/podium/agents/shim.py", "try: ...\nexcept Exception: ...\n"),
    (uses_shell, "core/x.py", "run(['ls'], shell=False)\n"),
    (sleeps_in_test, "core/x.py", "import time\ntime.sleep(1)\n"),
    (machine_path, "core/x.py", "tmp_path / 'home/wo" + "rk/x'  # ~/wo" + "rk/, a/root/b\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_no_rule_forbids_what_is_fine(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(Source(path, text)))
