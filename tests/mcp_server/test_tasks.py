"""The assistant works: it takes a task, does it, and shows it (SPEC, first way)."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.model.events import Actor
from podium.projects.trust import trust
from tests.mcp_server.harness import (
    DECLINE,
    TASKS,
    YES,
    Era,
    approved_plan,
    as_person,
    connect,
    opened_by,
    operate,
)
from tests.support.repositories import whole_state

pytestmark = pytest.mark.anyio

HOST = "agent mcp"
"""What the SDK's client calls itself, when words are handed on."""
AGENT = Actor(kind="agent", name="other", face="library")


@pytest.mark.promise("K1.next", "K1.session", "K3.command", "M4")
async def test_a_task_is_taken_done_and_shown(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = await approved_plan(host, project)
        taken = (await host.call("task_next")).facts
        lease, session = taken.pop("lease"), taken.pop("session")
        assert taken.pop("until") > "2020"
        assert taken == {
            "task": f"{plan}/parse",
            "title": "Parse the flag",
            "objective": "Add a flag",
            "files": ["cli.py"],
            "accept": [
                {
                    "id": "c1",
                    "text": "cli.py parses",
                    "command": ["python3", "-m", "py_compile", "cli.py"],
                }
            ],
            "gates": ["syntax", "python3 -m py_compile cli.py"],
            "next": f"do it, then task_update {plan}/parse state=done",
        }
        assert lease.startswith("l-")
        (project / "cli.py").write_text("flag = True\n")
        note = "the flag is read in cli.py"
        done = (await host.call("task_update", task=f"{plan}/parse", state="done", note=note)).facts
        assert done == {
            "task": f"{plan}/parse",
            "state": "done",
            "note": f"{HOST}: {note}",
            "next": f"task_next {plan}",
        }
        following = (await host.call("task_next")).facts
        assert following["task"] == f"{plan}/docs"
        assert following["earlier"] == [f"parse Parse the flag; {HOST}: {note}"]
        opened = (await host.call("session_list", session=session)).facts
        assert (opened["type"], opened["state"]) == ("execution", "completed")


@pytest.mark.promise("M1")
async def test_words_that_are_handed_on_say_whose_they_are(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        plan = await approved_plan(host, project)
        async with as_person(project) as engine:
            session = (await operate(engine, "plan.show", plan=plan)).plan.header.session_id
            await operate(engine, "session.update", session=session, decision="no regex")
        async with opened_by(AGENT, project) as engine:
            await operate(engine, "session.update", session=session, decision="use a regex")
            await operate(engine, "session.update", session=session, message="as I said")
        taken = (await host.call("task_next")).facts
        assert taken["decisions"] == ["person tester: no regex", "agent other: use a regex"]
        opened = (await host.call("session_list", session=session)).facts
        assert opened["decisions"] == taken["decisions"]
        assert opened["messages"][-1] == "assistant: as I said"
        reason = "the library is missing"
        stopped = (
            await host.call("task_update", task=f"{plan}/parse", state="blocked", reason=reason)
        ).facts
        assert stopped["reason"] == f"{HOST}: {reason}"


@pytest.mark.promise("K3.evidence", "K3.file")
async def test_done_is_refused_with_the_criterion_that_nothing_shows(
    project: Path, era: Era
) -> None:
    tasks = [{"id": "docs", "title": "Docs", "accept": [{"text": "the flag is explained"}]}]
    async with connect(project, era) as host:
        plan = await approved_plan(host, project, tasks)
        await host.call("task_next")
        (project / "README.md").write_text("--flag does it\n")
        refused = (await host.call("task_update", task="docs", state="done")).error
        assert "no evidence for c1: the flag is explained" in refused
        false = [{"criterion": "c1", "file": "README.md", "contains": "--other"}]
        refused = (await host.call("task_update", task="docs", state="done", evidence=false)).error
        assert "does not contain '--other'" in refused
        true = [{"criterion": "c1", "file": "README.md", "contains": "--flag"}]
        done = (await host.call("task_update", task="docs", state="done", evidence=true)).facts
        assert done["state"] == "done"
        assert (await host.call("plan_check", plan=plan)).facts["complete"] is True


@pytest.mark.promise("V1.every")
async def test_done_is_refused_while_a_changed_file_is_broken(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        await approved_plan(host, project)
        await host.call("task_next")
        (project / "cli.py").write_text("def flag(:\n")
        refused = (await host.call("task_update", task="parse", state="done")).error
        assert "the syntax gate failed" in refused
        assert "cli.py:1" in refused
        (project / "cli.py").write_text("def flag(): ...\n")
        assert (await host.call("task_update", task="parse", state="done")).facts["state"] == "done"


@pytest.mark.promise("V6.asked", "V6.confirmed", "V6.evidence")
async def test_done_lists_doubts_and_takes_answers(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        await approved_plan(host, project)
        await host.call("task_next")
        (project / "cli.py").write_text("def flag() -> str:\n    raise NotImplementedError\n")
        refused = (await host.call("task_update", task="parse", state="done")).error
        assert "1 doubt to answer" in refused
        assert "cli.py:1" in refused
        doubts = {"cli.py:1": "the next task writes it"}
        done = await host.call("task_update", task="parse", state="done", doubts=doubts)
        assert done.facts["state"] == "done"
        (answered,) = done.facts["doubts"]
        assert answered.startswith("cli.py:1: `flag` is a stub")
        assert answered.endswith("which wrote it: the next task writes it)")


@pytest.mark.promise("V2.definitions")
async def test_done_is_refused_until_the_promised_definitions_are_there(
    project: Path, era: Era
) -> None:
    defines = {"cli.py": ["flag"], "more.py": ["Flags.parse", "main"]}
    tasks = [{"id": "parse", "title": "Parse", "files": ["cli.py"], "defines": defines}]
    async with connect(project, era) as host:
        plan = await approved_plan(host, project, tasks)
        assert (await host.call("plan_get", task=f"{plan}/parse")).facts["defines"] == defines
        await host.call("task_next")
        (project / "cli.py").write_text("def other(): ...\n")
        refused = (await host.call("task_update", task="parse", state="done")).error
        assert "`flag` is not defined here, but the task expects it" in refused
        assert (
            "more.py: the file does not exist; the task expects it to define `Flags.parse`, `main`"
            in refused
        )
        (project / "cli.py").write_text("def flag(): ...\n")
        (project / "more.py").write_text(
            "class Flags:\n    def parse(self): ...\n\n\ndef main(): ...\n"
        )
        assert (await host.call("task_update", task="parse", state="done")).facts["state"] == "done"


@pytest.mark.promise("R9.tests")
async def test_the_projects_own_tests_are_run_before_done_is_accepted(project: Path) -> None:
    config = project / ".podium/config.yaml"
    config.write_text('gates:\n  test: [python3, -c, "import cli; assert cli.flag"]\n')
    async with connect(project) as host:
        await approved_plan(host, project)
        await host.call("task_next")
        (project / "cli.py").write_text("flag = False\n")
        untrusted = (await host.call("task_update", task="parse", state="done")).error
        assert "ask the person to run `podium trust`" in untrusted
        async with as_person(project) as engine:
            trust(engine.root, engine.config.config)
        failing = (await host.call("task_update", task="parse", state="done")).error
        assert "the test gate failed" in failing
        assert "AssertionError" in failing
        (project / "cli.py").write_text("flag = True\n")
        assert (await host.call("task_update", task="parse", state="done")).facts["state"] == "done"


@pytest.mark.promise("K3.word", "K3.asked")
async def test_the_persons_word_counts_when_they_give_it(project: Path, era: Era) -> None:
    tasks = [{"id": "docs", "title": "Docs", "accept": [{"text": "it reads well"}]}]
    async with connect(project, era, answer=YES) as host:
        plan = await approved_plan(host, project, tasks)
        await host.call("task_next")
        done = await host.call("task_update", task="docs", state="done", ask_person=True)
        assert done.facts["state"] == "done"
        assert host.questions == [
            f"Task {plan}/docs: 0 files changed. Is it done nevertheless? "
            f"To read it first: podium task {plan}/docs",
            f"Task {plan}/docs: are its criteria c1 met? There is no other evidence. "
            'Criteria: "c1: it reads well". Changes: 0 files changed. Not shown: c1. '
            f"To read it first: podium task {plan}/docs",
        ]
    async with as_person(project) as engine:
        _, evidence = (await operate(engine, "task.show", task="docs")).progress.evidence
        assert (evidence.shown.type, evidence.by.kind, evidence.by.face) == (
            "word",
            "person",
            "mcp",
        )


@pytest.mark.promise("K3.evidence")
@pytest.mark.parametrize("answer", [None, DECLINE])
async def test_without_the_persons_word_done_stays_refused(
    project: Path, era: Era, answer: Any
) -> None:
    tasks = [{"id": "docs", "title": "Docs", "accept": [{"text": "it reads well"}]}]
    async with connect(project, era, answer=answer) as host:
        await approved_plan(host, project, tasks)
        await host.call("task_next")
        refused = await host.call("task_update", task="docs", state="done", ask_person=True)
        assert "no evidence for c1" in refused.error


@pytest.mark.promise("M4", "K1.next")
async def test_two_hosts_never_get_the_same_task(project: Path) -> None:
    tasks = [{"id": f"t{n}", "title": f"Part {n}"} for n in range(1, 9)]
    taken: list[str] = []

    async def take(name: str) -> None:
        async with connect(project, client_info=_named(name)) as host:
            while (got := (await host.call("task_next")).facts).get("task"):
                taken.append(got["task"])

    async with connect(project) as host:
        plan = await approved_plan(host, project, tasks)
    async with anyio.create_task_group() as group:
        group.start_soon(take, "one")
        group.start_soon(take, "two")
    assert sorted(taken) == [f"{plan}/t{n}" for n in range(1, 9)]


@pytest.mark.promise("M4")
async def test_another_hosts_task_cannot_be_changed_unless_its_token_is_known(
    project: Path,
) -> None:
    async with (
        connect(project, client_info=_named("one")) as one,
        connect(project, client_info=_named("two")) as two,
    ):
        plan = await approved_plan(one, project)
        taken = (await one.call("task_next")).facts
        for wanted in ({"state": "done"}, {"percent": 50}, {"state": "pending"}):
            refused = (await two.call("task_update", task=taken["task"], **wanted)).error
            assert "is claimed by another agent: one has claimed it until" in refused
        assert (await two.call("task_next")).facts == {
            "plan": plan,
            "task": None,
            "waiting": 1,
            "held": ["parse"],
            "next": "others are working on tasks; try again later",
        }
        kept = await two.call("task_update", task="parse", percent=40, lease=taken["lease"])
        assert kept.facts["percent"] == 40


@pytest.mark.promise("K1.next")
async def test_a_task_that_is_given_back_can_be_taken_again(project: Path) -> None:
    async with (
        connect(project, client_info=_named("one")) as one,
        connect(project, client_info=_named("two")) as two,
    ):
        await approved_plan(one, project)
        taken = (await one.call("task_next")).facts["task"]
        given = (await one.call("task_update", task=taken, state="pending")).facts
        assert given["state"] == "pending"
        assert (await two.call("task_next")).facts["task"] == taken


async def test_a_task_is_not_done_by_somebody_who_did_not_take_it(project: Path) -> None:
    async with connect(project) as host:
        await approved_plan(host, project)
        refused = (await host.call("task_update", task="parse", state="done")).error
        assert "was not claimed" in refused
        assert "Next: " in refused


@pytest.mark.promise("P4.approve")
async def test_no_task_is_given_out_before_the_plan_is_approved(project: Path, era: Era) -> None:
    async with connect(project, era) as host:
        made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
        refused = (await host.call("task_next")).error
        assert "No plan is approved" in refused
        assert f"plan_approve {made['plan']}" in refused


@pytest.mark.promise("R4.untouched")
async def test_taking_and_finishing_a_task_leaves_the_checkout_alone(project: Path) -> None:
    async with connect(project) as host:
        await approved_plan(host, project)
        (project / "cli.py").write_text("flag = True\n")
        (project / "README.md").write_text("half written\n")
        before = _without_podium(whole_state(project))
        await host.call("task_next")
        await host.call("task_update", task="parse", state="done")
        _remove(project / "__pycache__")
        assert _without_podium(whole_state(project)) == before


async def test_blocked_needs_a_reason(project: Path) -> None:
    async with connect(project) as host:
        await approved_plan(host, project)
        await host.call("task_next")
        assert (
            "needs a reason"
            in (await host.call("task_update", task="parse", state="blocked")).error
        )
        told = await host.call("task_update", task="parse", state="blocked", reason="no API yet")
        assert (told.facts["state"], told.facts["reason"]) == ("blocked", f"{HOST}: no API yet")


def _named(name: str) -> Any:
    import mcp_types as wire

    return wire.Implementation(name=name, version="1")


def _remove(folder: Path) -> None:
    for each in folder.glob("*"):
        each.unlink()
    if folder.exists():
        folder.rmdir()


def _without_podium(state: dict[str, Any]) -> dict[str, Any]:
    files = {k: v for k, v in state["files"].items() if not k.startswith(".podium/")}
    return {**state, "files": files, "status": None}
