"""The base class of all values, and the canonical form that is hashed and stored."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core import to_json as to_core_json

from podium.errors import ValidationError

_INDENT = "  "
_LARGEST = 2**53
ID_PATTERN = r"^[A-Za-z0-9]([.]?[A-Za-z0-9_-])*$"
"""The maximum length applies to ids of tasks and criteria."""


class Frozen(BaseModel):
    """An immutable value: rejects unknown fields and numbers that JSON cannot represent."""

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,
        extra="forbid",
        ser_json_timedelta="float",
        allow_inf_nan=False,
    )


def build_validators(kind: type[Frozen] = Frozen) -> Iterator[type[Frozen]]:
    """Build the validators that were not used yet, and yield each class.

    For a process that must survive a lack of memory: in the middle of building a validator, it
    would abort.
    """
    for each in kind.__subclasses__():
        if not each.__pydantic_complete__:
            each.model_rebuild(raise_errors=False)
            yield each
        yield from build_validators(each)


@dataclass(frozen=True, slots=True)
class SetBy:
    """Metadata of a setting's type: the environment variable that sets it."""

    variable: str


class Tagged(Frozen):
    """A member of a tagged union: serializes its `type` even though it is the default.

    Without the tag, the stored form could not be parsed again.
    """

    @model_serializer(mode="wrap")
    def _write_tag(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = write(self)
        return {"type": type(self).model_fields["type"].default, **fields}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the fields, which the serializer would otherwise hide, and require the tag."""
        plain = {key: value for key, value in core_schema.items() if key != "serialization"}
        schema = handler.resolve_ref_schema(handler(cast("CoreSchema", plain)))
        schema["required"] = ["type", *schema.get("required", ())]
        return schema


def to_json(value: BaseModel) -> dict[str, Any]:
    """Return `value` as a JSON object, omitting fields that have their default value.

    Omitting defaults keeps stored hashes stable when fields are added later, and git diffs show
    only values that were set.
    """
    return value.model_dump(mode="json", exclude_defaults=True)


def canonical_text(document: Any) -> str:
    """Return the stored form: sorted keys, two-space indent, one key per line, final newline.

    Git can merge such files line by line.

    Raises:
        ValidationError: the document is not valid JSON: infinity, not-a-number, or an unpaired
            surrogate, which agents send if a stream ends in the middle of an emoji.
    """
    with contextlib.suppress(_Unusual, TypeError, ValueError, RecursionError):
        return to_core_json(_sorted(document), indent=len(_INDENT)).decode() + "\n"
    try:
        text = _text(document, "\n")
        text.encode()
    except ValueError as error:
        raise ValidationError(
            "A value cannot be stored",
            why=error.reason if isinstance(error, UnicodeEncodeError) else str(error),
            hints=["send it again without that character or number"],
        ) from error
    return text + "\n"


class _Unusual(Exception):
    """A value whose text may differ between JSON libraries."""


def _sorted(value: Any) -> Any:
    """Return a JSON value with sorted keys.

    Raises:
        _Unusual: it contains a value that is not plain text, a plain number or a collection.
        TypeError: a key is not text.
    """
    kind = value.__class__  # the checkers would narrow `type(value)` to unknown types
    if kind is dict:
        "".join(value)  # raises if a key is not text
        return {
            key: value[key] if type(value[key]) is str else _sorted(value[key])
            for key in sorted(value)
        }
    if kind is list:
        return [each if type(each) is str else _sorted(each) for each in value]
    if kind is str or kind is bool or value is None or (kind is int and abs(value) <= _LARGEST):
        return value
    raise _Unusual


def _text(value: Any, line: str) -> str:
    """Return the same text as `json.dumps` with an indent, several times faster.

    Args:
        value: the JSON value.
        line: a line break with the indent of the value.
    """
    kind = cast("type[object]", type(value))
    if kind is str:
        return encode_basestring(value)
    if kind is int:
        return str(value)
    if kind is dict and value:
        inner = line + _INDENT
        rows = [f"{_key(key)}: {_text(value[key], inner)}" for key in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(rows)}{line}}}"
    if kind is list and value:
        inner = line + _INDENT
        rows = [_text(each, inner) for each in value]
        return f"[{inner}{f',{inner}'.join(rows)}{line}]"
    whole = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return whole.replace("\n", line)


def _key(key: Any) -> str:
    return encode_basestring(key) if type(key) is str else json.dumps({key: 0})[1:-4]


def content_hash(document: Any) -> str:
    """Return the SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_text(document).encode()).hexdigest()
