"""Findings: anchors, identity, suggested edits and export."""
