"""run.report: report on a run."""

from pydantic import Field

from podium.dialogue.documents.formats import render_run_report
from podium.entities.runs import find_run, load_task_runs, plan_of
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.status import RunStatus, run_status


class ReportParams(Frozen):
    """Parameters of `run.report`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")


class RunReport(Frozen):
    """The report as Markdown, and the data on which it is based."""

    status: RunStatus
    markdown: str


@operation("run.report", Effect.READ)
async def report(engine: Engine, params: ReportParams) -> RunReport:
    """Report what a run did: tasks, attempts, gates, commits, time and cost.

    Raises:
        RunNotFound: there are no runs, or no run has this id.
    """
    run = find_run(engine.store, params.run)
    plan = plan_of(engine.store, run)
    task_runs = load_task_runs(engine.store, run)
    status = run_status(engine, run)
    markdown = render_run_report(run, task_runs, plan, budget=status.budget)
    return RunReport(status=status, markdown=markdown)
