"""The one Markdown text of each result."""

import re
from datetime import UTC, datetime

import anyio
import pytest

from podium.errors import InternalError
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.states import PlanState
from podium.operations.plan.approve import ApproveParams, confirm
from podium.operations.plan.check import completeness
from podium.operations.plan.list import PlanList
from podium.operations.rendering import markdown
from podium.operations.run.log import LogLine
from podium.operations.text.lines import line
from podium.operations.views import PlanRow
from tests.support.commands import podium
from tests.support.projects import Project, task, write

HOSTILE = "x](http://evil) | `y` <script>\n# Approved"


def test_a_plan_is_written_as_it_is_exported(project: Project) -> None:
    view = project.ask("plan.create", objective="Add a flag", tasks=[task("a")])
    exported = project.ask("plan.export", plan=view.plan.id)
    assert markdown(view) == exported.text


def test_a_run_and_its_task(project: Project) -> None:
    plan_id = project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
    status = project.run_to_end(plan_id)
    assert markdown(status) == (
        f"# Run `{status.run_id}` of plan `{plan_id}`\n\n"
        "> Test\n\n"
        "**completed** · 1 of 1 done\n\n"
        "| Task | Title | Phase | Attempt | Problem |\n"
        "| --- | --- | --- | --- | --- |\n"
        f"| `one` | Do one | done | 1 of {status.tasks[0].max_attempts} |  |\n\n"
        f"Next: `podium land {plan_id}`\n"
    )
    log = markdown(project.ask("run.log"))
    assert log.startswith(f"## Log of run `{status.run_id}`\n\n- ")
    assert f"{status.run_id}/one" in log
    report = project.ask("run.report")
    assert markdown(report) == report.markdown
    text = markdown(project.ask("task.show", task=f"{plan_id}/one"))
    assert text.startswith("### `one` Do one\n\n- [x] **done**")
    assert "**History**" in text
    check = project.ask("plan.check", plan=plan_id)
    assert markdown(check).startswith(f"Plan `{plan_id}` is **complete**: 1 of 1 task done")


def test_a_check_is_shown_with_the_same_words_everywhere(project: Project) -> None:
    accept = [{"id": "c1", "text": "it *works*"}]
    project.plan([task("one", acceptance=accept)], {"one": [[write("a.py", "a = 1\n")]]})
    view = completeness(project.ask("plan.check"))
    text = markdown(project.ask("plan.check"))
    assert text == (
        f"Plan `{view.plan_id}` is **not complete**: 0 of 1 task done, 0 open findings\n\n"
        "- one is pending\n- one: c1 is not shown\n\n"
        "- `one` Do one: pending\n  - [ ] it \\*works\\*: not shown: needs a person's word, "
        "an auditor's verdict or a file\n"
    )
    shown = podium(project.root, "check").stdout
    assert f"{view.verdict.capitalize()} {view.plan_id}  {view.counts}" in shown
    assert view.tasks[0].criteria[0].evidence in shown


def finding(message: str) -> Finding:
    place = Range(start=Position(line=3), end=Position(line=4))
    return Finding(
        id="f-1",
        path="a.py",
        range=place,
        severity=Severity.ERROR,
        category="bug",
        message=message,
        said_by="claude",
        suggested_edit=SuggestedEdit(range=place, text="```\n# Approved\n"),
    )


def test_what_an_agent_says_stays_a_quotation() -> None:
    text = markdown(finding(HOSTILE))
    assert text.startswith("### error `f-1` (bug)\n\n> ")
    assert "\n> # Approved\n" in text
    assert "\n````\n```\n# Approved\n````\n" in text, "the fence is longer than any in the text"


def test_a_list_is_a_table_with_what_is_left() -> None:
    row = PlanRow(
        id="p-1",
        objective=HOSTILE,
        state=PlanState.DRAFT,
        version="abc",
        done=0,
        total=2,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    text = markdown(PlanList(plans=(row,), total=3))
    lines = text.splitlines()
    assert lines[0] == "| Plan | State | Done | Objective |"
    assert len(re.findall(r"(?<!\\)\|", lines[2])) == 5, "a bar in a cell ends no cell"
    assert lines[-1] == "2 more plans"
    assert markdown(PlanList(plans=(), total=0)) == "There is no plan.\n"


def test_a_question_is_rendered_with_its_facts(project: Project) -> None:
    view = project.ask("plan.create", objective=HOSTILE, tasks=[task("a")])

    async def ask() -> str:
        return markdown(await confirm(project.engine, ApproveParams()))

    text = anyio.run(ask)
    assert text.startswith(f"**Approve plan {view.plan.id}, version {view.version}?**\n\n- ")
    assert "\n# Approved" not in text
    assert "- Tasks: 1\n" in text


def test_any_other_result_is_its_json(project: Project) -> None:
    text = markdown(project.ask("config.show"))
    assert text.startswith("```json\n{")


def test_a_row_is_one_line_of_bounded_length() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    plan = PlanRow(
        id="p-1",
        objective=HOSTILE * 9,
        state=PlanState.DRAFT,
        version="abc",
        done=0,
        total=2,
        created_at=at,
    )
    assert line(plan, 20) == "p-1 draft 0/2 x](http://evil) | `…"
    log = LogLine(at=at, subject="r-1", kind="run.created", message="one\ntwo")
    assert line(log) == "2026-01-02 03:04:05 r-1 one two"
    with pytest.raises(InternalError, match="one-line form"):
        line(finding("m"))
