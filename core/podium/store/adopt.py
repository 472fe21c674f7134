"""Judges a document's file against the committed content: in step, left by a crash, edited, broken.

The rules are pure; `Examiner` feeds them. Must not know how a verdict is acted upon.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from pydantic import ValidationError as PydanticError

from podium.model.base import Frozen
from podium.model.documents import Folder
from podium.ports.clock import Clock
from podium.store.files import Files, Signature, text_hash
from podium.store.layout import compile_pattern, is_document
from podium.store.records import JsonObject, has_conflict_markers, parse_document
from podium.store.replica import Replica, shape_problem
from podium.store.schemas import NewerDocument, Schemas
from podium.store.state import Sighting

_SETTLED_AFTER = timedelta(seconds=3)
"""Longer than the coarsest time stamps of file systems in use."""


@dataclass(frozen=True)
class InStep:
    """The file holds the committed content, perhaps laid out differently."""


@dataclass(frozen=True)
class LeftByCrash:
    """A writer was interrupted before the file was replaced: the journal's content goes there.

    Args:
        damaged: unusable bytes that stand in the file, to be kept; None when it is just older.
    """

    damaged: bytes | None


@dataclass(frozen=True)
class Edited:
    """Somebody changed the file without Podium.

    Args:
        document: the new content; None when the file was removed.
        after: its content hash; None when the file was removed.
        signature: the file's signature; None when it was removed.
    """

    document: JsonObject | None
    after: str | None
    signature: Signature | None


@dataclass(frozen=True)
class Broken:
    """The file cannot be used; the journal answers.

    Args:
        reason: what is wrong with it.
        content: its bytes; None when they cannot be read.
    """

    reason: str
    content: bytes | None


Verdict: TypeAlias = InStep | LeftByCrash | Edited | Broken


class Shapes:
    """The kinds of documents, by pattern.

    Args:
        folders: the kinds; with none, any JSON object is a document.
    """

    def __init__(self, folders: Sequence[Folder[Frozen]]) -> None:
        self._kinds = [(compile_pattern(folder.pattern), folder.type) for folder in folders]
        self.schemas = Schemas(folders)

    def admits(self, path: str) -> bool:
        """Tell whether a file at `path` is a document."""
        if not self._kinds:
            return is_document(path)
        return any(pattern.fullmatch(path) for pattern, _ in self._kinds)

    def problem(self, path: str, content: bytes) -> str | None:
        """Say why `content` is not a document of the kind that belongs at `path`."""
        for pattern, model in self._kinds:
            if pattern.fullmatch(path):
                try:
                    model.model_validate_json(self.schemas.current(path, content))
                except PydanticError as error:
                    return shape_problem(error)
                except NewerDocument as error:
                    return str(error)
        return None


def judge(
    content: bytes | None,
    *,
    committed: str | None,
    left_by_crash: frozenset[str | None],
    signature: Signature | None = None,
) -> Verdict:
    """Return what a file's content means, before its shape is looked at.

    Args:
        content: the file's bytes, None when there is no file.
        committed: the committed content hash, None when there is no such document.
        left_by_crash: the hashes of older contents that an interrupted writer may have left.
        signature: the file's signature, passed through to `Edited`.
    """
    if content is None:
        return _judge_hash(None, None, committed, left_by_crash, signature)
    if text_hash(content) == committed:
        return InStep()
    try:
        document, found = parse_document(content)
    except ValueError as error:
        if left_by_crash and _is_torn(content):
            return LeftByCrash(damaged=content)
        return Broken(str(error), content)
    return _judge_hash(document, found, committed, left_by_crash, signature)


def _judge_hash(
    document: JsonObject | None,
    found: str | None,
    committed: str | None,
    left_by_crash: frozenset[str | None],
    signature: Signature | None,
) -> Verdict:
    if found == committed:
        return InStep()
    if found in left_by_crash:
        return LeftByCrash(damaged=None)
    return Edited(document, found, signature)


def _is_torn(content: bytes) -> bool:
    """Tell whether unusable bytes look like what a power loss leaves, not like a person's text."""
    if has_conflict_markers(content):
        return False
    return b"\0" in content or not content.rstrip().endswith(b"}")


class Examiner:
    """Looks at documents' files.

    Args:
        files: the files.
        replica: the committed contents.
        shapes: the kinds of documents.
        clock: tells how old a file is.
    """

    def __init__(self, files: Files, replica: Replica, shapes: Shapes, clock: Clock) -> None:
        self._files = files
        self._replica = replica
        self._shapes = shapes
        self._clock = clock

    def examine(self, path: str) -> Verdict:
        """Return the verdict on one document's file; one that is in step is remembered."""
        state = self._replica.state
        committed = state.hash_of(path)
        try:
            now = self._clock.now()
            signature = self._files.signature(path)
            sighting = state.sightings.get(path)
            if sighting and sighting.settled and sighting.signature == signature:
                return InStep()
            content = self._files.read(path)
        except OSError as error:
            return Broken(f"it cannot be read: {error.strerror}", None)
        verdict = judge(
            content,
            committed=committed,
            left_by_crash=state.left_by_crash(path),
            signature=signature,
        )
        if isinstance(verdict, Edited) and content is not None:
            problem = self._shapes.problem(path, content)
            return Broken(problem, content) if problem else verdict
        if isinstance(verdict, InStep):
            limit = (now - _SETTLED_AFTER).timestamp() * 1e9
            settled = signature is None or signature.modified_ns < limit
            self._replica.sighted(path, committed, Sighting(signature, settled))
        return verdict

    def suspects(self) -> list[str]:
        """Return the documents whose files are not in step, and files that writers left behind.

        Looks at every document; reads only those that changed since they were seen last.
        """
        found = self._files.find()
        admitted = [path for path in found.documents if self._shapes.admits(path)]
        return [*self._out_of_step({*admitted, *self._replica.state.entries}), *found.leftovers]

    def suspects_matching(self, pattern: str) -> list[str]:
        """Return the documents of one pattern whose files are not in step."""
        on_disk = [path for path in self._files.glob(pattern) if self._shapes.admits(path)]
        known = self._replica.state.matching(compile_pattern(pattern))
        return self._out_of_step({*on_disk, *known})

    def _out_of_step(self, paths: Iterable[str]) -> list[str]:
        return [path for path in sorted(paths) if not isinstance(self.examine(path), InStep)]
