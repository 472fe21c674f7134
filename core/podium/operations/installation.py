"""Recognizes crashes whose cause is that the installed program was replaced.

A long-lived face must import this at startup, because importing records the installed version.
"""

from podium.platform.installation import restart_hint

__all__ = ["restart_hint"]
