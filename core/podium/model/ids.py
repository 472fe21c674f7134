"""Short ids: their format and the resolution of prefixes.

An id is a letter for the kind, a dash and six characters of an alphabet without look-alikes. Thanks
to the 30 random bits, plans created in different worktrees can be merged without a clash.
"""

import difflib
import secrets
from collections.abc import Collection
from enum import StrEnum

from podium.errors import (
    AmbiguousId,
    FindingNotFound,
    NotFoundError,
    PlanNotFound,
    QuestionNotFound,
    RunNotFound,
    SessionNotFound,
    TaskNotFound,
)

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 6


class Kind(StrEnum):
    """The kind of object that an id refers to; the value is the noun for messages."""

    PLAN = "plan"
    TASK = "task"
    SESSION = "session"
    RUN = "run"
    FINDING = "finding"
    QUESTION = "question"


_LETTER = {
    Kind.PLAN: "p",
    Kind.SESSION: "s",
    Kind.RUN: "r",
    Kind.FINDING: "f",
    Kind.TASK: "t",
    Kind.QUESTION: "q",
}
_ERROR: dict[Kind, type[NotFoundError]] = {
    Kind.PLAN: PlanNotFound,
    Kind.TASK: TaskNotFound,
    Kind.SESSION: SessionNotFound,
    Kind.RUN: RunNotFound,
    Kind.FINDING: FindingNotFound,
    Kind.QUESTION: QuestionNotFound,
}
_LIST_COMMAND = {
    Kind.PLAN: "podium plans",
    Kind.TASK: "podium tasks",
    Kind.SESSION: "podium sessions",
    Kind.RUN: "podium status",
    Kind.FINDING: "podium findings",
    Kind.QUESTION: "podium questions",
}


def new_id(kind: Kind, taken: Collection[str] = ()) -> str:
    """Return a new id of `kind` that is not in `taken`."""
    while True:
        letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        candidate = f"{_LETTER[kind]}-{letters}"
        if candidate not in taken:
            return candidate


def resolve(kind: Kind, id_or_prefix: str, known: Collection[str]) -> str:
    """Return the id that equals `id_or_prefix`, or the only one that starts with it.

    The prefix may omit the letter of the kind: `7k3` finds `p-7k3m9x`.

    Raises:
        NotFoundError: no id matches; a subclass for the kind, with similar ids as hints.
        AmbiguousId: several ids match; the message lists them.
    """
    if id_or_prefix in known:
        return id_or_prefix
    prefixes = (id_or_prefix, f"{_LETTER[kind]}-{id_or_prefix}") if id_or_prefix else ()
    matches = sorted({each for each in known for prefix in prefixes if each.startswith(prefix)})
    if len(matches) == 1:
        return matches[0]
    if matches:
        shown = ", ".join(matches[:5]) + (" …" if len(matches) > 5 else "")
        raise AmbiguousId(
            f"{len(matches)} {kind} ids start with {id_or_prefix!r}",
            why=shown,
            hints=["type one more character"],
        )
    raise _ERROR[kind](
        f"There is no {kind} {id_or_prefix!r}", hints=_nearest(kind, id_or_prefix, known)
    )


def _nearest(kind: Kind, id_or_prefix: str, known: Collection[str]) -> list[str]:
    close = difflib.get_close_matches(id_or_prefix, sorted(known), n=3, cutoff=0.4)
    listing = f"{_LIST_COMMAND[kind]} lists the existing ones"
    return [f"did you mean {', '.join(close)}?", listing] if close else [listing]
