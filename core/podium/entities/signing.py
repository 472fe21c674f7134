"""Seals on what only this machine may have written: approvals and runs (SPEC P4, X5).

The key lies in the user's own state folder. A document that arrived with a clone, a checkout or an
edit by hand carries no seal that fits, so it cannot make anything run. Must not know the store.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

import platformdirs

from podium.model.base import content_hash, to_json
from podium.model.plans import Approval
from podium.model.runs import Run
from podium.platform.atomic_write import create_file
from podium.ports.filesystem import PRIVATE_FILE

_KEY_BYTES = 32
_MOVING = {"seal", "state", "reason", "started_at", "ended_at"}
"""What the runner changes in a run while it is under way."""


def sign_approval(plan_id: str, word: Approval) -> Approval:
    """Return a person's word on a plan with its seal."""
    return word.model_copy(update={"seal": signature_of(_of_approval(plan_id, word))})


def is_approval_signed_here(plan_id: str, word: Approval) -> bool:
    """Tell whether this word was given on this machine, for this plan and this version."""
    return hmac.compare_digest(word.seal, signature_of(_of_approval(plan_id, word)))


def sign_run(run: Run) -> Run:
    """Return a run with its seal."""
    return run.model_copy(update={"seal": signature_of(_run_digest(run))})


def is_run_signed_here(run: Run) -> bool:
    """Tell whether this run was started on this machine, with exactly these commands."""
    return hmac.compare_digest(run.seal, signature_of(_run_digest(run)))


def _of_approval(plan_id: str, word: Approval) -> str:
    return content_hash(["approval", plan_id, word.version, str(word.decision)])


def _run_digest(run: Run) -> str:
    """Return the digest that a run's signature covers: everything but what the runner changes."""
    fixed = {name: value for name, value in to_json(run).items() if name not in _MOVING}
    return content_hash(["run", fixed])


def signature_of(digest: str) -> str:
    """Return the signature of this machine's user on a digest."""
    return hmac.new(_key(), digest.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    path = platformdirs.user_state_path("podium") / "seal.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return _make_key(path)


def _make_key(path: Path) -> bytes:
    """Make the key; of several processes that try at once the first one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_file(path, secrets.token_bytes(_KEY_BYTES), mode=PRIVATE_FILE)
    return path.read_bytes()
