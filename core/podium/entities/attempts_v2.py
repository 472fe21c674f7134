"""Upgrades attempts in version 2 task runs: calls, gates and reviews become results.

Version 2 stored the calls in order, but only the latest results of the gates and of the review.
Results of earlier rounds are reconstructed as far as the order of the calls allows.
"""

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

_AUDIT_GATE = "audit"
_REPLACED = ("steps", "gates", "recoveries", "audits", "audit")


def upgrade_attempt_v2(attempt: Document, task_id: str, phase: str = "") -> Document:
    """Convert a version 2 attempt to version 3.

    Args:
        attempt: the stored attempt.
        task_id: the task.
        phase: the phase of the task if this is its latest attempt.
    """
    kept = {name: it for name, it in attempt.items() if name not in _REPLACED}
    replay = _Replay(attempt, phase)
    replay.run()
    return {
        **kept,
        **({"results": replay.results} if replay.results else {}),
        **({"at": replay.at} if phase in _AT else {}),
        **({"call_keys": replay.call_keys()} if phase in {"repairing", "reviewing"} else {}),
    }


_AT = {"executing", "checking", "repairing", "reviewing"}


@dataclass
class _Replay:
    """Replays an attempt's calls through the default step tree.

    Args:
        attempt: the stored attempt.
        phase: the phase of the task if this is its latest attempt.
    """

    attempt: Document
    phase: str
    results: list[Document] = field(default_factory=list[Document])
    at: str = "execute"
    _review: int = 0
    _gates: int = 0

    def run(self) -> None:
        """Reconstruct the results and the path of the step that is due."""
        for step in self.attempt.get("steps", ()):
            self._call(step)
        self._close()

    def call_keys(self) -> dict[str, str]:
        """Return the keys that version 2 chose for the call in progress."""
        steps = self.attempt.get("steps", ())
        key = str(steps[0].get("key", "")) if steps else ""
        stem = key.rpartition("/")[0]
        if not stem:
            return {}
        if self.phase == "repairing":
            return {self.at: f"{stem}/recover-{self.attempt.get('recoveries', 0) + 1}"}
        number = 1 + sum(step.get("role") == "auditor" for step in steps)
        return {
            self.at: f"{stem}/audit-{number}",
            f"{self.at}/again": f"{stem}/audit-{number + 1}",
        }

    def _call(self, step: Document) -> None:
        match step.get("role"):
            case "auditor":
                self._pass_gates()
                self._reviewed(step)
            case "consultant":
                self._repaired(step)
            case _:
                passed = step.get("outcome") in {"completed", "truncated"}
                self._add("execute", [step], passed=passed)
                self._start_gates()

    def _start_gates(self) -> None:
        self._gates = 1
        self.at = f"{self._prefix}gates[1]/check"

    @property
    def _prefix(self) -> str:
        return f"review[{self._review}]/" if self._review else ""

    def _pass_gates(self) -> None:
        """Record that the gates passed, unless the auditor is only asked again."""
        if self.at.endswith("/check"):
            self._gate_result(passed=True)
            self._review += 1
            self.at = f"review[{self._review}]/review"

    def _reviewed(self, step: Document) -> None:
        former = self.results[-1] if self.results else {}
        if former.get("path") == self.at:
            former["calls"].append(step)
            former["passed"] = self._completed(step)
            return
        self._add(self.at, [step], passed=self._completed(step))

    def _repaired(self, step: Document) -> None:
        if self.at.endswith("/review"):
            self._refuse_review()
            self.at = f"review[{self._review}]/fix"
            self._add(self.at, [step], passed=self._completed(step))
            self._start_gates()
            return
        self._gate_result(passed=False)
        repair = f"{self._prefix}gates[{self._gates}]/repair"
        self._add(repair, [step], passed=self._completed(step))
        self._gates += 1
        self.at = f"{self._prefix}gates[{self._gates}]/check"

    def _refuse_review(self) -> None:
        self.results[-1].update(passed=False, repairable=True)

    def _close(self) -> None:
        """Add the latest results of the gates and the review, and find the current phase's path."""
        gates = self._stage("attempt")
        audit = self.attempt.get("audit")
        if self.at.endswith("/check") and self._has_checked(gates):
            passed = all(each.get("passed") for each in gates)
            self._gate_result(passed=passed, gates=gates)
            self.at = f"{self._prefix}gates[{self._gates}]/repair" if not passed else ""
            if passed:
                self.at = f"review[{self._review + 1}]/review"
        elif self.at.endswith("/check"):
            # The stored results belong to the check before the repair.
            self._latest_gates(gates)
        elif self.at.endswith("/review"):
            self._latest_gates(gates)
            if audit is not None:
                self._verdict(audit)
        if merged := self._stage("merged"):
            passed = all(each.get("passed") for each in merged)
            self.results.append(_gates("merge", merged, passed=passed))

    def _has_checked(self, gates: list[Document]) -> bool:
        """Whether the gates ran after the latest call."""
        return self.phase != "checking" and (bool(gates) or self.phase not in _AT)

    def _verdict(self, audit: Document) -> None:
        gate = [each for each in self.attempt.get("gates", ()) if each.get("gate") == _AUDIT_GATE]
        passed = bool(audit.get("passed"))
        self.results[-1].update(verdict=audit, passed=passed, repairable=not passed, gates=gate)
        if self.phase == "repairing":
            self.at = f"review[{self._review}]/fix"

    def _latest_gates(self, gates: list[Document]) -> None:
        for result in reversed(self.results):
            if result["path"].endswith("/check"):
                result["gates"] = gates
                return

    def _stage(self, stage: str) -> list[Document]:
        return [
            each
            for each in self.attempt.get("gates", ())
            if each.get("stage", "attempt") == stage and each.get("gate") != _AUDIT_GATE
        ]

    def _gate_result(self, *, passed: bool, gates: list[Document] | None = None) -> None:
        self.results.append(_gates(self.at, gates or [], passed=passed))

    def _add(self, path: str, calls: list[Document], *, passed: bool) -> None:
        outcome = calls[-1].get("outcome")
        self.results.append(
            {
                "type": "agent",
                "path": path,
                "passed": passed,
                "calls": calls,
                **({"outcome": outcome} if outcome else {}),
            }
        )

    def _completed(self, step: Document) -> bool:
        return step.get("outcome") == "completed"


def _gates(path: str, gates: list[Document], *, passed: bool) -> Document:
    summary = next((each.get("summary", "") for each in gates if not each.get("passed")), "")
    return {
        "type": "gates",
        "path": path,
        "passed": passed,
        **({"gates": gates} if gates else {}),
        **({} if passed else {"repairable": True, "summary": summary}),
    }
