"""The next steps for a plan, a task, a run, a finding or a file, most common first.

Each face picks the steps that it offers, and phrases them itself.
"""

from pydantic import JsonValue

from podium.model.findings import Finding
from podium.model.plans import Plan, short_version
from podium.model.questions import Question
from podium.model.runs import RequestedState, Run
from podium.model.states import FindingStatus, PlanState, RunState, TaskState
from podium.views.commands import command_line
from podium.views.steps import Step

Steps = tuple[Step, ...]


def plan_steps(
    plan: Plan, state: PlanState, *, has_run: bool, landed: bool = False, active_run: str = ""
) -> Steps:
    """Return the next steps for a plan.

    Args:
        plan: the plan, in the version that needs a decision.
        state: the state of the plan.
        has_run: whether a run of it has started, so its integration branch may have results.
        landed: whether the result of its last run is already on the user's branch.
        active_run: the id of the run that has not ended, or an empty string.
    """
    of_plan = {"plan": plan.id}
    approve = step("plan.approve", **of_plan, version=short_version(plan.version))
    match state:
        case PlanState.DRAFT:
            return (approve,)
        case PlanState.REJECTED:
            return (step("plan.update", **of_plan), step("plan.show", **of_plan), approve)
        case PlanState.APPROVED:
            return (step("run.start", **of_plan), step("task.claim", **of_plan))
        case PlanState.RUNNING:
            control = ("run.pause", "run.cancel") if active_run else ()
            return (step("run.status"), *(step(each, run=active_run) for each in control))
        case PlanState.DONE:
            check = step("plan.check", **of_plan)
            # Work done in the checkout is already in place; only the result of a run has to land.
            return (step("work.land", **of_plan), check) if has_run and not landed else (check,)


def run_steps(run: Run, *, landed: bool, want: RequestedState = RequestedState.RUN) -> Steps:
    """Return the next steps for a run.

    Args:
        run: the run.
        landed: whether its result is already on the user's branch.
        want: the user's last request.
    """
    again = step("run.start", plan=run.plan_id)
    report, cancel = step("run.report", run=run.id), step("run.cancel", run=run.id)
    match run.state:
        case RunState.PENDING | RunState.RUNNING | RunState.PAUSED if want is RequestedState.PAUSE:
            return (step("run.resume", run=run.id), cancel)
        case RunState.PENDING | RunState.RUNNING | RunState.PAUSED:
            return (step("run.status", run=run.id), step("run.pause", run=run.id), cancel)
        case RunState.COMPLETED:
            check = step("plan.check", plan=run.plan_id)
            return (check, report) if landed else (step("work.land", plan=run.plan_id), check)
        case RunState.PARTIAL | RunState.FAILED:
            return (report, again)
        case RunState.CANCELLED:
            return (again, report)


def question_steps(question: Question) -> Steps:
    """Return the possible answers to an open question."""
    return tuple(
        step("question.answer", question=question.id, choice=each.id) for each in question.choices
    )


def task_steps(plan_id: str, task_id: str, state: TaskState) -> Steps:
    """Return the next steps for a task."""
    name = f"{plan_id}/{task_id}"
    match state:
        case TaskState.RUNNING:
            return (step("task.complete", task=name),)
        case TaskState.PENDING:
            return (step("task.claim", plan=plan_id),)
        case TaskState.BLOCKED | TaskState.FAILED | TaskState.CANCELLED | TaskState.DONE:
            retry = step("task.update", task=name, state=TaskState.PENDING)
            return (step("plan.check", plan=plan_id), retry)
        case TaskState.SKIPPED:
            return (step("plan.check", plan=plan_id),)


def finding_steps(finding: Finding, *, in_attempt: bool = False) -> Steps:
    """Return the next steps for a finding.

    Args:
        finding: the finding.
        in_attempt: whether only the version of a running attempt has the problem, so that the run
            takes care of it.
    """
    task = f"{finding.plan_id}/{finding.task_id}" if finding.task_id else ""
    read = (step("task.show", task=task),) if task else ()
    if in_attempt:
        return read
    of_finding = {"finding": finding.id}
    if finding.status is not FindingStatus.OPEN:
        return (step("finding.reopen", **of_finding), *read)
    apply = (step("finding.fix", **of_finding),) if finding.suggested_edit is not None else ()
    consult = step("finding.fix", **of_finding, consultant=True)
    return (*apply, step("finding.dismiss", **of_finding), consult, *read)


def file_steps(path: str, *, has_findings: bool, is_changed: bool) -> Steps:
    """Return the next steps for a file of the checkout.

    Args:
        path: the file, relative to the project.
        has_findings: whether it has open findings.
        is_changed: whether it differs from the last commit.
    """
    audit = (step("audit.run", paths=[path], record=True),) if has_findings else ()
    revert = (step("file.revert", path=path),) if has_findings or is_changed else ()
    return (*audit, *revert)


def objective_steps(objective: str) -> Steps:
    """Return the next steps for an objective found in a text."""
    return (step("plan.create", objective=objective),)


def step(operation: str, **params: JsonValue) -> Step:
    """Return a step."""
    return Step(operation=operation, params={**params})


def as_command(steps: Steps) -> str:
    """Return the most common step as a command line, for results that contain it as text."""
    return command_line(steps[0])
