"""What holds for any text whatever."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.syntax import LANGUAGES, Position, Status, SyntaxReport
from tests.core.syntax.conftest import Check
from tests.core.syntax.samples import SAMPLES

ANY_TEXT = st.text(max_size=300)
PATHS = st.sampled_from(sorted({path for path, _ in SAMPLES.values()}))
# The checker is shared on purpose: it must not carry anything from one text to the next.
shared = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def damaged_samples(draw: st.DrawFn) -> tuple[str, str, str]:
    """Return a path, a sample with one piece replaced, and the sample."""
    path, text = draw(st.sampled_from(sorted(SAMPLES.values())))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 60)))
    piece = draw(st.one_of(st.just(""), st.text("()[]{}<>'\"`#/*\\\n\t é…", max_size=6)))
    return path, text[:start] + piece + text[end:], text


def lies_inside(text: str, position: Position) -> bool:
    lines = text.removeprefix("\ufeff").split("\n")
    return 1 <= position.line <= len(lines) and (
        1 <= position.column <= len(lines[position.line - 1]) + 1
    )


def is_sound(text: str, report: SyntaxReport) -> bool:
    # `gave-up` would hide a fault of ours.
    return report.status is not Status.GAVE_UP and all(
        lies_inside(text, problem.start)
        and lies_inside(text, problem.end)
        and problem.start <= problem.end
        and (problem.opened_at is None or lies_inside(text, problem.opened_at))
        and problem.message
        for problem in report.problems
    )


@shared
@given(path=PATHS, text=ANY_TEXT, base=st.one_of(st.none(), ANY_TEXT))
def test_any_text_gives_a_report_whose_places_lie_in_the_text(
    check: Check, path: str, text: str, base: str | None
) -> None:
    assert is_sound(text, check(path, text, base))


@shared
@given(damaged_samples())
def test_any_damage_gives_a_report_whose_places_lie_in_the_text(
    check: Check, damaged: tuple[str, str, str]
) -> None:
    path, text, base = damaged
    assert is_sound(text, check(path, text, base))
    assert is_sound(text, check(path, text))


@shared
@given(damaged_samples())
def test_no_text_has_new_errors_against_itself(check: Check, damaged: tuple[str, str, str]) -> None:
    path, text, _ = damaged
    assert check(path, text, text).errors == ()


ALL_PATHS = st.sampled_from(
    sorted(f"a{each.extensions[0]}" for each in LANGUAGES.values() if each.extensions)
)
ANY_BYTES = st.one_of(
    st.binary(max_size=2_000),
    st.binary(max_size=30).map(lambda piece: piece * 60),
    st.text("(){}[]<>\"'`#/*\\\n\t -:|&$\xe9", max_size=400).map(str.encode),
)


@pytest.mark.promise("V5")
@shared
@given(path=ALL_PATHS, text=ANY_BYTES)
def test_any_bytes_in_any_language_end_in_a_report_within_the_limits(
    check: Check, path: str, text: bytes
) -> None:
    report = check(path, text)
    assert report.status in (Status.CHECKED, Status.REFUSED, Status.SKIPPED, Status.GAVE_UP)
    assert (report.status is Status.GAVE_UP) <= ("did not finish" in report.reason)
