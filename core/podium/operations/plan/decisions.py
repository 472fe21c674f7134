"""Code shared by approving, rejecting and running plans."""

from podium.entities.access import Reader
from podium.entities.plans import check_plan_rules, find_plan, load_approval
from podium.entities.signing import sign_approval
from podium.errors import NotApproved, WriteConflict
from podium.model import layout
from podium.model.events import Event, EventKind
from podium.model.plans import Approval, Decision, Plan, short_version
from podium.operations.engine import Engine
from podium.store import Transaction

_KIND = {Decision.APPROVED: EventKind.PLAN_APPROVED, Decision.REJECTED: EventKind.PLAN_REJECTED}


def decide_plan(
    engine: Engine, id_or_prefix: str, version: str, decision: Decision, reason: str
) -> Plan:
    """Record a person's decision on the exact current version of a plan.

    Args:
        version: the version that the person reviewed, or a prefix of it; empty for the current one.

    Raises:
        WriteConflict: the person reviewed a different version.
        InvalidPlan: the plan breaks the rules, for instance after a manual edit.
    """
    now = engine.clock.now()

    def decide(tx: Transaction) -> Plan:
        plan = find_plan(tx, id_or_prefix)
        check_reviewed_version(plan, version)
        if decision is Decision.APPROVED:
            check_plan_rules(plan)
        word = Approval(
            decision=decision, version=plan.version, by=engine.actor, at=now, reason=reason
        )
        tx.put(layout.approval(plan.id), sign_approval(plan.id, word))
        message = f"version {short_version(plan.version)}" + (f": {reason}" if reason else "")
        tx.record(Event(kind=_KIND[decision], subject=plan.id, message=message))
        return plan

    return engine.store.transact(decide)


def check_reviewed_version(plan: Plan, version: str) -> None:
    """Check that a plan still has the version that was shown.

    Args:
        version: a version or a prefix of one; empty for the current one.

    Raises:
        WriteConflict: the plan has a different version.
    """
    if version and not plan.version.startswith(version):
        seen, present = short_version(version), short_version(plan.version)
        raise WriteConflict(
            f"Plan {plan.id} changed: you reviewed version {seen}, the current one is {present}",
            hints=[f"podium show {plan.id}", f"podium approve {plan.id}"],
        )


def require_approved(reader: Reader, plan: Plan) -> None:
    """Check that a person has approved exactly this version of a plan.

    Raises:
        NotApproved: the plan is rejected, not approved, or approved only in an earlier version.
    """
    approval = load_approval(reader, plan.id)
    version = short_version(plan.version)
    if approval is None:
        why = "it has not been approved yet"
    elif approval.version != plan.version:
        why = (
            f"version {short_version(approval.version)} was {approval.decision}, but the current "
            f"version is {version}"
        )
    elif approval.decision is Decision.REJECTED:
        why = f"it was rejected: {approval.reason}"
    else:
        return
    raise NotApproved(
        f"Plan {plan.id} may not run",
        why=why,
        hints=[f"podium show {plan.id}", f"podium approve {plan.id}"],
    )
