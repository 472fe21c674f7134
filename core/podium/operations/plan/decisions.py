"""What approving, rejecting and resetting have in common."""

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


def decide_plan(engine: Engine, wanted: str, version: str, decision: Decision, reason: str) -> Plan:
    """Write down a person's word on the exact version that the plan has now.

    Args:
        version: what the person saw, or a beginning of it; empty takes the present one.

    Raises:
        WriteConflict: the plan is at another version than the person saw.
        InvalidPlan: the plan breaks its rules, for instance after an edit by hand.
    """
    now = engine.clock.now()

    def decide(tx: Transaction) -> Plan:
        plan = find_plan(tx, wanted)
        check_seen(plan, version)
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


def check_seen(plan: Plan, version: str) -> None:
    """Check that a plan still has the version that was seen.

    Args:
        version: a version or the beginning of one; empty stands for the present one.

    Raises:
        WriteConflict: it has another one.
    """
    if version and not plan.version.startswith(version):
        seen, present = short_version(version), short_version(plan.version)
        raise WriteConflict(
            f"Plan {plan.id} changed: you saw {seen}, it is {present}",
            hints=[f"podium show {plan.id}", f"podium approve {plan.id}"],
        )


def require_approved(reader: Reader, plan: Plan) -> None:
    """Check that a person lets exactly this version of a plan be carried out.

    Raises:
        NotApproved: not approved, approved in another version, or rejected.
    """
    approval = load_approval(reader, plan.id)
    version = short_version(plan.version)
    if approval is None:
        why = "nobody has approved it yet"
    elif approval.version != plan.version:
        why = (
            f"version {short_version(approval.version)} was {approval.decision}, this is {version}"
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
