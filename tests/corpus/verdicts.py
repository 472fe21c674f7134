"""What the gate says about damaged and about honest versions of edits, counted."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from podium.syntax import Severity, Status, SyntaxChecker, SyntaxProblem, SyntaxReport
from podium.syntax.languages import LANGUAGES
from podium.syntax.values import traits_of
from tests.corpus.damage import Kind, damages
from tests.corpus.edits import Edit
from tests.corpus.halves import Half
from tests.corpus.honest import composed_twins, written_twins
from tests.corpus.replies.draw import spoil
from tests.corpus.replies.kind import Family

CUTS = (Kind.BYTE, Kind.LINE, Kind.LATE_LINE)
STRUCTURE = (Kind.BRACKET, Kind.BRACE, Kind.QUOTE, Kind.WORD)
REAL = "real edits"
"""The group of undamaged edits."""
COMPOSED = "honest changes of real texts"
WRITTEN = "honest texts"
FALSE_ALARMS = (REAL, COMPOSED, WRITTEN)
"""The groups in which an error or a doubt is a false alarm."""


class Verdict(StrEnum):
    """The worst that a check says beyond what it says of the honest text."""

    ERROR = "error"
    DOUBT = "doubt"
    NOTE = "note"
    NOTHING = "nothing"
    UNCHECKED = "unchecked"
    """It gave up or skipped the file; a statement about the check, not about the file."""


CAUGHT = (Verdict.ERROR, Verdict.DOUBT)


@dataclass(frozen=True)
class Judged:
    """One check.

    Args:
        edit: the edit.
        group: the family, the kind of cut, or `REAL`.
        variant: the kind within the group, or empty.
        text: what was checked.
        has_base: whether the earlier version was given too.
        report: the result.
        fresh: its problems that the honest text does not have.
    """

    edit: Edit
    group: str
    variant: str
    text: bytes
    has_base: bool
    report: SyntaxReport
    fresh: tuple[SyntaxProblem, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of what it says."""
        if self.report.status is Status.REFUSED:
            return Verdict.ERROR
        found = {each.severity for each in self.fresh}
        for severity, verdict in _BY_SEVERITY:
            if severity in found:
                return verdict
        is_checked = self.report.status is Status.CHECKED
        return Verdict.NOTHING if is_checked else Verdict.UNCHECKED

    @property
    def lands(self) -> bool:
        """Whether it lands although its author confirms everything that may be confirmed."""
        stops = self.report.status is Status.REFUSED or any(
            each.severity is Severity.ERROR
            or (each.severity is Severity.DOUBT and traits_of(each.code).must_complete)
            for each in self.fresh
        )
        return not stops


_BY_SEVERITY = (
    (Severity.ERROR, Verdict.ERROR),
    (Severity.DOUBT, Verdict.DOUBT),
    (Severity.NOTE, Verdict.NOTE),
)


@dataclass
class Tally:
    """Counts of verdicts."""

    verdicts: Counter[tuple[str, str, bool, Verdict]] = field(
        default_factory=Counter[tuple[str, str, bool, Verdict]]
    )
    variants: Counter[tuple[str, str, bool, Verdict]] = field(
        default_factory=Counter[tuple[str, str, bool, Verdict]]
    )
    landing: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def add(self, judged: Judged) -> None:
        """Count a check."""
        language, has_base = judged.edit.language, judged.has_base
        self.verdicts[judged.group, language, has_base, judged.verdict] += 1
        self.variants[judged.group, judged.variant, has_base, judged.verdict] += 1
        if has_base and judged.lands:
            self.landing[judged.group, language] += 1

    def of(
        self, has_base: bool, groups: Callable[[str], bool], language: str = ""
    ) -> Counter[Verdict]:
        """Return the verdicts about some groups, of one language or of all."""
        found: Counter[Verdict] = Counter()
        for (group, its_language, based, verdict), count in self.verdicts.items():
            if based == has_base and groups(group) and language in ("", its_language):
                found[verdict] += count
        return found

    def landed(self, groups: Callable[[str], bool], language: str = "") -> int:
        """Return how many damaged texts land with an author that confirms everything."""
        return sum(
            count
            for (group, its_language), count in self.landing.items()
            if groups(group) and language in ("", its_language)
        )


@dataclass(frozen=True)
class Plan:
    """What is done to an edit.

    Args:
        half: the half of the kinds of damage.
        seed: for the places.
        of_family: how many kinds of each family.
        families: the families.
    """

    half: Half
    seed: int = 7
    of_family: int = 2
    families: tuple[Family, ...] = tuple(Family)
    honest: int = 3
    """How many honest changes of each text are composed."""


async def judge_edit(checker: SyntaxChecker, edit: Edit, plan: Plan) -> AsyncIterator[Judged]:
    """Yield every check of an edit and of its damaged versions."""
    clean = await checker.check(edit.path, edit.new, edit.old)
    alone = await checker.check(edit.path, edit.new, None)
    yield Judged(edit, REAL, "", edit.new, True, clean, clean.problems)
    for twin in composed_twins(edit, plan.half, plan.seed, plan.honest):
        change = twin.edit
        report = await checker.check(change.path, change.new, change.old)
        yield Judged(change, COMPOSED, twin.name, change.new, True, report, report.problems)
    for kind, text in _cut(edit, plan.seed):
        report = await checker.check(edit.path, text, edit.old)
        yield Judged(edit, kind, "", text, True, report, _fresh(report, clean))
    for spoilt in spoil(edit, plan.half, plan.seed, plan.of_family, plan.families):
        group, variant, text = spoilt.kind.family, spoilt.kind.variant, spoilt.text
        report = await checker.check(edit.path, text, edit.old)
        yield Judged(edit, group, variant, text, True, report, _fresh(report, clean))
        if spoilt.shows_alone:
            report = await checker.check(edit.path, text, None)
            yield Judged(edit, group, variant, text, False, report, _fresh(report, alone))


async def judge_written(checker: SyntaxChecker, half: Half) -> AsyncIterator[Judged]:
    """Yield the checks of the honest changes that are kept as texts: as changes, and as new files.

    A whole new text has more in it than the change; only its own errors are false there.
    """
    for twin in written_twins(half):
        edit = twin.edit
        report = await checker.check(edit.path, edit.new, edit.old)
        yield Judged(edit, WRITTEN, twin.name, edit.new, True, report, report.problems)
        report = await checker.check(edit.path, edit.new, None)
        yield Judged(edit, WRITTEN, twin.name, edit.new, False, report, report.problems)


def _cut(edit: Edit, seed: int) -> Iterator[tuple[Kind, bytes]]:
    if edit.language in LANGUAGES:
        for kind, damaged in damages(edit, seed):
            if kind in CUTS or kind in STRUCTURE:
                yield kind, damaged.text


def _fresh(report: SyntaxReport, clean: SyntaxReport) -> tuple[SyntaxProblem, ...]:
    known = Counter((each.code, each.severity) for each in clean.problems)
    fresh: list[SyntaxProblem] = []
    for each in report.problems:
        if known[each.code, each.severity] > 0:
            known[each.code, each.severity] -= 1
        else:
            fresh.append(each)
    return tuple(fresh)
