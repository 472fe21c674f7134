"""Collects the gate and review problems of an attempt and anchors them in its files."""

from podium.errors import PodiumError
from podium.findings.anchoring import with_anchors
from podium.gates.names import AUDIT_GATE, GATE_MARK
from podium.model.doubts import Doubt
from podium.model.findings import SNIPPET, Observation, Range, Severity
from podium.model.runs import Attempt, GateResult, Problem
from podium.runs.context import RunContext


async def collect_findings(context: RunContext, attempt: Attempt) -> list[Observation]:
    """Return the attempt's observations with anchors in its files.

    Observations that cannot be anchored are returned without an anchor.
    """
    seen = _observations(attempt, {})
    texts: dict[str, bytes] = {}
    try:
        for path in {each.path for each in seen} if attempt.commit else ():
            text = await context.repository.file_at(attempt.commit, path)
            texts.update({path: text} if text is not None else {})
        return await with_anchors(context.checker, _observations(attempt, texts), texts)
    except PodiumError:
        # The attempt's files are gone, or no worker is available; the observations still count.
        return seen


def _observations(attempt: Attempt, texts: dict[str, bytes]) -> list[Observation]:
    """Return gate problems that have a path, doubts, and all observations of the auditor."""
    by_gates = [
        _observation(gate, problem, texts.get(problem.path, b""))
        for gate in attempt.gates
        if not gate.passed and gate.gate != AUDIT_GATE
        for problem in gate.problems
        if problem.path
    ]
    doubts = [
        _of_doubt(gate, doubt) for gate in attempt.gates if not gate.passed for doubt in gate.doubts
    ]
    return [
        *by_gates,
        *doubts,
        *(attempt.review.observations if attempt.review is not None else ()),
    ]


def _observation(gate: GateResult, problem: Problem, text: bytes) -> Observation:
    return Observation(
        path=problem.path,
        range=Range.of_line(problem.line or 1),
        severity=Severity.ERROR,
        category=gate.gate,
        message=problem.message,
        said_by=f"{GATE_MARK}{gate.gate}",
        snippet=_line(text, problem.line) if problem.line else "",
    )


def _of_doubt(gate: GateResult, doubt: Doubt) -> Observation:
    return Observation(
        path=doubt.path,
        range=Range.of_line(doubt.line),
        severity=Severity.WARNING,
        category=gate.gate,
        message=doubt.message,
        said_by=f"{GATE_MARK}{gate.gate}",
        snippet=doubt.text.partition("\n")[0][:SNIPPET],
    )


def _line(text: bytes, number: int) -> str:
    lines = text.decode("utf-8", "replace").split("\n")
    return lines[number - 1].strip()[:SNIPPET] if number <= len(lines) else ""
