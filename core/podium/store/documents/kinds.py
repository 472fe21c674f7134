"""The kinds of documents and their schemas."""

from collections.abc import Sequence

from pydantic import ValidationError as PydanticError

from podium.model.base import Frozen
from podium.model.documents import Folder
from podium.model.rules.validation import sentences
from podium.store.disk.layout import compile_pattern, is_document
from podium.store.documents.upcasters import NewerDocument, Upcasters


class DocumentKinds:
    """The kinds of documents, by pattern.

    Args:
        folders: the kinds; if empty, any JSON object is a document.
    """

    def __init__(self, folders: Sequence[Folder[Frozen]]) -> None:
        self._kinds = [(compile_pattern(folder.pattern), folder.type) for folder in folders]
        self._packable = [
            (compile_pattern(folder.pattern), _depth_of_pack(folder.pattern))
            for folder in folders
            if folder.packable
        ]
        self.upcasters = Upcasters(folders)

    def admits(self, path: str) -> bool:
        """Whether a file at `path` is a document."""
        if not self._kinds:
            return is_document(path)
        return any(pattern.fullmatch(path) for pattern, _ in self._kinds)

    def pack_folder(self, path: str) -> str | None:
        """Return the folder whose pack may contain a document, or None."""
        for pattern, depth in self._packable:
            if pattern.fullmatch(path):
                return "/".join(path.split("/")[:depth])
        return None

    def problem(self, path: str, content: bytes) -> str | None:
        """Return why `content` is invalid for the kind at `path`, or None if it is valid."""
        for pattern, model in self._kinds:
            if pattern.fullmatch(path):
                try:
                    model.model_validate_json(self.upcasters.upcast(path, content))
                except PydanticError as error:
                    return describe_validation_error(error)
                except NewerDocument as error:
                    return str(error)
        return None


def _depth_of_pack(pattern: str) -> int:
    """Return the number of parts before the last `*`: the length of the pack folder's path."""
    parts = pattern.split("/")
    return max(index for index, part in enumerate(parts) if "*" in part)


def describe_validation_error(error: PydanticError) -> str:
    """Describe an invalid document in one sentence, without repeating its content."""
    first, *others = sentences(error, quote=False)
    return f"{first} (and {len(others)} more)" if others else first
