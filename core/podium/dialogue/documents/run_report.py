"""Renders the Markdown report of a run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from podium.dialogue.documents.figures import count_text, limits_text, span_text
from podium.dialogue.documents.markdown_text import code_span, inline
from podium.dialogue.excerpts import clean, excerpt, redact
from podium.model.agents import CallPurpose, Usage
from podium.model.doubts import AnsweredDoubt, Doubt
from podium.model.plans import Plan, short_version
from podium.model.rules.budgets import cost_text, spent_by, total
from podium.model.runs import AgentCall, Attempt, CacheUse, GateResult, Problem, Run, TaskRun
from podium.model.states import Phase
from podium.words import counted

PROBLEMS_SHOWN = 10
LINES_SHOWN = 20


def render_run_report(
    run: Run, task_runs: Mapping[str, TaskRun], plan: Plan, *, budget: Sequence[str] = ()
) -> str:
    """Return the Markdown report of a run.

    Args:
        run: the run.
        task_runs: by task id; a task without a task run is waiting.
        plan: the current plan; the report notes if it has changed since the run.
        budget: one sentence for each limit that is nearly or completely used up.
    """
    titles = {task.id: task.title for task in plan.tasks}
    rows = [task_runs.get(task_id, TaskRun(task_id=task_id)) for task_id in run.task_ids]
    blocks = [
        f"# Run {code_span(run.id)} of plan {code_span(run.plan_id)}",
        _state_line(run, rows),
        _changed_plan(run, plan),
        _table(rows, titles),
        _facts(run, rows, budget),
        *(_task(row, titles.get(row.task_id, "")) for row in rows if row.attempts or row.reason),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def total_usage(calls: Iterable[AgentCall]) -> Usage:
    """Return the total usage of several calls; a figure that no call reported stays unknown."""
    used = [call.usage for call in calls]
    return Usage(
        input_tokens=_sum([each.input_tokens for each in used]),
        output_tokens=_sum([each.output_tokens for each in used]),
        cached_tokens=_sum([each.cached_tokens for each in used]),
        cost_usd=_cost([each.cost_usd for each in used]),
    )


def _sum(values: Sequence[int | None]) -> int | None:
    known = [each for each in values if each is not None]
    return sum(known) if known else None


def _cost(values: Sequence[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return sum(known) if known else None


def _state_line(run: Run, rows: Sequence[TaskRun]) -> str:
    counts = Counter(row.phase for row in rows)
    totals = ", ".join(f"{counts[phase]} {phase}" for phase in Phase if counts[phase])
    lasted = span_text(run.started_at, run.ended_at)
    parts = [f"**{run.state}**", totals, f"took {lasted}" if lasted else "", _plain(run.reason)]
    return " · ".join(part for part in parts if part)


def _changed_plan(run: Run, plan: Plan) -> str:
    if run.plan_version == plan.version:
        return ""
    return (
        f"> The plan has changed since this run, which executed version"
        f" {code_span(short_version(run.plan_version))}."
    )


def _table(rows: Sequence[TaskRun], titles: Mapping[str, str]) -> str:
    lines = [
        "| Task | Title | Result | Attempts | Time | Commit |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_table_row(row, titles.get(row.task_id, "")) for row in rows),
    ]
    return "\n".join(lines)


def _table_row(row: TaskRun, title: str) -> str:
    last = row.attempts[-1] if row.attempts else None
    commit = code_span(last.merged_commit[:12]) if last and last.merged_commit else ""
    lasted = span_text(row.attempts[0].started_at, last.ended_at) if last else ""
    cells = [code_span(row.task_id), inline(title), row.phase, str(len(row.attempts)), lasted]
    return f"| {' | '.join([*cells, commit])} |"


def _repairs(rows: Sequence[TaskRun]) -> str:
    """Return how often recovery mode was used and how often it helped."""
    tried = [each for row in rows for each in row.attempts if each.repairs]
    if not tried:
        return ""
    helped = sum(not each.problem for each in tried)
    calls = sum(each.repairs for each in tried)
    rate = round(100 * helped / len(tried))
    attempts = f"{helped} of {len(tried)} attempts ({rate} %)"
    return f"- Repaired by the consultant: {attempts}, in {counted(calls, 'call')}"


def _facts(run: Run, rows: Sequence[TaskRun], budget: Sequence[str]) -> str:
    agents = ", ".join(f"{inline(role)} {inline(a.agent)}" for role, (a, *_) in run.agents.items())
    width = (
        f", up to {run.settings.max_parallel} tasks at once"
        if run.settings.max_parallel > 1
        else ""
    )
    lines = [
        f"- Mode: {run.mode}{width}",
        f"- Agents: {agents}" if agents else "",
        *_sandbox(run),
        _repairs(rows),
        _used(rows),
        *(f"- Budget: {inline(each)}" for each in budget),
        _reused(rows),
        f"- Started from {code_span(run.base_commit[:12])}, collected on"
        f" {code_span(run.integration_branch)}, to land on {code_span(run.target_branch)}",
    ]
    return "\n".join(line for line in lines if line)


def _sandbox(run: Run) -> tuple[str, ...]:
    """Return how commands were confined, and what was not in force."""
    found = run.sandbox
    active = (f"- Sandbox: {found.summary}",) if found.summary else ()
    return (*active, *(f"- {inline(each)}" for each in found.warnings))


def _used(rows: Sequence[TaskRun]) -> str:
    """Return the agents' usage, or an empty string if no agent reported it."""
    calls = [step for row in rows for each in row.attempts for step in each.calls]
    used = total_usage(calls)
    if used == Usage():
        return ""
    cost = cost_text(total(map(spent_by, calls)))
    return (
        f"- Tokens: {count_text(used.input_tokens)} in, {count_text(used.output_tokens)} out,"
        f" {count_text(used.cached_tokens)} from the cache; cost: {cost}"
    )


def _reused(rows: Sequence[TaskRun]) -> str:
    """Return how many calls were answered with an earlier reply, if one was looked for."""
    uses = Counter(call.cache for row in rows for each in row.attempts for call in each.calls)
    hits, asked = uses[CacheUse.HIT], uses[CacheUse.HIT] + uses[CacheUse.MISS]
    if not asked:
        return ""
    rate = round(100 * hits / asked)
    return f"- Reused replies: {hits} of {counted(asked, 'call')} ({rate} %)"


def _task(row: TaskRun, title: str) -> str:
    reason = f"{row.phase}: {_plain(row.reason)}" if row.reason else ""
    blocks = [
        f"## {code_span(row.task_id)} {inline(title)}".rstrip(),
        reason,
        *(_attempt(each) for each in row.attempts),
    ]
    return "\n\n".join(block for block in blocks if block)


def _attempt(attempt: Attempt) -> str:
    lasted = span_text(attempt.started_at, attempt.ended_at)
    files = ", ".join(code_span(each) for each in attempt.changed_files)
    lines = [
        *(f"- {_call(each)}" for each in attempt.calls),
        *(f"- {_gate(each)}" for each in attempt.gates),
        *(f"- {_answered(each)}" for each in attempt.doubts),
        f"- changed {files}" if files else "",
        f"- commit {code_span(attempt.commit[:12])}" if attempt.commit else "",
        f"- merged as {code_span(attempt.merged_commit[:12])}" if attempt.merged_commit else "",
        f"- **refused**: {_plain(attempt.problem)}" if attempt.problem else "",
    ]
    heading = f"### Attempt {attempt.number}" + (f" ({lasted})" if lasted else "")
    body = "\n".join(line for line in lines if line)
    tails = [_output(gate) for gate in attempt.gates if not gate.passed and gate.output_tail]
    return "\n\n".join(block for block in [heading, body, *tails] if block)


def _call(call: AgentCall) -> str:
    lasted = span_text(call.started_at, call.ended_at)
    asked = " asked about doubts" if call.purpose is CallPurpose.DOUBTS else ""
    parts = [
        f"{call.role} {code_span(call.agent)}{asked} {call.outcome or 'in progress'}",
        f"in {lasted}" if lasted and call.cache is not CacheUse.HIT else "",
        "with an earlier reply" if call.cache is CacheUse.HIT else "",
    ]
    summary = " ".join(part for part in parts if part)
    denied = "; denied: " + ", ".join(_plain(each) for each in call.denied) if call.denied else ""
    chosen = f"; chosen because {_plain(call.chosen_because)}" if call.chosen_because else ""
    detail = f": {_plain(call.detail)}" if call.detail else ""
    return summary + detail + denied + chosen + _limits(call)


def _limits(call: AgentCall) -> str:
    """Return the limits of a call, if they were shorter than the configured ones."""
    text = limits_text(call.limits, call.limits_because)
    return f"; limited to {_plain(text)}" if text else ""


def _gate(gate: GateResult) -> str:
    stage = " after merging" if gate.stage == "merged" else ""
    verdict = "passed" if gate.passed else "**failed**"
    line = f"gate {inline(gate.gate)}{stage} {verdict}: {_plain(gate.summary)}"
    rows = [*map(_problem, gate.problems), *map(_doubt, gate.doubts)]
    problems = [f"  - {each}" for each in rows[:PROBLEMS_SHOWN]]
    left_out = len(rows) - PROBLEMS_SHOWN
    more = [f"  - and {left_out} more"] if left_out > 0 else []
    return "\n".join([line, *problems, *more])


def _problem(problem: Problem) -> str:
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f"{code_span(place)} {_plain(problem.message)}" if place else _plain(problem.message)


def _doubt(doubt: Doubt) -> str:
    return f"doubt: {code_span(doubt.place)} {_plain(doubt.message)}"


def _answered(answered: AnsweredDoubt) -> str:
    return f"{_doubt(answered.doubt)}: {_plain(answered.answer.words)}"


def _plain(text: str) -> str:
    """Return text from an agent or a tool on one line, cleaned and redacted."""
    return inline(" ".join(redact(clean(text)).split()))


def _output(gate: GateResult) -> str:
    """Return the end of a gate's output as an indented block, which the output cannot close."""
    shown = excerpt(gate.output_tail, lines=LINES_SHOWN)
    lines = [f"    {line}" if line else "" for line in shown.rstrip("\n").split("\n")]
    return f"The end of the output of {inline(gate.gate)}:\n\n" + "\n".join(lines)
