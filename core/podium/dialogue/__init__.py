"""Converts between text and values: prompts, replies, documents; must not know files or agents.

Facades: `replies.plan_replies` (replies of agents), `prompts.roles` (prompts for agents),
`documents.formats` (import and export) and `excerpts` (text that is shown).
"""
