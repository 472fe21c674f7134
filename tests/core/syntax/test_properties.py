"""What holds for any text whatever."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podium.syntax import Position, Status, SyntaxReport
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
