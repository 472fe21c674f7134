"""Phrases next steps and hints as calls to the offered tools."""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

from podium.operations.commands import Step, command_line, operations_of
from podium_mcp.sanitize import plain
from podium_mcp.tools.tool import Hint, Tool

_ID = re.compile(r"[a-z]-[0-9a-z]{4,}(/\S+)?")
_ARGUMENT = re.compile(r"[a-z]-[0-9a-z]{4,}(/\S+)?|--?\w\S*|[A-Z.\"'/].*")
"""Matches the words in a hint that are arguments to a command, not part of the sentence."""
_COMMAND = re.compile(r"^podium (?P<verb>[a-z-]+)(?P<rest>.*)$", re.DOTALL)


class Wording:
    """Phrases steps as calls to the offered tools.

    Args:
        tools: the offered tools, in their order.
    """

    def __init__(self, tools: Iterable[Tool[Any]]) -> None:
        offered = [*tools]
        self._calls = {name: call for each in offered for name, call in each.serves.items()}
        self._changing = [
            name for each in offered if each.hint is not Hint.READS for name in each.serves
        ]

    def next(self, steps: Sequence[Step]) -> str:
        """Return the most common step, and the other changing steps if it changes something."""
        offered = [each for each in steps if each.operation in self._calls]
        if not offered:
            return _request_to_person(command_line(steps[0])) if steps else ""
        changes = [each for each in offered if each.operation in self._changing]
        if offered[0] not in changes:
            return self._call(offered[0])
        changes.sort(key=lambda each: self._changing.index(each.operation))
        return ", or ".join(self._call(each) for each in changes)

    def hint(self, text: str) -> str:
        """Return a hint for a model: a call if possible, otherwise a request to the person."""
        found = _COMMAND.match(text)
        if found is None:
            return plain(text)
        words = list(takewhile(_ARGUMENT.fullmatch, found["rest"].split()))
        for operation in operations_of(found["verb"]):
            if operation in self._calls:
                call = self._calls[operation].partition(" {")[0]
                return " ".join([call, *(word for word in words if _ID.fullmatch(word))])
        return _request_to_person(" ".join(["podium", found["verb"], *words]))

    def _call(self, step: Step) -> str:
        words = self._calls[step.operation]
        return re.sub(r" ?\{(\w+)\}", lambda place: _value(step, place), words)


def _value(step: Step, place: re.Match[str]) -> str:
    value = step.params.get(place[1], "")
    return f" {value}" if value else ""


def _request_to_person(command: str) -> str:
    return f"ask the person to run `{command}`"
