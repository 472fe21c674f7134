"""Rules beyond the grammars: signs of a truncated, abridged or unmerged reply.

One module per rule; each is a function from a `Case` to problems, listed in its module's `RULES`.
"""
