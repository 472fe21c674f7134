"""Finds the rules: each module of this package that has `RULES` adds its functions."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from podium.syntax.worker import rules
from podium.syntax.worker.rules.case import Rule


def _found() -> Iterator[Rule]:
    for name in sorted(each.name for each in iter_modules(rules.__path__)):
        full_name = f"{rules.__name__}.{name}"
        if full_name != __name__:
            yield from getattr(import_module(full_name), "RULES", ())


RULES: tuple[Rule, ...] = tuple(_found())
"""Sorted by module name; of two problems with the same code on the same line, the first is kept."""
