"""What commands of agents and gates can reach, and how they are kept from the rest."""

from podium.model.sandbox.confinement import Confinement, Sandbox
from podium.model.sandbox.settings import (
    CommandKind,
    Place,
    SandboxMode,
    SandboxSettings,
    SandboxTool,
)

__all__ = [
    "CommandKind",
    "Confinement",
    "Place",
    "Sandbox",
    "SandboxMode",
    "SandboxSettings",
    "SandboxTool",
]
