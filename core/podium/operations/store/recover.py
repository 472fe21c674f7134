"""store.recover: diagnose the store, and repair it with a person's consent."""

from pydantic import Field

from podium.errors import ConflictError
from podium.model.base import Frozen
from podium.operations.confirmation import Confirmation, Fact, Preview
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.projects.missing import diagnose_missing, repair_missing
from podium.store.maintenance.recovery import Diagnosis

_DEED = "repair the store"


class RecoverParams(Frozen):
    """Parameters of `store.recover`."""

    path: str = Field(default="", description="only this document; by default all")
    remedy: str = Field(default="", description="the remedy to apply; by default the best one")
    tokens: tuple[str, ...] = Field(
        default=(), description="tokens of the approved remedies; if empty, only diagnoses"
    )


class RemedyView(Frozen):
    """A possible remedy."""

    name: str
    explanation: str
    diff: str


class TroubleView(Frozen):
    """A problem with a document."""

    path: str
    reason: str
    kept: str
    """Path of a copy, relative to `.podium`."""
    remedies: tuple[RemedyView, ...]
    """Possible remedies, the recommended one first; empty if the problem resolves itself."""
    token: str
    commands: tuple[str, ...] = ()
    """Commands that repair the document in another way."""


class RecoveryReport(Frozen):
    """The problems of the store and the applied remedies."""

    troubles: tuple[TroubleView, ...]
    """The remaining problems."""
    done: tuple[str, ...]
    next: str


async def confirm(engine: Engine, params: RecoverParams) -> Confirmation | None:
    """Ask whether to apply the remedy for each document; None if there is nothing to apply.

    Raises:
        ConflictError: the remedy does not exist, or was requested for several documents at once.
    """
    diagnosed = await _diagnosed(engine, params)
    found = [each for each in diagnosed if each.remedies]
    if not found:
        return None
    chosen = {each.path: params.remedy or each.remedies[0].name for each in found}
    return Confirmation(
        operation="store.recover",
        effect=Effect.DESTRUCTIVE,
        subject="the store",
        question="Apply the recommended remedy to each damaged or missing document?",
        brief="Apply the recommended remedy to each?",
        yes="Recover",
        deed=_DEED,
        facts=tuple(
            Fact(label=each.path, values=(each.reason, chosen[each.path])) for each in found
        ),
        diff="\n".join(
            remedy.diff
            for each in found
            for remedy in each.remedies
            if remedy.name == chosen[each.path] and remedy.diff
        ),
        preview=Preview(operation="store.recover", result=_report(diagnosed, ())),
        bound=params.model_copy(
            update={"tokens": params.tokens or tuple(each.token for each in found)}
        ),
    )


@operation("store.recover", Effect.DESTRUCTIVE, confirm=confirm)
async def recover(engine: Engine, params: RecoverParams) -> RecoveryReport:
    """Diagnose the store and apply the remedies that you approve; keeps replaced content.

    Raises:
        ConflictError: the remedy does not exist, or was requested for several documents at once.
        WriteConflict: a file changed since the diagnosis.
        NotApproved: the requester is not a person.
        StorageError: the store is unreadable or not writable.
    """
    found = await _diagnosed(engine, params)
    if not params.tokens:
        return _report(found, ())
    require_person(engine, _DEED)
    done: list[str] = []
    for each in found:
        if each.token in params.tokens and each.remedies:
            chosen = params.remedy or each.remedies[0].name
            _apply(engine, each, chosen)
            done.append(f"{each.path}: {chosen}")
    return _report(await _all_troubles(engine), tuple(done))


def _apply(engine: Engine, diagnosis: Diagnosis, remedy: str) -> None:
    known = [each.name for each in diagnosis.remedies]
    if diagnosis.is_missing and remedy in known:
        repair_missing(engine.store, diagnosis.path, remedy)
    else:
        engine.store.recovery.apply(diagnosis, remedy)


async def _all_troubles(engine: Engine) -> list[Diagnosis]:
    """Return damaged documents, then those that are missing."""
    damaged = engine.store.recovery.diagnose()
    known = {each.path for each in damaged}
    missing = await diagnose_missing(engine.store, engine.home)
    return [*damaged, *(each for each in missing if each.path not in known)]


async def _diagnosed(engine: Engine, params: RecoverParams) -> list[Diagnosis]:
    troubles = await _all_troubles(engine)
    found = [each for each in troubles if params.path in ("", each.path)]
    if params.remedy and len(found) > 1:
        raise ConflictError(
            f"{len(found)} documents are damaged or missing",
            why="--remedy applies to one document",
            hints=[f"podium recover {found[0].path} --remedy {params.remedy}"],
        )
    return found


def _report(troubles: list[Diagnosis], done: tuple[str, ...]) -> RecoveryReport:
    views = tuple(
        TroubleView(
            path=each.path,
            reason=each.reason,
            kept=each.kept,
            remedies=tuple(
                RemedyView(name=remedy.name, explanation=remedy.explanation, diff=remedy.diff)
                for remedy in each.remedies
            ),
            token=each.token,
            commands=each.commands,
        )
        for each in troubles
    )
    return RecoveryReport(troubles=views, done=done, next="" if views else "podium doctor")
