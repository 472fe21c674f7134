"""What an assistant does with plans, in both eras of the protocol."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.mcp_server.harness import (
    CANCEL,
    DECLINE,
    NO,
    TASKS,
    YES,
    Era,
    approved_plan,
    as_person,
    connect,
    operate,
)

pytestmark = pytest.mark.anyio


@pytest.mark.promise("M1", "P1.tasks")
async def test_a_plan_is_created_and_every_result_names_the_next_step(
    project: Path, era: Era
) -> None:
    async with connect(project, era) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        plan, version = made["plan"], made["version"]
        assert made == {
            "plan": plan,
            "version": version,
            "state": "draft",
            "objective": "Add a flag",
            "done": "0/2",
            "tasks": {"ready": ["parse Parse the flag"], "pending": ["docs Write the docs"]},
            "next": f"plan_approve {plan} {version}",
        }
        assert (await host.call("plan_get", plan=plan)).facts == made
        listed = (await host.call("plan_get")).facts
        assert listed == {"plans": [f"{plan} draft 0/2 Add a flag"], "next": f"plan_get {plan}"}


@pytest.mark.promise("P1.strict")
@pytest.mark.parametrize(
    ("tasks", "named"),
    [
        ([], "A plan needs tasks"),
        ([{"id": "a", "title": "A", "requires": ["b"]}], "'b', which is not in the plan"),
        ([{"id": "a", "title": "A", "files": ["../x"]}], "parent folder"),
        (
            [
                {"id": "a", "title": "A", "requires": ["b"]},
                {"id": "b", "title": "B", "requires": ["a"]},
            ],
            "in a cycle",
        ),
    ],
)
async def test_a_broken_plan_is_refused_and_the_reason_is_named(
    project: Path, tasks: list[dict[str, Any]], named: str
) -> None:
    async with connect(project) as host:
        error = (await host.call("plan_create", objective="x", tasks=tasks)).error
        assert named in error
        assert "Next: " in error
        assert (await host.call("plan_get")).facts["plans"] == []


@pytest.mark.promise("M3.elicitation", "P4.approve")
async def test_the_person_approves_in_the_hosts_dialog(project: Path, era: Era) -> None:
    async with connect(project, era, answer=YES) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        done = (await host.call("plan_approve", plan=made["plan"], version=made["version"])).facts
        assert (done["approved"], done["state"]) == (True, "approved")
        assert host.questions == [
            f"Approve plan {made['plan']}, version {made['version']}? Tasks: 2. Declared files: 2. "
            f"Commands run as checks: 1. Estimate: 60 min. "
            "Sandbox: Commands are not confined: sandbox.mode is off. "
            "Agent: No agent is chosen. "
            f"To read it first: podium show {made['plan']}"
        ]
        assert "title" not in host.forms[0], "one host cancels such a form without showing it"
    async with as_person(project) as engine:
        view = await operate(engine, "plan.show", plan=made["plan"])
        assert (view.approval.by.kind, view.approval.by.face) == ("person", "mcp")
        history = engine.store.history(made["plan"])
        assert (history[-1].event.kind, history[-1].actor.kind) == ("plan.approved", "person")


@pytest.mark.promise("P4.approve")
@pytest.mark.parametrize("answer", [NO, DECLINE, CANCEL])
async def test_a_plan_stays_a_draft_when_the_person_does_not_agree(
    project: Path, era: Era, answer: Any
) -> None:
    async with connect(project, era, answer=answer) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        told = (await host.call("plan_approve", plan=made["plan"], version=made["version"])).facts
        assert (told["approved"], told["state"]) == (False, "draft")
        assert (await host.call("plan_get", plan=made["plan"])).facts["state"] == "draft"


@pytest.mark.promise("M3.elicitation", "P4.approve")
async def test_a_host_that_cannot_ask_is_told_the_command_for_the_person(
    project: Path, era: Era
) -> None:
    async with connect(project, era) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        told = (await host.call("plan_approve", plan=made["plan"], version=made["version"])).facts
        assert told["approved"] is False
        assert f"`podium approve {made['plan']}`" in told["next"]


@pytest.mark.promise("P4.version")
async def test_a_yes_does_not_count_when_the_plan_changes_while_the_question_is_open(
    project: Path, era: Era
) -> None:
    async def edit(question: str) -> None:
        plan = question.split()[2].rstrip(",")
        async with as_person(project) as engine:
            changed = [{"op": "text", "objective": f"Another one than in {len(question)}"}]
            await operate(engine, "plan.update", plan=plan, edits=changed)

    async with connect(project, era, answer=YES, meanwhile=edit) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        answer = await host.call("plan_approve", plan=made["plan"], version=made["version"])
        assert made["plan"] in answer.error
        assert (await host.call("plan_get", plan=made["plan"])).facts["state"] == "draft"


@pytest.mark.promise("P4.version")
async def test_an_approval_is_refused_for_a_version_that_was_not_read(
    project: Path, era: Era
) -> None:
    async with connect(project, era, answer=YES) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        for stale in ("000000000000", ""):
            answer = await host.call("plan_approve", plan=made["plan"], version=stale)
            assert f"at version {made['version']}" in answer.error
        assert host.questions == []


@pytest.mark.promise("P3.edit", "P3.reorder", "P3.add", "P3.reported", "P4.changed")
async def test_an_edit_makes_an_approved_plan_a_draft_again(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = await approved_plan(host, project)
        before = (await host.call("plan_get", plan=plan)).facts
        assert before["state"] == "approved"
        edits = [
            {"op": "add", "fields": {"id": "test", "title": "Test it", "files": ["t.py"]}},
            {"op": "set", "task": "docs", "fields": {"title": "Explain the flag"}},
            {"op": "first", "task": "test"},
            {"op": "set", "fields": {"objective": "Add the flag --json"}},
        ]
        after = (
            await host.call("plan_update", plan=plan, version=before["version"], edits=edits)
        ).facts
        assert after["changes"] == ["added test", "changed docs"]
        assert after["state"] == "draft"
        assert after["objective"] == "Add the flag --json"
        assert after["tasks"]["ready"] == ["test Test it", "parse Parse the flag"]
        stale = await host.call("plan_update", plan=plan, version=before["version"], edits=edits)
        assert "no longer has version" in stale.error


@pytest.mark.promise("P3.edit")
async def test_of_several_edits_none_is_kept_when_one_is_wrong(project: Path) -> None:
    async with connect(project) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        edits = [{"op": "drop", "task": "docs"}, {"op": "set", "task": "parse", "fields": {"x": 1}}]
        answer = await host.call(
            "plan_update", plan=made["plan"], version=made["version"], edits=edits
        )
        assert "'parse'" in answer.error
        assert (await host.call("plan_get", plan=made["plan"])).facts == made


@pytest.mark.promise("P5", "X1.paths")
async def test_a_plan_is_written_into_the_project_and_nowhere_else(project: Path) -> None:
    async with connect(project) as host:
        plan = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts["plan"]
        written = (await host.call("plan_export", plan=plan, path="docs/plan.md")).facts
        assert written["path"] == "docs/plan.md"
        assert "Parse the flag" in (project / "docs/plan.md").read_text()
        text = (await host.call("plan_export", plan=plan, format="json")).facts["text"]
        assert '"Parse the flag"' in text
        (project / "out").symlink_to("/tmp")
        for path in ("../x.md", "/tmp/x.md", "out/x.md", ".git/x", ".podium/x"):
            assert (
                "not a path in the project"
                in (await host.call("plan_export", plan=plan, path=path)).error
            )


@pytest.mark.promise("P7")
async def test_what_is_open_is_told_with_the_reason(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = await approved_plan(host, project)
        assert (await host.call("plan_check", plan=plan)).facts == {
            "plan": plan,
            "complete": False,
            "done": "0/2",
            "open": [
                "parse is pending",
                "docs is pending",
                "parse: c1 is not shown",
                "docs: c1 is not shown",
            ],
            "next": f"task_next {plan}",
        }


@pytest.mark.promise("M1")
async def test_long_lists_come_in_pages(project: Path) -> None:
    tasks = [{"title": f"Do part {n} of the work"} for n in range(1, 151)]
    async with connect(project) as host:
        first = (await host.call("plan_create", objective="Much", tasks=tasks)).facts
        assert (first["more"], first["cursor"]) == (50, "100")
        rest = (await host.call("plan_get", plan=first["plan"], cursor="100")).facts
        assert "more" not in rest
        assert first["tasks"]["ready"] + rest["tasks"]["ready"] == [
            f"t{n} Do part {n} of the work" for n in range(1, 151)
        ]
        assert "not a cursor" in (await host.call("plan_get", plan=first["plan"], cursor="x")).error


@pytest.mark.promise("M1")
async def test_an_unknown_id_is_answered_with_those_that_there_are(project: Path) -> None:
    async with connect(project) as host:
        plan = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts["plan"]
        error = (await host.call("plan_get", plan=plan[:-1] + "!")).error
        assert plan in error
        assert re.search(r"Next: .*plan_get", error)
