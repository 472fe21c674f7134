"""Places findings in a text that a face holds, with a checker of the face's own.

A face that follows every keystroke keeps one checker running; `finding.located` starts its own, but
only if comparing lines is not conclusive.
"""

from podium.findings.anchoring import Lost, at_line, place_in

__all__ = ["Lost", "at_line", "place_in"]
