"""Converts between text and values: prompts, replies, documents.

Facades: `replies.plan_replies` (replies from agents), `prompts.roles` (prompts for agents),
`documents.formats` (import and export) and `excerpts` (displayed text).
"""
