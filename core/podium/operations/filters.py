"""The filter language for lists: `type:planning state:active tag:x some words`."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from podium.errors import ValidationError

Vocabulary = Mapping[str, Callable[[], Iterable[str]]]
"""The values that exist, by field name; a field without an entry accepts any value."""


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

    def without(self, *names: str) -> "Filter":
        """Return a filter that ignores some fields."""
        fields = {name: values for name, values in self.fields.items() if name not in names}
        return Filter(fields, self.words)


def parse_filter(text: str, known: Sequence[str], vocabulary: Vocabulary | None = None) -> Filter:
    """Parse a filter.

    Args:
        text: `name:value` pairs and words; quotes preserve spaces; repeating a name means "or".
        known: the valid field names.
        vocabulary: the values that exist.

    Raises:
        ValidationError: the filter has an unknown field, an unknown value or an unclosed quote.
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
    for name, values in fields.items():
        if vocabulary is not None and name in vocabulary:
            _check_values(name, values, vocabulary[name]())
    return Filter(fields, tuple(words))


def _check_values(name: str, values: Iterable[str], existing: Iterable[str]) -> None:
    """Check that the values of a field exist.

    Raises:
        ValidationError: a value does not exist; an empty list would suggest that nothing has it.
    """
    listed = list(dict.fromkeys(existing))
    unknown = [each for each in values if each not in {known.lower() for known in listed}]
    if unknown:
        raise ValidationError(
            f"The filter has an unknown {name} {unknown[0]!r}",
            why=f"the values of {name} are: {', '.join(listed) or 'none yet'}",
            hints=[f"{name}:{listed[0]}"] if listed else [],
        )
