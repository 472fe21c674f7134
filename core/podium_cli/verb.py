"""Describes a command: its operation, and how its arguments are parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import click


@dataclass(frozen=True)
class Verb:
    """A command that runs one operation, with the operation's parameters.

    Args:
        operation: the operation's id.
        arguments: positional parameters; `*` before a name takes all remaining words.
        examples: complete command lines, for the help.
        options: other spellings of a parameter's option, for instance `max_parallel` as
            `--max-parallel` and `-j`.
        former_options: parameters by previous option names, which are accepted but not shown.
        hidden_parameters: parameters that cannot be set on the command line.
        extra_options: the command's own options, in addition to those of the operation.
        prints_text: whether to print the text of the result, ready for a pipe, if it was not
            written to a file.
    """

    operation: str
    arguments: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    former_options: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden_parameters: frozenset[str] = frozenset()
    extra_options: tuple[click.Option, ...] = ()
    prints_text: bool = False
