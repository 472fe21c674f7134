"""file.revert: revert one file in the checkout to a commit or checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import Field

from podium.errors import NotFoundError, ValidationError
from podium.findings.suggested_edits import diff_text
from podium.model.base import Frozen, content_hash
from podium.model.events import Event, EventKind
from podium.operations.confirmation import Asking, Confirmation, Fact, Preview
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent
from podium.operations.writing import WrittenBy
from podium.projects.project_files import decode, put_project_file
from podium.projects.repositories import open_repository
from podium.workspace.kept_files import FileState
from podium.workspace.names import KEPT_PREFIX, REF_PREFIX
from podium.workspace.paths import resolve_inside
from podium.workspace.repository import Repository

HEAD = "HEAD"
_DEED = "revert a file"
_LEAST_LETTERS = 4


class RevertParams(Frozen):
    """Parameters of `file.revert`."""

    path: str = Field(description="path of the file")
    to: str = Field(
        default="",
        description="`HEAD`, or the name or commit of a checkpoint; by default the last commit, or "
        "the newest checkpoint if the file equals the last commit",
    )
    token: str = Field(
        default="", description="token of the approved preview; if empty, only shows the preview"
    )
    written_by: WrittenBy = Field(
        default=WrittenBy.PODIUM, description="who writes the new text to the file"
    )
    text: str | None = Field(
        default=None, description="the file's text in the editor, also saved in a checkpoint"
    )


class StateView(Frozen):
    """A state to which the file can be reverted."""

    name: str
    """`HEAD`, or the checkpoint's name."""
    commit: str
    about: str
    at: datetime


class RevertResult(Frozen):
    """The result of a revert, or its preview."""

    path: str
    to: StateView
    diff: str
    token: str
    """Identifies exactly this preview."""
    choices: tuple[StateView, ...]
    """The states whose content differs from the current one, without duplicates."""
    kept: str
    """The checkpoint with the previous content; empty in a preview."""
    content: str
    """The file's content in that state, for an editor to insert."""
    reverted: bool
    next: str


@dataclass(frozen=True)
class _Preview:
    """The changes that a revert would make, and the data needed to apply them.

    Args:
        shown: the preview as displayed.
        now: the current content of the file; None if it does not exist.
        held: the file's text in the editor, if any; otherwise the same as `now`.
        after: the content of the file after the revert.
    """

    shown: RevertResult
    repository: Repository
    states: Sequence[FileState]
    now: bytes | None
    held: bytes | None
    after: bytes


async def confirm(engine: Engine, params: RevertParams) -> Confirmation:
    """Ask the user to confirm reverting the current content to one specific state.

    Raises:
        NotFoundError: no commit or checkpoint contains the file, or the named one does not exist.
        ValidationError: there is nothing to revert to.
    """
    shown = (await _preview(engine, params)).shown
    to = shown.to
    by_editor = params.written_by is WrittenBy.EDITOR
    return Confirmation(
        operation="file.revert",
        effect=Effect.DESTRUCTIVE,
        subject=shown.path,
        question=f"Revert {shown.path} to {describe_state(to)}? Its current content is kept.",
        brief="Revert this file?",
        yes="Revert",
        deed=_DEED,
        facts=(
            Fact(label="File", values=(shown.path,), quoted=True),
            Fact(label="Revert to", values=(to.name,)),
            Fact(label="Description", values=(to.about,), quoted=True),
        ),
        diff=shown.diff,
        preview=Preview(operation="file.revert", result=shown),
        asking=Asking.IN_EDITOR if by_editor else Asking.ALWAYS,
        bound=params.model_copy(update={"to": to.name, "token": params.token or shown.token}),
    )


@operation("file.revert", Effect.DESTRUCTIVE, confirm=confirm)
async def revert(engine: Engine, params: RevertParams) -> RevertResult:
    """After a preview, revert a file to the last commit or a checkpoint; save its content first.

    The content of the file and its text in the editor are first saved in separate checkpoints,
    unless git already has them; `podium revert FILE --to kept/…` restores them.

    Raises:
        NotFoundError: no commit or checkpoint contains the file, or the named one does not exist.
        ValidationError: there is nothing to revert to, or the content is not text.
        WriteConflict: something changed since the preview.
        NotApproved: the requester is not a person.
        PathOutsideWorkspace: the path escapes the project.
        GitError: a git command fails.
    """
    preview = await _preview(engine, params)
    shown, now = preview.shown, preview.now
    if not params.token:
        return shown
    require_consent(engine, _DEED, params.token, shown.token, f"podium revert {shown.path}")
    await preview.repository.clear_stale_locks()
    texts = [each for each in dict.fromkeys((now, preview.held)) if each is not None]
    kept = [await _kept(preview.repository, shown.path, each, preview.states) for each in texts]
    if params.written_by is WrittenBy.PODIUM:
        put_project_file(engine.root, params.path, preview.after, expected=now)
    _record(engine, shown, kept)
    way_back = f"podium revert {shown.path} --to {kept[-1]}" if kept else ""
    update = {"kept": kept[-1] if kept else "", "reverted": True, "next": way_back}
    return shown.model_copy(update=update)


def describe_state(state: StateView) -> str:
    """Return a human-readable description of a state."""
    return f"{state.about} ({state.name}, {state.at.astimezone():%d %b %H:%M})"


async def _preview(engine: Engine, params: RevertParams) -> _Preview:
    file = resolve_inside(engine.root, params.path)
    repository = await open_repository(engine.root)
    path = file.relative_to(repository.root).as_posix()
    now = file.read_bytes() if file.is_file() else None
    held = now if params.text is None else params.text.encode("utf-8", "surrogateescape")
    states = await repository.file_states(path)
    choices = await _choices(repository, path, held, states)
    state = _chosen(path, params.to, states, choices)
    after = await repository.state_content(state, path)
    token = content_hash([path, state.commit, (held or b"").hex(), (now or b"").hex()])[:16]
    shown = RevertResult(
        path=path,
        to=_view(state),
        diff=diff_text(path, held or b"", after),
        token=token,
        choices=tuple(map(_view, choices)),
        kept="",
        content=decode(after, path) if params.written_by is WrittenBy.EDITOR else "",
        reverted=False,
        next=f"podium revert {path} --to {_name(state)}",
    )
    return _Preview(shown, repository, states, now, held, after)


async def _choices(
    repository: Repository, path: str, held: bytes | None, states: Sequence[FileState]
) -> list[FileState]:
    """Return the states with distinct content: HEAD first, then the rest, newest first."""
    seen = set(await repository.file_blobs(path, held)) if held is not None else set[str]()
    found: list[FileState] = []
    for state in sorted(states, key=lambda each: each.ref != HEAD):
        if state.blob not in seen:
            seen.add(state.blob)
            found.append(state)
    return found


def _chosen(
    path: str, wanted: str, states: Sequence[FileState], choices: Sequence[FileState]
) -> FileState:
    if not states:
        raise NotFoundError(
            f"No commit or checkpoint contains {path}",
            why="it is new, or git ignores it",
            hints=["git status"],
        )
    if wanted:
        return _named(path, wanted, states)
    # By default, revert to a saved copy only if nothing else differs.
    usual = [each for each in choices if not each.ref.startswith(KEPT_PREFIX)]
    if not choices:
        raise ValidationError(f"{path} equals the last commit and every checkpoint")
    return (usual or choices)[0]


def _named(path: str, wanted: str, states: Sequence[FileState]) -> FileState:
    for state in states:
        by_commit = len(wanted) >= _LEAST_LETTERS and state.commit.startswith(wanted)
        if wanted in (state.ref, _name(state)) or by_commit:
            return state
    raise NotFoundError(
        f"No checkpoint {wanted!r} contains {path}",
        why=f"the states are: {', '.join(_name(each) for each in states[:6])}",
        hints=[f"podium revert {path} --preview lists them"],
    )


async def _kept(
    repository: Repository, path: str, content: bytes, states: Sequence[FileState]
) -> str:
    """Return the name of a state with this content; create a checkpoint if there is none."""
    blobs = await repository.file_blobs(path, content)
    known = next((each for each in states if each.blob in blobs), None)
    if known is not None:
        return _name(known)
    made = await repository.keep_file(path, content, f"{Path(path).name} before a revert")
    return made.ref.removeprefix(REF_PREFIX)


def _record(engine: Engine, shown: RevertResult, kept: Sequence[str]) -> None:
    event = Event(
        kind=EventKind.FILE_REVERTED,
        subject=shown.path,
        message=f"{shown.path} → {shown.to.name}",
        data={"commit": shown.to.commit, "kept": list(kept)},
    )
    engine.store.transact(lambda tx: tx.record(event))


def _view(state: FileState) -> StateView:
    return StateView(name=_name(state), commit=state.commit, about=state.about, at=state.at)


def _name(state: FileState) -> str:
    return state.ref.removeprefix(REF_PREFIX)
