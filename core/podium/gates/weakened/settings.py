"""Compares the settings of checks before and after a change.

Settings are read line by line as `key: value`, whatever their format; lists in TOML and INI files
are read with their parsers.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from podium.gates.weakened.setting_lists import shorter_checks
from podium.gates.weakened.values import ChangedText, Way, Weakened, added, lines_of
from podium.words import shorten

_SETTINGS = re.compile(
    r"(?:^|/)(?:pyproject\.toml|\.?ruff\.toml|Cargo\.toml|clippy\.toml|setup\.cfg|tox\.ini|\.flake8"
    r"|\.?mypy\.ini|pytest\.ini|\.coveragerc|\.?pylintrc|package\.json|[tj]sconfig[^/]*\.json"
    r"|\.eslintrc[^/]*|\.eslintignore|eslint\.config\.\w+|(?:jest|vitest|vite|karma)\.config\.\w+"
    r"|\.nycrc[^/]*|\.c8rc[^/]*|\.mocharc[^/]*|biome\.jsonc?|pyrightconfig\.json|\.golangci\.ya?ml"
    r"|\.?codecov\.ya?ml|\.pre-commit-config\.yaml|\.rubocop\.yml|phpstan\.neon|\.gitlab-ci\.yml"
    r"|azure-pipelines\.ya?ml|[Mm]akefile|[Jj]ustfile|next\.config\.\w+)$"
    r"|(?:^|/)\.github/workflows/[^/]+\.ya?ml$"
)
_COMMENT = re.compile(r"\s*(?:#|//|;|\*)")
_NUMBER = re.compile(
    r"""(?P<key>[\w.-]*(?:fail[_-]under|branches|functions|lines|statements|target|threshold
    |min(?:imum)?[_-]?coverage|max[_-]warnings|max[_-]complexity))["']?(?:\s*[:=]\s*|\s+)["']?
    (?P<value>\d+(?:\.\d+)?)(?P<unit>%?)""",
    re.VERBOSE | re.IGNORECASE,
)
_HIGHER_IS_WEAKER = re.compile(r"max[_-]warnings|max[_-]complexity|^threshold$", re.IGNORECASE)
_COVERAGE_WORDS = re.compile(r"threshold|check-coverage|coverage", re.IGNORECASE)
_BOOLEAN = re.compile(
    r"""^\s*["']?(?P<key>[\w-]+)["']?\s*[:=]\s*["']?(?P<value>true|false|True|False)\b"""
)
_STRICT = re.compile(
    r"strict\w*|no(?:Implicit|Unused|Unchecked|Fallthrough|Emit|PropertyAccess)\w+|alwaysStrict"
    r"|useUnknownInCatchVariables|exactOptionalPropertyTypes|checkJs|disallow_\w+|warn_\w+"
    r"|check_untyped_defs|no_implicit_\w+|xfail_strict|check-coverage|enforce\w*"
)
_WEAK = re.compile(
    r"ignore_errors|continue-on-error|allow_failure|passWithNoTests|ignoreBuildErrors"
    r"|ignoreDuringBuilds|allow_untyped_\w+|exit-zero"
)
_LEVEL = re.compile(
    r"""^\s*["']?(?P<key>[\w@/:.-]+)["']?\s*[:=]\s*(?:\[|\{\s*level\s*=)?\s*["']?
    (?P<value>off|warn|error|allow|deny|forbid|none|basic|standard|strict|[012])\b""",
    re.VERBOSE,
)
_LEVELS: Mapping[str, int] = {
    **dict.fromkeys(("off", "allow", "none", "0"), 0),
    **dict.fromkeys(("warn", "1", "basic"), 1),
    **dict.fromkeys(("error", "2", "deny", "standard"), 2),
    **dict.fromkeys(("forbid", "strict"), 3),
}
_LEVEL_FILES = re.compile(r"eslint|biome|Cargo\.toml|clippy|pyright|pyproject")
_LEVEL_KEY = re.compile(r"[@/-]|^(?:report\w+|typeCheckingMode|eqeqeq|curly|semi|\w+_\w+|no\w+)$")
_SWITCHED_OFF = re.compile(
    r"\|\|\s*(?:true|exit\s+0|:)\s*(?:[\"',;)]*)$|--pass-?[wW]ith-?[nN]o-?[tT]ests|--exit-zero"
    r"|--no-verify|--deselect\b|--ignore(?:-glob)?[= ](?!scripts)|\s-[km][ =]*\\?[\"']?not\b"
    r"|\"test\"\s*:\s*\"(?:echo|true|exit 0)\b|^if:\s*(?:false|\$\{\{\s*false)|--skip\b"
)
_RUNS_CHECKS = re.compile(
    r"test|lint|check|mypy|ruff|eslint|tsc|cargo|pyright|coverage|jest|vitest|addopts|^if:", re.I
)


_HAS_OTHER_CONTENT = re.compile(r"(?:Makefile|makefile|ustfile|package\.json|Cargo\.toml|\.ya?ml)$")


def is_only_settings(path: str) -> bool:
    """Return whether a file contains nothing but settings of checks."""
    return is_settings(path) and _HAS_OTHER_CONTENT.search(path) is None


def is_settings(path: str) -> bool:
    """Return whether a file contains settings of checks."""
    return _SETTINGS.search(path) is not None


def weakened_settings(file: ChangedText) -> Iterator[Weakened]:
    """Yield the checks in a settings file that a change weakens or switches off."""
    if file.base is None or file.new is None or not is_settings(file.path):
        return
    base, new = lines_of(file.base), lines_of(file.new)
    for find in _FINDERS:
        yield from find(file.path, base, new)
    for line, subject, message in shorter_checks(file.path, file.base, file.new):
        yield Weakened(file.path, line, Way.SWITCHED_OFF, subject, message)


_Values = dict[tuple[str, int], tuple[int, str]]
"""Line and value by key and its number among equal keys."""


def _values(pattern: re.Pattern[str], lines: Sequence[str]) -> _Values:
    found: _Values = {}
    counts: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        for each in () if _COMMENT.match(line) else pattern.finditer(line):
            key = each["key"]
            found[key, counts[key]] = (number, each["value"])
            counts[key] += 1
    return found


def _thresholds(path: str, base: Sequence[str], new: Sequence[str]) -> Iterator[Weakened]:
    before, after = _values(_NUMBER, base), _values(_NUMBER, new)
    is_about_coverage = any(_COVERAGE_WORDS.search(line) for line in base)
    for (key, nth), (line, value) in before.items():
        plain = key.lower().lstrip("-")
        if plain in {"branches", "functions", "lines", "statements"} and not is_about_coverage:
            continue
        if plain in {"target", "threshold"} and "codecov" not in path:
            continue
        now = after.get((key, nth))
        if now is None:
            at = min(line, len(new))
            message = f"the threshold {key} = {value} was removed"
            yield Weakened(path, at, Way.THRESHOLD, key, message)
        elif _is_weaker(plain, float(value), float(now[1])):
            message = f"the threshold {key} changed from {value} to {now[1]}"
            yield Weakened(path, now[0], Way.THRESHOLD, key, message)


def _is_weaker(key: str, before: float, after: float) -> bool:
    return after > before if _HIGHER_IS_WEAKER.search(key) else after < before


def _booleans(path: str, base: Sequence[str], new: Sequence[str]) -> Iterator[Weakened]:
    before, after = _values(_BOOLEAN, base), _values(_BOOLEAN, new)
    is_strict = any(k[0] == "strict" and v.lower() == "true" for k, (_, v) in after.items())
    for key, (line, value) in before.items():
        if not _STRICT.fullmatch(key[0]) or value.lower() != "true":
            continue
        now = after.get(key)
        if now is None and not is_strict:
            at = min(line, len(new))
            yield _off(path, at, key[0], f"the setting {key[0]} = true was removed")
        elif now is not None and now[1].lower() == "false":
            yield _off(path, now[0], key[0], f"the setting {key[0]} was switched off")
    for key, (line, value) in after.items():
        was = before.get(key, (0, "false"))[1].lower()
        if _WEAK.fullmatch(key[0]) and value.lower() == "true" and was == "false":
            yield _off(path, line, key[0], f"the setting {key[0]} was switched on")


def _levels(path: str, base: Sequence[str], new: Sequence[str]) -> Iterator[Weakened]:
    if not _LEVEL_FILES.search(PurePosixPath(path).name):
        return
    before, after = _values(_LEVEL, base), _values(_LEVEL, new)
    for key, (line, value) in after.items():
        if not _LEVEL_KEY.search(key[0]):
            continue
        was = before.get(key)
        if was is None and _LEVELS[value] == 0:
            yield _off(path, line, key[0], f"the rule {key[0]} was switched off")
        elif was is not None and _LEVELS[value] < _LEVELS[was[1]]:
            yield _off(path, line, key[0], f"the rule {key[0]} changed from {was[1]} to {value}")


def _commands(path: str, base: Sequence[str], new: Sequence[str]) -> Iterator[Weakened]:
    """Yield the added lines that run a check so that it cannot fail, or without some tests."""
    former = [line.strip() for line in base]
    for number, text in added(base, new):
        found = _SWITCHED_OFF.search(text)
        if found is None or _COMMENT.match(text) or not _RUNS_CHECKS.search(text):
            continue
        if any(found[0] in line and line.split()[:2] == text.split()[:2] for line in former):
            continue
        shown = shorten(text, 80)
        yield _off(path, number, shown, f"a check cannot fail, or leaves out tests: {shown}")


def _ignored_paths(path: str, base: Sequence[str], new: Sequence[str]) -> Iterator[Weakened]:
    if not path.endswith(".eslintignore"):
        return
    for number, text in added(base, new):
        if not text.startswith(("#", "!")):
            yield _off(path, number, text, f"{text} is no longer checked")


def _off(path: str, line: int, subject: str, message: str) -> Weakened:
    return Weakened(path, max(line, 1), Way.SWITCHED_OFF, subject, message)


_Finder = Callable[[str, Sequence[str], Sequence[str]], Iterator[Weakened]]
_FINDERS: tuple[_Finder, ...] = (_thresholds, _booleans, _levels, _commands, _ignored_paths)
