"""Looks at documents' files and judges them against the committed content.

Must not know how a verdict is acted upon.
"""

from collections.abc import Iterable
from datetime import timedelta

from podium.ports.clock import Clock
from podium.store.disk.layout import compile_pattern
from podium.store.documents.files import Files, Sighting
from podium.store.documents.kinds import Shapes
from podium.store.documents.reconcile import Broken, Edited, InStep, Verdict, judge
from podium.store.state.replica import Replica

_SETTLED_AFTER = timedelta(seconds=3)
"""Longer than the coarsest time stamps of file systems in use."""


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
