"""The command line of each operation, as shown to people."""

from podium.views.commands import COMMANDS, command_line, operations_of
from podium.views.steps import Step

__all__ = ["COMMANDS", "Step", "command_line", "operations_of"]
