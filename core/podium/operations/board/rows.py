"""board.rows: return the children of a board node."""

from pydantic import Field

from podium.entities.access import Reader
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import all_plans, load_plan
from podium.entities.questions import all_questions
from podium.entities.runs import active_run, all_runs, load_task_runs
from podium.entities.tasks import load_progress
from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.plans import Plan
from podium.model.questions import Held, held_by
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.finding.views import all_findings
from podium.operations.operation import Effect, operation
from podium.views import board
from podium.views.board import BoardRow, PlanFacts, finding_row

__all__ = ["BoardRow", "BoardRows", "RowsParams", "finding_row", "rows"]


class RowsParams(Frozen):
    """Parameters of `board.rows`."""

    node: str = Field(default="", description="the `node` of a row; by default the root")


class BoardRows(Frozen):
    """The children of a node, in display order."""

    node: str
    rows: tuple[BoardRow, ...]
    open_findings: int
    """Number of open findings in the project."""


@operation("board.rows", Effect.READ)
async def rows(engine: Engine, params: RowsParams) -> BoardRows:
    """Return the children of a board node: plans, tasks, runs, findings.

    Raises:
        ValidationError: the node does not exist.
        PlanNotFound: the plan does not exist.
    """
    findings = [each for each in all_findings(engine.store) if each.status is FindingStatus.OPEN]
    found = _below(engine.store, params.node, findings)
    return BoardRows(node=params.node, rows=found, open_findings=len(findings))


def _below(reader: Reader, node: str, findings: list[Finding]) -> tuple[BoardRow, ...]:
    match node.split("/") if node else []:
        case []:
            plans = [_facts(reader, each) for each in all_plans(reader)]
            return (*board.plan_rows(plans), *board.findings_group(findings))
        case [board.FINDINGS]:
            return board.file_rows(findings)
        case [board.FINDINGS, *names]:
            return board.finding_rows(each for each in findings if each.path == "/".join(names))
        case [plan_id]:
            plan = load_plan(reader, plan_id)
            return board.task_rows(_facts(reader, plan, findings))
        case [plan_id, task_id]:
            runs = [
                (run, row, held_by(all_questions(reader, run.id)))
                for run in all_runs(reader, plan_id)
                if (row := load_task_runs(reader, run).get(task_id)) is not None
            ]
            return board.run_rows(plan_id, task_id, runs, findings)
        case [plan_id, task_id, run_id]:
            place = (plan_id, task_id, run_id)
            return board.finding_rows(
                each for each in findings if (each.plan_id, each.task_id, each.run_id) == place
            )
        case _:
            raise ValidationError(f"The board has no node {node!r}")


def _facts(reader: Reader, plan: Plan, findings: list[Finding] | None = None) -> PlanFacts:
    active = active_run(reader, plan.id)
    return PlanFacts(
        plan=plan,
        state=state_of_plan(reader, plan),
        progress=load_progress(reader, plan.id),
        runs=all_runs(reader, plan.id),
        active=active,
        phases=load_task_runs(reader, active) if active else {},
        findings=[each for each in findings or () if each.plan_id == plan.id],
        held=held_by(all_questions(reader, active.id)) if active else Held(),
    )
