"""Signs approvals and runs, which must originate on this machine.

The key is in the user's state directory. A document from a clone, a checkout or a manual edit has
no valid signature, so it cannot start anything.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from podium.model.base import content_hash, to_json
from podium.model.plans import Approval
from podium.model.questions import Question
from podium.model.runs import Run
from podium.platform.atomic_write import create_file
from podium.platform.owned_files import make_folders, read_file
from podium.platform.user_folders import state_folder
from podium.ports.filesystem import PRIVATE_FILE

_KEY_BYTES = 32
_MUTABLE = {"seal", "state", "reason", "started_at", "ended_at", "own_calls"}
"""Fields that the runner changes during a run."""


def sign_approval(plan_id: str, approval: Approval) -> Approval:
    """Return a person's decision on a plan with a signature."""
    return approval.model_copy(update={"seal": signature_of(_approval_digest(plan_id, approval))})


def is_approval_signed_here(plan_id: str, approval: Approval) -> bool:
    """Return whether the decision was made on this machine, for this plan and version."""
    return hmac.compare_digest(approval.seal, signature_of(_approval_digest(plan_id, approval)))


def sign_run(run: Run) -> Run:
    """Return a run with a signature."""
    return run.model_copy(update={"seal": signature_of(_run_digest(run))})


def is_run_signed_here(run: Run) -> bool:
    """Return whether this run was started on this machine, with exactly these commands."""
    return hmac.compare_digest(run.seal, signature_of(_run_digest(run)))


def sign_answer(question: Question) -> Question:
    """Return an answered question with a signature."""
    return question.model_copy(update={"seal": signature_of(_answer_digest(question))})


def is_answer_signed_here(question: Question) -> bool:
    """Return whether this answer to this question was given on this machine."""
    return hmac.compare_digest(question.seal, signature_of(_answer_digest(question)))


def _answer_digest(question: Question) -> str:
    parts = question.id, question.kind, question.about, question.key, question.answer
    # Without an action, the digest is as in older versions.
    return content_hash(["answer", *parts, *([question.action] if question.action else [])])


def _approval_digest(plan_id: str, approval: Approval) -> str:
    return content_hash(["approval", plan_id, approval.version, str(approval.decision)])


def _run_digest(run: Run) -> str:
    """Return the digest of all fields that the runner does not change."""
    fixed = {name: value for name, value in to_json(run).items() if name not in _MUTABLE}
    return content_hash(["run", fixed])


def signature_of(digest: str) -> str:
    """Sign a digest with the key of this machine's user."""
    return hmac.new(_key(), digest.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    path = state_folder() / "seal.key"
    try:
        return read_file(path, root=path.parent)
    except FileNotFoundError:
        return _make_key(path)


def _make_key(path: Path) -> bytes:
    """Create the key; if several processes try at once, the first one wins."""
    make_folders(path.parent, root=path.parent)
    create_file(path, secrets.token_bytes(_KEY_BYTES), mode=PRIVATE_FILE, root=path.parent)
    return read_file(path, root=path.parent)
