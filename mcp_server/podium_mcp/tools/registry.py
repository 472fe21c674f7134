"""The table of tools: what a host is shown, in this order, in every version of the list."""

from typing import Any

from podium_mcp.tools import arguments as inputs
from podium_mcp.tools import plans, records, runs, tasks
from podium_mcp.tools.tool import Hint, Tier, Tool

TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "plan_create",
        "Draft a plan: small tasks with acceptance criteria. Nothing runs. Then plan_approve.",
        Hint.ADDS,
        inputs.PlanCreate,
        plans.plan_create,
        Tier.CORE,
        hot=True,
    ),
    Tool(
        "plan_get",
        "Read a plan, one task of it, or the list of plans.",
        Hint.READS,
        inputs.PlanGet,
        plans.plan_get,
        Tier.CORE,
    ),
    Tool(
        "plan_update",
        "Edit a plan, all edits or none. It needs approval again.",
        Hint.ADDS,
        inputs.PlanUpdate,
        plans.plan_update,
    ),
    Tool(
        "plan_approve",
        "Ask the person to approve a plan; only they can. Then task_next or run_start.",
        Hint.SETTLES,
        inputs.PlanApprove,
        plans.plan_approve,
        Tier.CORE,
    ),
    Tool(
        "plan_check",
        "What is still open: tasks, evidence, findings. Call before you say the work is finished.",
        Hint.READS,
        inputs.OnePlan,
        plans.plan_check,
        Tier.CORE,
    ),
    Tool(
        "plan_export",
        "Write a plan down as text, or into a file.",
        Hint.SETTLES,
        inputs.PlanExport,
        plans.plan_export,
    ),
    Tool(
        "task_next",
        "Take the next task, with all you need to do it yourself. Then task_update.",
        Hint.ADDS,
        inputs.TaskNext,
        tasks.task_next,
        Tier.CORE,
        hot=True,
    ),
    Tool(
        "task_update",
        "Report on a task. done runs the checks and is refused, with the reason, "
        "until every criterion is shown.",
        Hint.SETTLES,
        inputs.TaskUpdate,
        tasks.task_update,
        Tier.CORE,
        hot=True,
    ),
    Tool(
        "run_start",
        "Let agents carry an approved plan out in the background. Then run_status.",
        Hint.ACTS,
        inputs.RunStart,
        runs.run_start,
        Tier.CORE,
    ),
    Tool(
        "run_status",
        "Where a run stands; with wait_s, when something changes.",
        Hint.READS,
        inputs.RunStatus,
        runs.run_status,
        Tier.CORE,
    ),
    Tool(
        "run_control",
        "Pause, resume, cancel a run, or retry what failed.",
        Hint.ACTS,
        inputs.RunControl,
        runs.run_control,
    ),
    Tool(
        "finding_list",
        "Review findings, worst first; open ones by default.",
        Hint.READS,
        inputs.FindingList,
        records.finding_list,
    ),
    Tool(
        "finding_update",
        "Add a finding, or settle one.",
        Hint.ADDS,
        inputs.FindingUpdate,
        records.finding_update,
    ),
    Tool(
        "session_list",
        "Sessions, or one with its context.",
        Hint.READS,
        inputs.SessionList,
        records.session_list,
    ),
    Tool(
        "think",
        "Write down one step of reasoning; it is kept. May revise or branch.",
        Hint.ADDS,
        inputs.Think,
        records.think,
    ),
    Tool(
        "check_syntax",
        "Is a file or text whole: brackets, strings, placeholders, conflict markers?",
        Hint.READS,
        inputs.CheckSyntax,
        records.check_syntax,
        Tier.ALL,
    ),
)
