"""Tools about tasks: an assistant takes one, does it, and shows it."""

from typing import Any

from podium.errors import EvidenceMissing, ValidationError
from podium.model.states import TaskState
from podium.operations.task.claim import Assignment, Claimed
from podium.operations.task.show import TaskView
from podium_mcp.context.calls import Call, operate
from podium_mcp.presenters.findings import finding_facts
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.tasks import progress_facts, task_body, task_facts
from podium_mcp.sanitize import one_line, said
from podium_mcp.tools.arguments import Shown, TaskNext, TaskUpdate

_MOST_FINDINGS = 20


async def task_next(call: Call, given: TaskNext) -> Facts:
    """Take the next task, or look at what may start."""
    if not given.claim:
        found = await call.operate("task.next", plan=given.plan, limit=10)
        rows = [f"{row.id} {one_line(row.title, 60)}" for row in found.tasks]
        facts: Facts = {"plan": found.plan_id, "ready": rows, "waiting": found.waiting}
        return facts | {"next": "task_next with claim" if rows else f"plan_check {found.plan_id}"}
    claimed: Claimed = await call.operate("task.claim", plan=given.plan)
    if claimed.assignment is None:
        return _nothing(claimed)
    return _assignment(claimed, claimed.assignment)


async def task_update(call: Call, given: TaskUpdate) -> Facts:
    """Report on a task; done is checked before it is accepted."""
    if call.project.shared and not given.lease:
        raise ValidationError(
            "The lease is missing",
            why="several hosts use this server, so the claim has to be shown",
            hints=["task_update with the lease that task_next gave"],
        )
    if given.state == "done":
        return _after(await _complete(call, given))
    if given.evidence:
        raise ValidationError("Evidence is looked at with state=done", hints=["task_update done"])
    view = await call.operate(
        "task.update",
        task=given.task,
        state=given.state,
        percent=given.percent,
        note=given.note,
        reason=given.reason,
        lease=given.lease,
    )
    return _after(view)


async def _complete(call: Call, given: TaskUpdate) -> TaskView:
    wanted: dict[str, Any] = {
        "task": given.task,
        "evidence": [_evidence(each) for each in given.evidence or []],
        "note": given.note,
        "lease": given.lease,
    }
    try:
        view: TaskView = await call.operate("task.complete", **wanted)
    except EvidenceMissing:
        if not (given.ask_person and await _confirmed(call, given.task)):
            raise
        view = await call.operate("task.complete", **wanted)
    return view


async def _confirmed(call: Call, task: str) -> bool:
    """Ask the person about the criteria that nothing shows; their word is recorded as such."""
    view: TaskView = await call.operate("task.show", task=task)
    left = [c.id for c in view.task.acceptance if c.id in view.missing and not c.command]
    if not left or not call.asker.can_ask:
        return False
    name = f"{view.plan_id}/{view.task.id}"
    question = (
        f"Task {name}: are its criteria {', '.join(left)} met? Nothing else shows them. "
        f"To read them first: podium task {name}"
    )
    if not await call.asker.confirm(f"word-{view.task.id}", question):
        return False
    with call.project.as_person() as engine:
        for criterion in left:
            word = "said in the host's dialog"
            await operate(engine, "task.update", task=name, criterion=criterion, word=word)
    return True


def _evidence(shown: Shown) -> dict[str, str]:
    return {
        "criterion": shown.criterion or "",
        "file": shown.file,
        "contains": shown.contains,
    }


def _nothing(claimed: Claimed) -> Facts:
    facts: Facts = {"plan": claimed.plan_id, "task": None, "waiting": claimed.waiting}
    if claimed.held:
        facts["held"] = list(claimed.held)
        return facts | {"next": "others are at work; ask again later"}
    return facts | {"next": f"plan_check {claimed.plan_id}"}


def _assignment(claimed: Claimed, mine: Assignment) -> Facts:
    name = f"{claimed.plan_id}/{mine.task.id}"
    facts: Facts = {
        "task": name,
        "title": mine.task.title,
        "objective": one_line(claimed.objective, 400),
        **task_body(mine.task),
        "earlier": [
            f"{each.id} {one_line(each.title, 80)}"
            + (f"; {said(each.note_by, each.note, 400)}" if each.note else "")
            for each in mine.earlier
        ],
        "decisions": [said(each.by, each.text, 400) for each in mine.decisions[-10:]],
        "findings": [finding_facts(each) for each in mine.findings[:_MOST_FINDINGS]],
        "gates": list(mine.gates),
        "session": mine.session_id,
        "lease": mine.lease.token,
        "until": mine.lease.expires_at.isoformat(timespec="seconds"),
        "ready": claimed.ready,
    }
    kept = {key: value for key, value in facts.items() if value}
    return kept | {"next": f"do it, then task_update {name} state=done"}


def _after(view: TaskView) -> Facts:
    if view.progress.state not in (TaskState.DONE, TaskState.RUNNING):
        return {key: value for key, value in task_facts(view).items() if key != "history"}
    name = f"{view.plan_id}/{view.task.id}"
    facts: Facts = {"task": name, "state": view.progress.state}
    facts |= progress_facts(view.progress, view.missing)
    done = view.progress.state is TaskState.DONE
    return facts | {
        "next": f"task_next {view.plan_id}" if done else f"task_update {name} state=done"
    }
