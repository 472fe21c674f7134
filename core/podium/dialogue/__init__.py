"""Converts between text and values: prompts, replies, documents.

Facades: `replies.plan_replies` (replies of agents), `prompts.roles` (prompts for agents),
`documents.formats` (import and export) and `excerpts` (text that is shown).
"""
