"""The filter language for lists: `type:planning state:active tag:x some words`."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.errors import ValidationError


@dataclass(frozen=True)
class Filter:
    """A parsed filter: every field must match one of its values, and every word must occur.

    Args:
        fields: accepted values, in lower case, by field name.
        words: words that must occur, in lower case.
    """

    fields: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]

    def accepts(self, fields: Mapping[str, Sequence[str]], text: str) -> bool:
        """Return whether an object with these fields and this text matches."""
        lowered = text.lower()
        return all(word in lowered for word in self.words) and all(
            set(wanted) & {each.lower() for each in fields.get(name, ())}
            for name, wanted in self.fields.items()
        )


def parse_filter(text: str, known: Sequence[str]) -> Filter:
    """Parse a filter.

    Args:
        text: `name:value` pairs and words; quotes preserve spaces; repeating a name means "or".
        known: the valid field names.

    Raises:
        ValidationError: the filter has an unknown field or an unclosed quote.
    """
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ValidationError(f"The filter {text!r} is invalid", why=str(error)) from error
    fields: dict[str, tuple[str, ...]] = {}
    words: list[str] = []
    for part in parts:
        name, colon, value = part.partition(":")
        if not colon:
            words.append(part.lower())
        elif name.lower() not in known:
            raise ValidationError(
                f"The filter has no field {name!r}", why=f"the fields are: {', '.join(known)}"
            )
        else:
            fields[name.lower()] = (*fields.get(name.lower(), ()), value.lower())
    return Filter(fields, tuple(words))
