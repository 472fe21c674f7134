"""The documents that persons read: plan.md, the graph, the table and the report of a run."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from podium.dialogue.documents.formats import (
    parse_markdown,
    render_csv,
    render_json,
    render_markdown,
    render_mermaid,
    render_run_report,
)
from podium.model.agents import Outcome, Role, Usage
from podium.model.plans import AgentChoice, Approval, Decision, Plan, PlanDraft, Task
from podium.model.progress import (
    CommandShown,
    Evidence,
    FileShown,
    TaskProgress,
    TestsShown,
    VerdictShown,
    WordGiven,
)
from podium.model.runs import (
    AgentCall,
    AgentResult,
    Attempt,
    GateResult,
    GatesResult,
    Problem,
    Run,
    RunMode,
    RunSettings,
    TaskRun,
)
from podium.model.states import Phase, RunState, TaskState
from tests.core.dialogue.drafts import ADA, FULL_PLAN, NOON, drafts, plan_of
from tests.support.goldens import Goldens

GOLDENS = Path(__file__).parent / "goldens" / "documents"
PROGRESS = {
    "t1": TaskProgress(
        state=TaskState.DONE,
        percent=100,
        commit="0123456789abcdef",
        evidence=(
            Evidence(
                criterion="c1",
                shown=CommandShown(command=("pytest", "-q"), exit_code=0),
                by=ADA,
                at=NOON,
            ),
            Evidence(criterion="c2", shown=WordGiven(text="I *looked*"), by=ADA, at=NOON),
        ),
    ),
    "t2": TaskProgress(state=TaskState.RUNNING, percent=40, note="registering works"),
    "t3": TaskProgress(state=TaskState.BLOCKED, reason="the design is open"),
}
APPROVAL = Approval(decision=Decision.APPROVED, version=FULL_PLAN.version, by=ADA, at=NOON)


@pytest.mark.promise("P5", "P6")
def test_plan_md_is_what_its_golden_says(goldens: Goldens) -> None:
    goldens.check(GOLDENS / "plan.md", render_markdown(FULL_PLAN, PROGRESS, APPROVAL))


@pytest.mark.promise("P5")
def test_what_only_reports_is_not_read_back() -> None:
    draft = PlanDraft(summary=FULL_PLAN.header.summary, tasks=FULL_PLAN.tasks)
    assert parse_markdown(render_markdown(FULL_PLAN, PROGRESS, APPROVAL)) == draft


@pytest.mark.promise("P5")
@pytest.mark.parametrize("form", ["csv", "json", "mmd"])
def test_exports_are_what_their_goldens_say(form: str, goldens: Goldens) -> None:
    made = {
        "csv": render_csv(FULL_PLAN),
        "json": render_json(FULL_PLAN),
        "mmd": render_mermaid(FULL_PLAN, PROGRESS),
    }[form]
    goldens.check(GOLDENS / f"plan.{form}", made)


@pytest.mark.promise("P4.version", "P5")
@pytest.mark.parametrize(
    ("approval", "expected"),
    [
        (None, "**Draft, not approved** · version"),
        (APPROVAL, "**Approved by ada on 2026-03-14** · version"),
        (
            APPROVAL.model_copy(update={"version": "0" * 64}),
            "**Changed since it was approved by ada on 2026-03-14; not approved** · version",
        ),
        (
            APPROVAL.model_copy(update={"decision": Decision.REJECTED, "reason": "too *big*"}),
            r"**Rejected by ada on 2026-03-14: too \*big\*** · version",
        ),
    ],
)
def test_the_state_line_says_whether_this_version_is_approved(
    approval: Approval | None, expected: str
) -> None:
    line = render_markdown(FULL_PLAN, {}, approval).split("\n")[2]
    assert line.startswith(expected)
    assert line.endswith("0 of 4 tasks done · plan `p-7k3m9x`")


@pytest.mark.promise("K3.evidence", "P5")
@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (CommandShown(command=("a b",), exit_code=1), "`'a b'` exited with code 1"),
        (TestsShown(passed=3), "tests: 3 passed, 0 failed"),
        (FileShown(path="a.py"), "the file `a.py` exists"),
        (FileShown(path="a.py", contains="x`y"), "the file `a.py` contains ``x`y``"),
        (VerdictShown(auditor="bob", passed=False, text="no"), "bob reports not met: no"),
        (WordGiven(), "confirmed by hand"),
    ],
)
def test_evidence_is_told_under_its_criterion(shown: object, expected: str) -> None:
    proof = Evidence.model_validate({"criterion": "c1", "shown": shown, "by": ADA, "at": NOON})
    text = render_markdown(FULL_PLAN, {"t1": TaskProgress(evidence=(proof,))}, None)
    assert f"  - {expected} (ada, 2026-03-14 12:00)\n" in text


@pytest.mark.promise("P5")
@settings(max_examples=60)
@given(draft=drafts())
def test_no_title_breaks_the_drawing(draft: PlanDraft) -> None:
    plan = plan_of(draft)
    allowed = re.compile(
        r"flowchart LR|    n\d+\[\"[^\"\[\]{}<>|`\\%&;]*(?:#\d+;[^\"\[\]{}<>|`\\%&;]*)*\"\]"
        r"|    n\d+ (?:-->|-\.-) n\d+|    classDef \w+ [\w:#, -]+|    class n\d+ \w+"
    )
    lines = render_mermaid(plan, {}).rstrip("\n").split("\n")
    assert [line for line in lines if not allowed.fullmatch(line)] == []


def test_a_plan_that_breaks_rules_is_still_shown() -> None:
    tasks = (FULL_PLAN.tasks[1], FULL_PLAN.tasks[1])
    text = render_markdown(Plan(header=FULL_PLAN.header, tasks=tasks), {}, None)
    assert text.count("### `t2`") == 2
    assert "## Estimate" not in text


def test_a_plan_of_very_many_tasks_is_not_drawn() -> None:
    tasks = tuple(Task(id=f"t{n}", title="T") for n in range(101))
    text = render_markdown(Plan(header=FULL_PLAN.header, tasks=tasks), {}, None)
    assert "\nThe graph is omitted: 101 tasks are too many to draw.\n" in text
    assert "mermaid" not in text


def run_of(**fields: object) -> Run:
    base = Run(
        id="r-2b4d6f",
        plan_id=FULL_PLAN.id,
        plan_version=FULL_PLAN.version,
        mode=RunMode.PARALLEL,
        settings=RunSettings(max_parallel=2),
        agents={"executor": (AgentChoice(agent="gemini"),)},
        task_ids=("t1", "t2", "t3", "t4"),
        state=RunState.PARTIAL,
        base_commit="aaaaaaaaaaaaaaaa",
        target_branch="main",
        integration_branch="podium/p-7k3m9x/integration",
        created_at=NOON,
        created_by=ADA,
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=12, seconds=5),
    )
    return base.model_copy(update=fields)


def attempt_of(
    number: int,
    *,
    calls: tuple[AgentCall, ...] | None = None,
    gates: tuple[GateResult, ...] = (),
    **fields: object,
) -> Attempt:
    start = NOON + timedelta(minutes=number)
    call = AgentCall(
        key=f"r-2b4d6f/t1/{number}/execute",
        agent="gemini",
        role=Role.EXECUTOR,
        outcome=Outcome.COMPLETED,
        usage=Usage(input_tokens=12_000, output_tokens=800, cost_usd=0.0123),
        started_at=start,
        ended_at=start + timedelta(seconds=31.4),
    )
    base = Attempt(
        number=number,
        branch=f"podium/p-7k3m9x/t1-{number}",
        results=(
            AgentResult(path="execute", passed=True, calls=(call,) if calls is None else calls),
            *(
                GatesResult(path=f"{stage}", passed=True, gates=found)
                for stage in ("attempt", "merged")
                if (found := tuple(each for each in gates if each.stage == stage))
            ),
        ),
        started_at=start,
        ended_at=start + timedelta(seconds=42),
    )
    return base.model_copy(update=fields)


FAILED_GATE = GateResult(
    gate="tests",
    passed=False,
    summary="2 of 10 tests failed",
    problems=(
        Problem(message="assert 1 == 2\nAPI_KEY=abc", path="tests/test_a.py", line=7),
        *(Problem(message=f"problem {n}") for n in range(11)),
    ),
    output_tail="\x1b[31mFAILED\x1b[0m\n```\n# not a heading\nTOKEN=abc\n",
)
TASK_RUNS = {
    "t1": TaskRun(
        task_id="t1",
        phase=Phase.DONE,
        attempts=(
            attempt_of(1, gates=(FAILED_GATE,), problem="the tests failed"),
            attempt_of(
                2,
                gates=(
                    GateResult(gate="syntax", passed=True, summary="2 files parsed"),
                    GateResult(gate="tests", passed=True, summary="10 passed", stage="merged"),
                ),
                changed_files=("src/passkeys.py", "src/models.py"),
                commit="bbbbbbbbbbbbbbbb",
                merged_commit="cccccccccccccccc",
            ),
        ),
    ),
    "t2": TaskRun(
        task_id="t2",
        phase=Phase.FAILED,
        reason="no attempt is left",
        attempts=(
            attempt_of(
                1,
                calls=(
                    AgentCall(
                        key="r-2b4d6f/t2/1/execute",
                        agent="gemini",
                        role=Role.EXECUTOR,
                        outcome=Outcome.RATE_LIMITED,
                        detail="429: try again\nin 60 s",
                        denied=("write outside of the folder",),
                    ),
                ),
                problem="gemini was rate limited",
                ended_at=None,
            ),
        ),
    ),
    "t4": TaskRun(task_id="t4", phase=Phase.BLOCKED, reason="requires t2 (failed)"),
}


@pytest.mark.promise("R8.report")
def test_the_report_of_a_run_is_what_its_golden_says(goldens: Goldens) -> None:
    goldens.check(GOLDENS / "report.md", render_run_report(run_of(), TASK_RUNS, FULL_PLAN))


@pytest.mark.promise("R8.report", "G9.redacted")
def test_a_report_tells_no_secret_and_keeps_output_apart() -> None:
    text = render_run_report(run_of(), TASK_RUNS, FULL_PLAN)
    assert "=abc" not in text
    assert "\x1b" not in text
    assert "\n# not a heading" not in text


@pytest.mark.promise("R8.report")
def test_a_report_of_a_fresh_run_and_of_a_changed_plan_is_short() -> None:
    fresh = run_of(state=RunState.PENDING, started_at=None, ended_at=None, plan_version="0" * 64)
    text = render_run_report(fresh, {}, FULL_PLAN)
    assert "**pending** · 4 waiting\n" in text
    assert "> The plan has changed since this run, which executed version `000000000000`." in text
    assert "cost" not in text
    assert "\n## " not in text
