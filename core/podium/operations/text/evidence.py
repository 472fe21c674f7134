"""Describes evidence for faces that show it as plain text."""

from podium.views.evidence import doubt_line, evidence_line

__all__ = ["doubt_line", "evidence_line"]
