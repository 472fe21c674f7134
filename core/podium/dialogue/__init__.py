"""Converts between text and values: prompts, replies, documents; must not know files or agents.

Subpackages: `replies` (parses what agents and people send), `prompts` (text for agents),
`plan_documents` (what persons read, export and import) and `excerpts` (text that is shown).
"""
