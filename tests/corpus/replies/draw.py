"""Draws the damage that is done to one text: a few kinds of every family."""

import random
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from tests.corpus.edits import OTHER, Edit
from tests.corpus.halves import Half
from tests.corpus.replies import (
    characters,
    envelopes,
    lazy,
    leftovers,
    markers,
    numbers,
    shapes,
    whole,
)
from tests.corpus.replies.kind import Family, Kind
from tests.corpus.replies.victim import Victim

_WORD = 40
"""A text of fewer bytes is a word."""
KINDS: tuple[Kind, ...] = (
    *lazy.KINDS,
    *leftovers.KINDS,
    *whole.KINDS,
    *markers.KINDS,
    *envelopes.KINDS,
    *numbers.KINDS,
    *characters.KINDS,
    *shapes.KINDS,
)


_NEW_HEAD = (Family.WHOLE, Family.ENVELOPE)


@dataclass(frozen=True)
class Spoilt:
    """A damaged text and what was done to it.

    Args:
        kind: the kind of damage.
        text: the damaged text.
        shows_alone: whether it is damage in a new file too; a word may be all of a text or a JSON
            file.
    """

    kind: Kind
    text: bytes
    shows_alone: bool


_OF_ONE_WORD = frozenset(("json", "yaml", "toml", "markdown", OTHER))
"""Languages in which one word, or nothing, is a file."""


def spoil(
    edit: Edit, half: Half, seed: int, of_family: int, families: Collection[Family] = tuple(Family)
) -> Iterator[Spoilt]:
    """Yield damaged versions of the new text: of every family at most so many kinds."""
    # Offsets in a tree do not count a byte order mark.
    victim = Victim(replace(edit, new=edit.new.removeprefix(BOM_UTF8)))
    for family in families:
        kinds = [each for each in KINDS if each.family is family and each.half is half]
        rng = random.Random(f"{seed} {edit.project} {edit.commit} {edit.path} {family}")
        done = 0
        for kind in rng.sample(kinds, len(kinds)):
            if done == of_family:
                break
            damaged = kind.damage(victim, rng)
            text = damaged.encode() if isinstance(damaged, str) else damaged
            if text is not None and edit.new.startswith(BOM_UTF8) and family not in _NEW_HEAD:
                text = BOM_UTF8 + text
            # What equals one of the versions but for blanks is no damage.
            if text is not None and text.split() not in (edit.new.split(), edit.old.split()):
                done += 1
                is_word = family is Family.WHOLE and len(text) < _WORD
                is_file = is_word and (edit.language in _OF_ONE_WORD or not text.strip())
                yield Spoilt(kind, text, shows_alone=not is_file)
