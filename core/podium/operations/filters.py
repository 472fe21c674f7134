"""The filter language of lists: `type:planning state:active tag:x some words` (SPEC S1); pure."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.errors import ValidationError


@dataclass(frozen=True)
class Filter:
    """A parsed filter: every field must match one of its values, every word must occur.

    Args:
        fields: wanted values by field name, lower case.
        words: words to be found anywhere, lower case.
    """

    fields: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]

    def accepts(self, fields: Mapping[str, Sequence[str]], text: str) -> bool:
        """Tell whether something with these fields and this text is wanted."""
        lowered = text.lower()
        return all(word in lowered for word in self.words) and all(
            set(wanted) & {each.lower() for each in fields.get(name, ())}
            for name, wanted in self.fields.items()
        )


def parse_filter(text: str, known: Sequence[str]) -> Filter:
    """Return the filter that `text` writes down.

    Args:
        text: `name:value` parts and words; quotes keep spaces together; a repeated name means or.
        known: the field names that may be used.

    Raises:
        ValidationError: an unknown field, or quotes that do not close.
    """
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ValidationError(f"The filter {text!r} cannot be read", why=str(error)) from error
    fields: dict[str, tuple[str, ...]] = {}
    words: list[str] = []
    for part in parts:
        name, colon, value = part.partition(":")
        if not colon:
            words.append(part.lower())
        elif name.lower() not in known:
            raise ValidationError(
                f"The filter has no field {name!r}", why=f"there are: {', '.join(known)}"
            )
        else:
            fields[name.lower()] = (*fields.get(name.lower(), ()), value.lower())
    return Filter(fields, tuple(words))
