"""A small part of the corpus, without network: samples that are damaged, and honest changes."""

import subprocess
from collections.abc import Iterator

import anyio
import pytest

from podium.syntax import SyntaxChecker, language_of
from podium.syntax.languages import LANGUAGES
from tests.core.syntax.samples import SAMPLES
from tests.corpus.edits import Edit, is_written
from tests.corpus.gate import among, report
from tests.corpus.halves import Half
from tests.corpus.honest import composed_twins, written_twins
from tests.corpus.replies.kind import Family
from tests.corpus.verdicts import (
    CAUGHT,
    CUTS,
    STRUCTURE,
    Plan,
    Tally,
    Verdict,
    judge_edit,
    judge_written,
)
from tests.support.goldens import ROOT

FLOORS: dict[tuple[str, ...], float] = {
    CUTS: 0.99,
    STRUCTURE: 0.99,
    tuple(Family): 0.79,
}
"""The least share that is an error or a doubt; raise it when rules get better, never lower it."""
OWN_FILES = 24
MOST_BYTES = 20_000


def sample_edits() -> Iterator[Edit]:
    for path, text in SAMPLES.values():
        language = language_of(path)
        if language is not None and language.name in LANGUAGES:
            yield Edit("samples", path, language.name, text.encode(), text.encode())


def own_edits() -> list[Edit]:
    """Return some of the project's own files, spread over its languages."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True)
    found: dict[str, list[Edit]] = {}
    for path in sorted(listed.stdout.decode().splitlines()):
        language = language_of(path)
        if language is None or language.name not in LANGUAGES or not (ROOT / path).is_file():
            continue
        text = (ROOT / path).read_bytes()
        if len(text) < MOST_BYTES and is_written(text):
            edit = Edit("own", path, language.name, text, text)
            found.setdefault(language.name, []).append(edit)
    per_language = max(1, OWN_FILES // len(found))
    return [each for edits in found.values() for each in edits[:: len(edits) // per_language or 1]]


async def tally_samples() -> Tally:
    tally = Tally()
    async with SyntaxChecker() as checker:
        for number, edit in enumerate(sample_edits()):
            half = list(Half)[number % 2]
            async for judged in judge_edit(checker, edit, Plan(half, of_family=1)):
                tally.add(judged)
    return tally


@pytest.mark.promise("V2.comments", "V2.tools", "V2.doubled", "V2.emptied", "V2.stubs")
def test_damage_of_every_family_is_caught_in_the_samples() -> None:
    tally = anyio.run(tally_samples)
    printed = "\n".join(report(tally, details=True))
    for groups, floor in FLOORS.items():
        counts = tally.of(True, among(groups))
        caught = sum(counts[each] for each in CAUGHT)
        assert caught >= floor * counts.total(), f"{groups}\n{printed}"


async def alarms_of_written() -> list[tuple[str, Verdict]]:
    async with SyntaxChecker() as checker:
        return [
            (judged.variant, judged.verdict)
            for half in Half
            async for judged in judge_written(checker, half)
            if judged.has_base and judged.verdict in CAUGHT
        ]


KNOWN_ERRORS = frozenset(
    (
        *("begins like a reply", "chart", "file of one script", "loop over arguments"),
        *("comments in an editor's settings", "comments in settings"),
        *("styles in a template", "template of settings"),
    )
)
"""False errors that are known; remove a name when its rule is mended."""
MOST_DOUBTS = 0.08


@pytest.mark.promise("V1.honest")
def test_honest_texts_have_no_errors_and_few_doubts() -> None:
    alarms = anyio.run(alarms_of_written)
    errors = {name for name, verdict in alarms if verdict is Verdict.ERROR}
    doubts = [name for name, verdict in alarms if verdict is Verdict.DOUBT]
    assert errors <= KNOWN_ERRORS, errors - KNOWN_ERRORS
    assert len(doubts) <= MOST_DOUBTS * len(list(written_twins())), doubts


async def errors_in_own_files() -> list[str]:
    async with SyntaxChecker() as checker:
        return [
            f"{twin.name} in {edit.path}: {report.errors[0].message}"
            for edit in own_edits()
            for half in Half
            for twin in composed_twins(edit, half, seed=7, most=1)
            if (report := await checker.check(edit.path, twin.edit.new, twin.edit.old)).errors
        ]


@pytest.mark.promise("V1.honest")
def test_honest_changes_of_our_own_files_have_no_errors() -> None:
    assert anyio.run(errors_in_own_files) == []
