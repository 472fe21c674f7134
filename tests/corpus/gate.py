"""The bars of the syntax gate: `python -m tests.corpus.gate`, after `python -m tests.corpus.fetch`.

Edits come from the histories of repositories. Projects and kinds of damage are in two halves:
`--half rules` shows details and writes examples of what is missed; `--half bars` prints numbers
only. *Caught* is an error or a doubt.
"""

import argparse
import resource
import shutil
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

import anyio

from podium.syntax import SyntaxChecker
from tests.corpus.edits import Edit
from tests.corpus.fetch import CACHE
from tests.corpus.halves import Half
from tests.corpus.history import history_edits
from tests.corpus.replies.kind import Family
from tests.corpus.report import timed
from tests.corpus.speed import measure_speed
from tests.corpus.verdicts import (
    CAUGHT,
    COMPOSED,
    CUTS,
    FALSE_ALARMS,
    REAL,
    STRUCTURE,
    WRITTEN,
    Judged,
    Plan,
    Tally,
    Verdict,
    judge_edit,
    judge_written,
)

_SPEED_FILES = 24
_EXAMPLES = 4
"""Of every kind that is missed."""
_APART = (Family.LAZY_MIDDLE, Family.REDUCED)
"""Without a base these are printed apart: nothing in a new file says that more was meant."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", type=Half, choices=list(Half), default=Half.BARS)
    parser.add_argument("--edits", type=int, default=40, help="at most so many of each language")
    parser.add_argument("--kinds", type=int, default=2, help="of each family, for each edit")
    parser.add_argument("--only", default="", help="languages, separated by commas")
    parser.add_argument("--families", default="", help="such as LAZY_BODY, separated by commas")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--examples", type=Path, default=CACHE / "examples")
    parser.add_argument("--no-times", action="store_true")
    options = parser.parse_args()
    only = frozenset(options.only.split(",")) if options.only else frozenset()
    edits = [
        edit
        for language, of_language in history_edits(options.half, options.edits).items()
        for edit in of_language
        if not only or language in only
    ]
    dump = _Dump(options.examples) if options.half is Half.RULES else None
    names = options.families.split(",") if options.families else list(Family.__members__)
    families = tuple(Family[each] for each in names)
    plan = Plan(options.half, options.seed, options.kinds, families)
    tally = anyio.run(_measured, edits, plan, dump)
    print(f"Half: {options.half}; {len(edits)} edits")
    print("\n".join(report(tally, details=options.half is Half.RULES)))
    if not options.no_times:
        print("\n".join(anyio.run(_times, edits)))
    print(f"\nProcessor time: {_spent():.0f} s")


def _spent() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in map(resource.getrusage, kinds))


async def _measured(edits: list[Edit], plan: Plan, dump: "_Dump | None") -> Tally:
    tally = Tally()

    def add(judged: Judged) -> None:
        tally.add(judged)
        if dump is not None:
            dump.add(judged)

    async with SyntaxChecker() as checker:
        async for judged in judge_written(checker, plan.half):
            add(judged)
        for edit in edits:
            async for judged in judge_edit(checker, edit, plan):
                add(judged)
    return tally


def report(tally: Tally, *, details: bool) -> list[str]:
    """Return the lines of the report.

    Args:
        tally: the counts.
        details: whether the kinds of a family are shown one by one.
    """
    languages = sorted({language for _, language, _, _ in tally.verdicts})
    groups = [*CUTS, *STRUCTURE, *Family]
    lines = ["", "With a base:" + _HEAD]
    lines += [_row(each, tally.of(True, _only(each)), tally.landed(_only(each))) for each in groups]
    for name, members in (
        ("structure", STRUCTURE),
        ("families", tuple(Family)),
        ("all damage", groups),
    ):
        inside = among(members)
        lines.append(_row(f"= {name}", tally.of(True, inside), tally.landed(inside)))
    lines += ["", "Without a base:" + _HEAD]
    lines += [_row(each, tally.of(False, _only(each))) for each in Family]
    lines.append(_row("= families but those apart", tally.of(False, among(_compared_alone()))))
    lines += ["", "Damage by language, with a base:" + _HEAD]
    for each in languages:
        inside = among(groups)
        lines.append(_row(each, tally.of(True, inside, each), tally.landed(inside, each)))
    lines += ["", "Real edits (error and doubt are false alarms):" + _HEAD]
    lines += [_row(each, tally.of(True, _only(REAL), each)) for each in languages]
    lines.append(_row("= all", tally.of(True, _only(REAL))))
    lines += ["", "Honest changes (error and doubt are false alarms):" + _HEAD]
    lines += [_row(each, tally.of(True, _only(each))) for each in (COMPOSED, WRITTEN)]
    lines.append(_row("honest texts as new files", tally.of(False, _only(WRITTEN))))
    return [*lines, *(_kinds(tally) if details else ())]


_HEAD = f"\n  {'':30}{'of':>6}{'caught':>9}{'error':>9}{'doubt':>9}{'note':>8}{'none':>8}{'?':>6}"
_HEAD += f"{'lands':>8}"


def _compared_alone() -> list[Family]:
    return [each for each in Family if each not in _APART]


def _only(name: str) -> Callable[[str], bool]:
    return lambda group: group == name


def among(names: Collection[str]) -> Callable[[str], bool]:
    """Return whether a group is one of several, as a test."""
    return lambda group: group in names


def _row(name: str, counts: Counter[Verdict], landed: int | None = None) -> str:
    whole = counts.total()
    if not whole:
        return f"  {name:30}     -"
    caught = sum(counts[each] for each in CAUGHT)
    row = f"  {name:30}{whole:6}{100 * caught / whole:7.2f} %"
    row += "".join(f"{100 * counts[each] / whole:7.2f} %" for each in CAUGHT)
    row += f"{counts[Verdict.NOTE]:8}{counts[Verdict.NOTHING]:8}{counts[Verdict.UNCHECKED]:6}"
    return row if landed is None else f"{row}{100 * landed / whole:6.2f} %"


async def _times(edits: list[Edit]) -> list[str]:
    """Return how long checks of 1,000 to 2,000 lines take: Python, and all others."""
    lines = ["", "Files of 1,000 to 2,000 lines, ms by the clock (of the processor):"]
    for name, is_python in (("Python", True), ("others", False)):
        found = [each for each in edits if (each.language == "python") == is_python]
        speed = await measure_speed(found, _SPEED_FILES)
        times = {
            "alone": speed.alone,
            "with a base, first": speed.first,
            "with a base, again": speed.checks,
            "keystroke": speed.keystrokes,
        }
        lines += [timed(f"{name}, {what}", measured) for what, measured in times.items()]
    return lines


def _kinds(tally: Tally) -> list[str]:
    """Return the kinds that are missed, the most frequent ones first."""
    missed: Counter[tuple[str, str, bool]] = Counter()
    whole: Counter[tuple[str, str, bool]] = Counter()
    for (group, variant, has_base, verdict), count in tally.variants.items():
        if group not in FALSE_ALARMS:
            whole[group, variant, has_base] += count
            missed[group, variant, has_base] += 0 if verdict in CAUGHT else count
    lines = ["", "False alarms, by kind:"]
    for (group, variant, has_base, verdict), count in sorted(tally.variants.items()):
        if group in FALSE_ALARMS and verdict in CAUGHT:
            base = "with a base" if has_base else "without a base"
            lines.append(f"  {count:4} {verdict}  {group} / {variant or '-'}, {base}")
    lines += ["", "Missed, by kind:"]
    for (group, variant, has_base), count in missed.most_common():
        base = "with a base" if has_base else "without a base"
        if count:
            of = whole[group, variant, has_base]
            lines.append(f"  {count:4} of {of:4}  {group} / {variant or '-'}, {base}")
    return lines


class _Dump:
    """Writes examples of what is missed and of false alarms, for those who write rules."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._written: Counter[str] = Counter()

    def add(self, judged: Judged) -> None:
        """Write an example, unless it is right or there are enough of its kind."""
        is_caught = judged.verdict in CAUGHT
        is_false = judged.group in FALSE_ALARMS
        if is_caught != is_false:
            return
        base = "with base" if judged.has_base else "without base"
        what = f"false, {base}" if is_false else f"missed, {base}"
        kind = f"{what}/{judged.group}/{judged.variant or judged.verdict}".replace("tool's", "tool")
        kind = kind.replace("search/replace", "search-replace")
        self._written[kind] += 1
        if self._written[kind] <= _EXAMPLES:
            self._write(self._folder / kind / str(self._written[kind]), judged)

    def _write(self, folder: Path, judged: Judged) -> None:
        folder.mkdir(parents=True)
        name = Path(judged.edit.path).name
        (folder / f"old-{name}").write_bytes(judged.edit.old)
        (folder / f"honest-{name}").write_bytes(judged.edit.new)
        (folder / f"checked-{name}").write_bytes(judged.text)
        said = [
            f"{each.severity} {each.code} line {each.start.line}: {each.message}"
            for each in judged.report.problems
        ]
        head = [f"{judged.edit.project} {judged.edit.commit}", judged.edit.path]
        status = f"{judged.report.status} {judged.report.reason}"
        (folder / "said.txt").write_text(
            "\n".join([*head, judged.edit.language, status, *said, ""])
        )


if __name__ == "__main__":
    main()
