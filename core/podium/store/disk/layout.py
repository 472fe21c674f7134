"""The paths inside a store's folder, and its manifest."""

import functools
import json
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as PydanticError

from podium.errors import PathOutsideWorkspace, StoreCorrupted, StoreReadOnly
from podium.platform.installation import newer_program_hint
from podium.store.disk.names import JOURNAL, RUN_FOLDER

FORMAT = 3
"""The format that this program writes; a store's manifest declares which formats may use it.

1: the first format. 2: each journal line contains the hash of the previous line; programs that only
know format 1 do not write it. 3: runs and their tasks have a second version, and documents may be
in packs; a program that only knows format 2 would consider these deleted. A new schema version of
any document requires a new format, too, to keep out programs that would write the old version.
"""

MANIFEST = "store.json"
IGNORE_FILE = ".gitignore"
IGNORE_TEXT = """\
# Definitions are shared through git; progress stays on this machine.
/run/
/runs/
/sessions/
/findings/
/questions/
/calls/
/plans/*/status/
/plans/*/approval.json
*.tmp~*
"""
TEMPORARY_MARK = ".tmp~"

_LONGEST_PART = 200
_PART = rf"[A-Za-z0-9_][A-Za-z0-9._~ @+-]{{0,{_LONGEST_PART - 1}}}"
_DOCUMENT = re.compile(rf"(?!{RUN_FOLDER}/){_PART}(?:/{_PART})*")


@dataclass(frozen=True)
class StoreLayout:
    """The paths of a store's files.

    Args:
        root: the store's folder, absolute.
    """

    root: str

    def at(self, path: str) -> str:
        """Return the full path for a path relative to the store's folder."""
        return f"{self.root}/{path}"

    @property
    def run(self) -> str:
        """The folder for files that are never shared."""
        return self.at(RUN_FOLDER)

    @property
    def lock(self) -> str:
        """The file that every writer locks; never removed or renamed."""
        return self.at("run/lock")

    @property
    def head(self) -> str:
        """The file that contains the hash of the journal's last line."""
        return self.at("run/head")

    @property
    def published(self) -> str:
        """The file that marks the last transaction whose documents were written."""
        return self.at("run/published")

    @property
    def checkpoint_lock(self) -> str:
        """The file that is locked by the process that makes a checkpoint."""
        return self.at("run/checkpoint.lock")

    @property
    def journal(self) -> str:
        """The folder of the journal's segments."""
        return self.at(JOURNAL)


class Manifest(BaseModel):
    """`store.json`: which programs may use the store. Unknown fields come from newer programs."""

    model_config = ConfigDict(frozen=True, extra="allow")

    format: int
    min_reader: int
    min_writer: int
    store_id: str = Field(min_length=1)
    schemas: dict[str, int] = Field(default_factory=dict[str, int])
    """Schema versions by document pattern; a missing pattern has version 1."""


def new_manifest(schemas: dict[str, int]) -> Manifest:
    """Return the manifest of a new store."""
    store_id = secrets.token_hex(16)
    return Manifest(
        format=FORMAT,
        min_reader=_reader_for(schemas),
        min_writer=FORMAT,
        store_id=store_id,
        schemas=schemas,
    )


def upgraded_manifest(manifest: Manifest, schemas: dict[str, int]) -> Manifest:
    """Return the manifest of a store whose documents have the current schema versions."""
    present = {
        "format": max(manifest.format, FORMAT),
        "min_reader": max(manifest.min_reader, _reader_for(schemas)),
        "min_writer": max(manifest.min_writer, FORMAT),
        "schemas": {**manifest.schemas, **schemas},
    }
    return manifest.model_copy(update=present)


def _reader_for(schemas: dict[str, int]) -> int:
    """Return the oldest format that can read the store; format 1 has no schema versions."""
    return FORMAT if schemas else 1


def manifest_text(manifest: Manifest) -> bytes:
    """Return the serialized manifest."""
    fields = manifest.model_dump(exclude_defaults=True)
    return (json.dumps(fields, indent=2, sort_keys=True) + "\n").encode()


@lru_cache(maxsize=8)
def parse_manifest(data: bytes) -> Manifest:
    """Parse a manifest.

    Raises:
        StoreCorrupted: the text is not a manifest.
        StoreReadOnly: this program cannot read the store's format.
    """
    try:
        manifest = Manifest.model_validate_json(data)
    except PydanticError as error:
        raise StoreCorrupted(
            f"{MANIFEST} cannot be read",
            why=f"{len(list(error.errors()))} of its fields are missing or invalid",
            hints=[f"restore .podium/{MANIFEST}, for instance with git"],
        ) from error
    if manifest.min_reader > FORMAT:
        raise newer_format(manifest, needed=manifest.min_reader, verb="read")
    return manifest


def newer_format(manifest: Manifest, *, needed: int, verb: str) -> StoreReadOnly:
    """Return the error for a store that was written by a newer program."""
    return StoreReadOnly(
        f"This Podium is too old to {verb} the store",
        why=f"the store has format {manifest.format} and requires a program that supports "
        f"format {needed}; this one supports {FORMAT}",
        hints=[newer_program_hint()],
    )


def is_document(path: str) -> bool:
    """Whether `path`, relative to the store's folder, is a valid document path."""
    return path.endswith(".json") and path != MANIFEST and bool(_DOCUMENT.fullmatch(path))


def check_path(path: str) -> str:
    """Return `path` if it is a valid document path.

    Raises:
        PathOutsideWorkspace: the path is not valid.
    """
    if is_document(path):
        return path
    raise PathOutsideWorkspace(
        f"{path!r} is not a valid document path",
        why="documents are inside .podium but outside run/, and their names end in .json",
        hints=["use ids of letters, digits, dots and dashes"],
    )


@functools.cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern whose `*` matches within one path part."""
    return re.compile("[^/]+".join(re.escape(part) for part in pattern.split("*")))
