"""A plan that is written as Markdown, CSV or JSON is read back as the same plan."""

import csv
import io

import pytest
from hypothesis import given, settings

from podium.dialogue.documents.formats import (
    parse_csv,
    parse_json,
    parse_markdown,
    read_markdown,
    read_plan_json,
    render_csv,
    render_json,
    render_markdown,
)
from podium.dialogue.replies.plan_replies import parse_plan_reply
from podium.model.plans import PlanDraft
from tests.core.dialogue.drafts import FULL_PLAN, TEXTS, drafts, plan_of

FULL_DRAFT = PlanDraft(summary=FULL_PLAN.header.summary, tasks=FULL_PLAN.tasks)


@pytest.mark.promise("P5")
@settings(max_examples=80)
@given(draft=drafts())
def test_markdown_gives_the_draft_back(draft: PlanDraft) -> None:
    assert parse_markdown(render_markdown(plan_of(draft), {}, None)) == draft


@pytest.mark.promise("P5")
@given(objective=TEXTS.filter(bool))
def test_markdown_gives_the_objective_back(objective: str) -> None:
    text = render_markdown(plan_of(FULL_DRAFT, objective), {}, None)
    assert read_markdown(text).objective == objective


@pytest.mark.promise("P5")
@settings(max_examples=60)
@given(draft=drafts(with_summary=False))
def test_csv_gives_the_tasks_back_and_holds_no_formula(draft: PlanDraft) -> None:
    text = render_csv(plan_of(draft))
    assert parse_csv(text) == draft
    rows = csv.reader(io.StringIO(text, newline=""))
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r"))]


@pytest.mark.promise("P5")
@settings(max_examples=40)
@given(draft=drafts())
def test_json_gives_the_draft_back(draft: PlanDraft) -> None:
    assert parse_json(render_json(plan_of(draft))) == draft


@pytest.mark.promise("P5")
def test_json_keeps_objective_and_agents() -> None:
    document = read_plan_json(render_json(FULL_PLAN), "plan.json")
    assert document.objective == FULL_PLAN.objective
    assert document.agents == FULL_PLAN.header.agents


@pytest.mark.promise("P1.tolerant", "P5")
def test_an_exported_plan_is_a_valid_reply_of_an_architect() -> None:
    reply = parse_plan_reply(render_json(FULL_PLAN))
    assert (reply.draft, reply.complete) == (FULL_DRAFT, True)
    assert reply.objective == FULL_PLAN.objective
