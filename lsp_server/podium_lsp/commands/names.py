"""The names of the server's commands: one for each operation, and a few others.

The editor needs them at startup. Importing the table of operations would take longer than the rest
of the startup, so the names are parsed from its source.
"""

import ast
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

_TABLE = "podium.operations.table"
_NAME = "OPERATION_IDS"

OPEN = "podium.open"
VERIFY = "podium.finding.verify"
STATUS = "podium.status"
TREE = "podium.tree"
NEXT_PROMPT = "podium.missing"

OWN: Mapping[str, str] = {
    OPEN: "Open a `plan`, a `readable` plan, a `task`, a run's `report`, a `log` or a `finding`.",
    VERIFY: "Mark findings as fixed if their suggested edit was applied; sent by code actions.",
    STATUS: "Return the server's state, for status lines and health checks.",
    TREE: "Return the child rows of a `node` in the tree of plans, tasks, runs and findings.",
    NEXT_PROMPT: "Return the next question to ask the user before running a `command`.",
}
"""The server's own commands, with their descriptions."""

PREFIX = "podium."


def command_of(operation_id: str) -> str:
    """Return the command for an operation."""
    return PREFIX + operation_id


def operation_of(command: str) -> str:
    """Return the operation for a command."""
    return command.removeprefix(PREFIX)


def operation_ids() -> tuple[str, ...]:
    """Return the ids of all operations, parsed from the table's source.

    Raises:
        ImportError: the table does not exist, or its source has an unexpected form.
    """
    spec = find_spec(_TABLE)
    if spec is None or spec.origin is None:
        raise ImportError(f"{_TABLE} not found")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id="OPERATION_IDS"), value=ast.expr() as value):
                return tuple(map(str, ast.literal_eval(value)))
            case _:
                pass
    raise ImportError(f"{_TABLE} does not define {_NAME}")
