"""Recognizes crashes that only mean that the installed program was replaced.

A long-lived face imports this before it serves: what it started from is remembered on import.
"""

from podium.platform.installation import restart_hint

__all__ = ["restart_hint"]
