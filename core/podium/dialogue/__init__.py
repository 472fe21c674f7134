"""Text to values and back: prompts, replies, readable documents; must not know files or agents.

The doors are `replies` (what agents and persons hand in), `prompts` (what agents are asked),
`plan_documents` (what persons read, export and import) and `excerpts` (text that is shown).
"""
