"""task_next: claims the next task and returns everything needed to do it."""

from pydantic import Field

from podium.operations.task.claim import Assignment, Claimed
from podium.operations.text.lines import line
from podium_mcp.context.calls import Call
from podium_mcp.presenters.findings import finding_facts
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.tasks import task_body
from podium_mcp.sanitize import attributed, one_line
from podium_mcp.tools.arguments import Id
from podium_mcp.tools.tool import Hint, Input, Tier, Tool

_MOST_FINDINGS = 20


class TaskNext(Input):
    """The arguments of task_next."""

    plan: Id | None = Field(None, description="default: newest approved")
    claim: bool = True


async def task_next(call: Call, given: TaskNext) -> Facts:
    """Claim the next task, or list the tasks that are ready."""
    if not given.claim:
        found = await call.operate("task.next", plan=given.plan, limit=10)
        rows = [one_line(line(row), 200) for row in found.tasks]
        facts: Facts = {"plan": found.plan_id, "ready": rows, "waiting": found.waiting}
        return facts | {"next": "task_next with claim" if rows else f"plan_check {found.plan_id}"}
    claimed: Claimed = await call.operate("task.claim", plan=given.plan)
    if claimed.assignment is None:
        return _nothing(claimed)
    return _assignment(claimed, claimed.assignment)


def _nothing(claimed: Claimed) -> Facts:
    facts: Facts = {"plan": claimed.plan_id, "task": None, "waiting": claimed.waiting}
    if claimed.held:
        facts["held"] = list(claimed.held)
        return facts | {"next": "others are working on tasks; try again later"}
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
            + (f"; {attributed(each.note_by, each.note, 400)}" if each.note else "")
            for each in mine.earlier
        ],
        "decisions": [attributed(each.by, each.text, 400) for each in mine.decisions[-10:]],
        "findings": [finding_facts(each) for each in mine.findings[:_MOST_FINDINGS]],
        "gates": list(mine.gates),
        "session": mine.session_id,
        "lease": mine.lease.token,
        "until": mine.lease.expires_at.isoformat(timespec="seconds"),
        "ready": claimed.ready,
    }
    kept = {key: value for key, value in facts.items() if value}
    return kept | {"next": f"do it, then task_update {name} state=done"}


TOOL = Tool(
    name="task_next",
    order=70,
    description="Claim the next task, with all you need to do it. Then call task_update.",
    hint=Hint.ADDS,
    input=TaskNext,
    handler=task_next,
    tier=Tier.CORE,
    hot=True,
    serves={
        "task.claim": "task_next {plan}",
        "task.next": "task_next {plan}",
    },
)
