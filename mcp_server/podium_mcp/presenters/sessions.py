"""Presents a session as facts for a model."""

from typing import Any

from podium.operations.session.views import SessionView
from podium.operations.text.lines import line
from podium_mcp.presenters.results import Facts
from podium_mcp.sanitize import attributed, one_line

_LAST_MESSAGES = 10
_LONGEST_ROW = 300


def session_facts(view: SessionView) -> Facts:
    """Return a session's summary with its decisions and latest messages."""
    session = view.session
    context = session.context
    facts: dict[str, Any] = {
        "session": session.id,
        "type": session.type,
        "state": session.state,
        "title": session.title,
        "plan": session.plan_id,
        "task": session.task_id,
        "focus": context.focus,
        "summary": context.summary,
        "decisions": [attributed(each.by, each.text, 400) for each in context.decisions],
        "messages": [f"{each.role}: {each.text}" for each in context.messages[-_LAST_MESSAGES:]],
        "artifacts": [each.reference for each in context.artifacts],
        "children": [one_line(line(row), _LONGEST_ROW) for row in view.children],
        "thoughts": view.thoughts,
    }
    kept = {key: value for key, value in facts.items() if value}
    return kept | {"next": f"plan_get {session.plan_id}" if session.plan_id else "think"}
