"""What operations do to the world."""

from enum import StrEnum


class Effect(StrEnum):
    """What an operation does to the world."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"
    """Takes something away, or changes the user's checkout."""
    LONG = "long"
    """May take minutes: calls an agent, or starts a run."""
