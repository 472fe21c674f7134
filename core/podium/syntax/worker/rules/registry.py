"""Finds the rules: each module of this package that has `RULES` adds its functions."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from podium.syntax.worker import rules
from podium.syntax.worker.rules.case import Rule


def _found() -> Iterator[Rule]:
    prefix = f"{rules.__name__}."
    for full_name in sorted(each.name for each in walk_packages(rules.__path__, prefix)):
        if full_name != __name__:
            yield from getattr(import_module(full_name), "RULES", ())


RULES: tuple[Rule, ...] = tuple(_found())
"""Sorted by module name; of two problems with the same code on the same line, the first is kept."""
