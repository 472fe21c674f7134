"""Describes evidence for faces that show it as plain text."""

from podium.views.evidence import evidence_line

__all__ = ["evidence_line"]
