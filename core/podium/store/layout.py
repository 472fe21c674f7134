"""Where things lie in a store's folder, and its format file; must not know what documents mean."""

import json
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as PydanticError

from podium.errors import PathOutsideWorkspace, StoreCorrupted, StoreReadOnly

FORMAT = 3
"""The format that this program writes; it also reads and writes all stores that admit it.

1: the beginning. 2: each journal line names the hash of the line before, which a program of
format 1 would not do. 3: runs and their tasks have a second version. A document kind that gets a
new version makes a new format, too: it keeps programs out that would write the former one.
"""

RUN_FOLDER = "run"
MANIFEST = "store.json"
IGNORE_FILE = ".gitignore"
IGNORE_TEXT = """\
# Definitions are shared through git; progress stays on this machine.
/run/
/runs/
/sessions/
/findings/
/plans/*/status/
/plans/*/approval.json
*.tmp~*
"""
LEFTOVER_MARK = ".tmp~"

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~ @+-]*")
_LONGEST_PART = 200


@dataclass(frozen=True)
class Places:
    """The paths of a store's parts.

    Args:
        root: the store's folder, absolute.
    """

    root: str

    def at(self, path: str) -> str:
        """Return the full path of something named relative to the store's folder."""
        return f"{self.root}/{path}"

    @property
    def run(self) -> str:
        """The folder of everything that is never shared."""
        return self.at(RUN_FOLDER)

    @property
    def lock(self) -> str:
        """The file whose lock every writer holds; never removed or renamed."""
        return self.at("run/lock")

    @property
    def head(self) -> str:
        """The file that names the journal's last line."""
        return self.at("run/head")

    @property
    def checkpoint_lock(self) -> str:
        """The file whose lock the process holds that makes a checkpoint."""
        return self.at("run/checkpoint.lock")

    @property
    def journal(self) -> str:
        """The folder of the journal's segments."""
        return self.at("run/journal")


class Manifest(BaseModel):
    """`store.json`: which programs may use the store. Unknown fields are a newer program's."""

    model_config = ConfigDict(frozen=True, extra="allow")

    format: int
    min_reader: int
    min_writer: int
    store_id: str = Field(min_length=1)
    schemas: dict[str, int] = Field(default_factory=dict[str, int])
    """Versions of the documents by pattern; a kind that is not named has version 1."""


def new_manifest(schemas: dict[str, int]) -> Manifest:
    """Return the format file of a store that is made now."""
    store_id = secrets.token_hex(16)
    return Manifest(
        format=FORMAT,
        min_reader=_reader_for(schemas),
        min_writer=FORMAT,
        store_id=store_id,
        schemas=schemas,
    )


def raised_manifest(manifest: Manifest, schemas: dict[str, int]) -> Manifest:
    """Return the format file of a store whose documents are brought to the present versions."""
    present = {
        "format": max(manifest.format, FORMAT),
        "min_reader": max(manifest.min_reader, _reader_for(schemas)),
        "min_writer": max(manifest.min_writer, FORMAT),
        "schemas": {**manifest.schemas, **schemas},
    }
    return manifest.model_copy(update=present)


def _reader_for(schemas: dict[str, int]) -> int:
    """Return which programs can read the store: a former one does not know new documents."""
    return FORMAT if schemas else 1


def manifest_text(manifest: Manifest) -> bytes:
    """Return the stored form of a format file."""
    fields = manifest.model_dump(exclude_defaults=True)
    return (json.dumps(fields, indent=2, sort_keys=True) + "\n").encode()


@lru_cache(maxsize=8)
def parse_manifest(data: bytes) -> Manifest:
    """Return the format file that `data` holds.

    Raises:
        StoreCorrupted: it is not a format file.
        StoreReadOnly: the store is of a format that this program cannot even read.
    """
    try:
        manifest = Manifest.model_validate_json(data)
    except PydanticError as error:
        raise StoreCorrupted(
            f"{MANIFEST} cannot be read",
            why=f"{len(list(error.errors()))} of its fields are missing or wrong",
            hints=[f"restore .podium/{MANIFEST}, for instance with git"],
        ) from error
    if manifest.min_reader > FORMAT:
        raise newer_format(manifest, needed=manifest.min_reader, verb="read")
    return manifest


def newer_format(manifest: Manifest, *, needed: int, verb: str) -> StoreReadOnly:
    """Return the polite refusal of a store that a newer program made."""
    return StoreReadOnly(
        f"This Podium is too old to {verb} the store",
        why=f"the store has format {manifest.format} and asks for a program that knows "
        f"format {needed}; this one knows {FORMAT}",
        hints=["update Podium: pip install --upgrade podium"],
    )


def is_document(path: str) -> bool:
    """Tell whether `path`, relative to the store's folder, may name a document."""
    parts = path.split("/")
    return (
        path.endswith(".json")
        and path != MANIFEST
        and parts[0] != RUN_FOLDER
        and all(len(part) <= _LONGEST_PART and _PART.fullmatch(part) for part in parts)
    )


def check_path(path: str) -> str:
    """Return `path` when it may name a document.

    Raises:
        PathOutsideWorkspace: it leads elsewhere.
    """
    if is_document(path):
        return path
    raise PathOutsideWorkspace(
        f"{path!r} cannot be the place of a document",
        why="documents lie inside the .podium folder, outside of run/, and end in .json",
        hints=["use ids of letters, digits, dots and dashes"],
    )


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the expression for a pattern in which `*` stands for text within one path part."""
    return re.compile("[^/]+".join(re.escape(part) for part in pattern.split("*")))


def fixed_folder(pattern: str) -> str:
    """Return the longest folder that all paths of a pattern share; empty for the root."""
    return pattern.split("*")[0].rpartition("/")[0]
