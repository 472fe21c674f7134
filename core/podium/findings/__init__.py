"""Findings: their anchors, their identity, their suggested edits and their export."""
