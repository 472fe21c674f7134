"""Upgrades documents with older schema versions when they are read.

Version 1 documents have no version number; later ones store it as `schema`. Stored documents are
rewritten only by `podium migrate`.
"""

import json
from collections.abc import Sequence
from typing import Any

from podium.model.base import Frozen
from podium.model.documents import Folder
from podium.store.disk.layout import compile_pattern
from podium.store.journal.record import JsonObject

FIELD = "schema"
_HINT_OF_VERSION = b'"schema"'


class NewerDocument(ValueError):
    """A document was written by a newer program."""


class Upcasters:
    """The schema versions of all document kinds.

    Args:
        folders: the document kinds, each with its path pattern and its upcasts.
    """

    def __init__(self, folders: Sequence[Folder[Frozen]]) -> None:
        self._kinds = [
            (compile_pattern(folder.pattern), folder) for folder in folders if folder.upcasts
        ]

    @property
    def versions(self) -> dict[str, int]:
        """The current version of each kind that has older versions, by pattern."""
        return {folder.pattern: len(folder.upcasts) + 1 for _, folder in self._kinds}

    def upcast(self, path: str, raw: bytes) -> bytes:
        """Return a document's JSON text in the current version, without its version number.

        Raises:
            NewerDocument: the document's version is unknown to this program.
        """
        folder = self._folder_of(path)
        if folder is None and _HINT_OF_VERSION not in raw:
            return raw
        document: JsonObject = json.loads(raw)
        version = document.pop(FIELD, 1)
        upcasts = folder.upcasts if folder is not None else ()
        known = len(upcasts) + 1
        if not isinstance(version, int) or not 1 <= version <= known:
            supported = f"this version of Podium supports versions up to {known}"
            raise NewerDocument(f"it uses schema version {version}; {supported}")
        for upcast_once in upcasts[version - 1 :]:
            document = upcast_once(document)
        return json.dumps(document).encode()

    def with_version(self, path: str, document: JsonObject) -> JsonObject:
        """Return a document in the current version with its version number."""
        folder = self._folder_of(path)
        return document if folder is None else {**document, FIELD: len(folder.upcasts) + 1}

    def is_outdated(self, path: str, document: JsonObject) -> bool:
        """Return whether a stored document has an older version."""
        folder = self._folder_of(path)
        return folder is not None and document.get(FIELD, 1) <= len(folder.upcasts)

    def _folder_of(self, path: str) -> Folder[Any] | None:
        for pattern, folder in self._kinds:
            if pattern.fullmatch(path):
                return folder
        return None
