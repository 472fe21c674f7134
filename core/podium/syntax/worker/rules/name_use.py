"""Imports that a change left unused, and names that it left undefined."""

from collections.abc import Iterator

from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.names import NameUse
from podium.syntax.worker.reading import Reading
from podium.syntax.worker.rules.case import Case, Rule

_MANY_UNUSED = 2
_MOST_NAMED = 5


def names(case: Case) -> Iterator[SyntaxProblem]:
    """Find names that are unused or undefined here but not in the base.

    In a new file, unused imports count only if there are several: they suggest that the end of the
    file is missing. Undefined names are not reported, because the file may be a fragment.
    """
    base_reading = case.read_base()
    if base_reading is not None and not _may_have_changed(case.reading, base_reading):
        return
    use = case.reading.names()
    if not use.unused and not use.undefined:
        return
    base = base_reading.names() if base_reading is not None else NameUse()
    unused = sorted(use.unused - base.unused, key=lambda name: (use.imported[name], name))
    if unused and (base_reading is not None or len(unused) >= _MANY_UNUSED):
        where = use.imported[unused[0]]
        verb = "no longer used" if base_reading is not None else "not used"
        message = f"imported but {verb}: {_listed(unused)}"
        yield _problem(case, ProblemCode.UNUSED_IMPORT, message, where)
    if base_reading is None:
        return
    undefined = sorted(
        use.undefined.keys() - base.undefined.keys(), key=lambda name: (use.undefined[name], name)
    )
    if undefined:
        message = f"used but not defined: {_listed(undefined)}"
        yield _problem(case, ProblemCode.UNDEFINED_NAME, message, use.undefined[undefined[0]])


def _may_have_changed(reading: Reading, base: Reading) -> bool:
    """Return whether there may be unused or undefined names that are not in the base."""
    if reading.suspects is None or base.suspects is None:
        return True
    return not reading.suspects() <= base.suspects()


def _listed(found: list[str]) -> str:
    more = ", …" if len(found) > _MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in found[:_MOST_NAMED]) + more


def _problem(case: Case, code: ProblemCode, message: str, offset: int) -> SyntaxProblem:
    start = case.new.position(offset)
    return SyntaxProblem(
        code, Severity.NOTE, message, start, max(start, case.new.end_of_line(start.line))
    )


RULES: tuple[Rule, ...] = (names,)
