"""Locates findings in a text that a face provides, using the face's own syntax checker.

A face that tracks every keystroke keeps one checker running; `finding.located` starts its own, but
only if comparing lines is inconclusive.
"""

from podium.findings.anchoring import Lost, at_line, place_in

__all__ = ["Lost", "at_line", "place_in"]
