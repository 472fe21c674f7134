"""Renders the blame for functions as lens titles and hovers."""

from collections.abc import Iterator

from podium.model.progress import shown_by
from podium.operations.text.markdown import code_span, doubt_words, evidence_words, inline
from podium.operations.work.blame import Blamed, Maker
from podium.words import joined, shorten

_TITLE_LENGTH = 50


def render_lens_title(blamed: Blamed) -> str:
    """Return the title of the lens above a function."""
    maker = blamed.maker
    shown = sum(shown_by(each, maker.evidence) is not None for each in maker.acceptance)
    parts = [
        f"{maker.task_id} {shorten(maker.title, _TITLE_LENGTH)}".strip(),
        maker.agent,
        _met(shown),
        "" if blamed.is_untouched else "edited since",
    ]
    return joined(*parts)


def render_hover(blamed: Blamed, task_uri: str) -> str:
    """Return Markdown with the details of the task that last changed a function.

    Args:
        task_uri: the URI of the task's file; empty if the project does not have it.
    """
    maker = blamed.maker
    name = inline(f"{maker.task_id} {maker.title}".strip())
    task = f"[{name}]({task_uri})" if task_uri else f"{name} of plan {inline(maker.plan_id)}"
    did = "Written by" if blamed.is_new else "Last changed by"
    since = "" if blamed.is_untouched else "; edited since"
    rows = [f"{did} task {task}{since}"]
    if maker.objective:
        rows.append(f"Plan {inline(maker.plan_id)}: {inline(' '.join(maker.objective.split()))}")
    rows += [" · ".join(_facts(maker)), "\n".join(_evidence(maker))]
    return "\n\n".join(row for row in rows if row)


def _met(criteria: int) -> str:
    if not criteria:
        return ""
    return f"{criteria} criteria met" if criteria > 1 else "1 criterion met"


def _facts(maker: Maker) -> Iterator[str]:
    if maker.agent:
        helped = f", fixed by {', '.join(map(inline, maker.helpers))}" if maker.helpers else ""
        yield f"agent {inline(maker.agent)}{helped}"
    if maker.run_id:
        yield f"run {inline(maker.run_id)}, attempt {maker.attempt}"
    if maker.session_id:
        yield f"session {inline(maker.session_id)}"
    if maker.commit:
        yield f"commit {code_span(maker.commit[:10])}"
    yield f"{maker.at:%Y-%m-%d %H:%M} UTC"


def _evidence(maker: Maker) -> Iterator[str]:
    """Yield a line for each criterion, with its latest evidence."""
    texts = {criterion.id: criterion.text for criterion in maker.acceptance}
    latest = {each.criterion: each for each in maker.evidence}
    for name, each in latest.items():
        box = "☑" if each.holds else "☐"
        criterion_text = f" {inline(texts[name])}:" if name in texts else ""
        yield f"- {box}{criterion_text} {evidence_words(each)}"
    for answered in maker.doubts:
        yield f"- doubt: {doubt_words(answered)}"
